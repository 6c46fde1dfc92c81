"""What aiohttp tells a `TraceConfig` about connections, for calls that have none.

The events are those of a new connection, as for httpcore: a lookup of the host, unless the URL has
an address, and the connection. aiohttp itself sends the events of requests and of responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


async def connected(traces: Sequence[Any], request: Any, connector: Any, module: Any) -> None:
    """Send the events of a new connection.

    Args:
        traces: those of the session, for this request.
        request: of aiohttp.
        connector: that of the session.
        module: aiohttp.
    """
    for trace in traces:
        await trace.send_connection_create_start()
    host = (request.proxy or request.url).raw_host
    if isinstance(connector, module.TCPConnector) and not module.helpers.is_ip_address(host):
        if connector.use_dns_cache:
            for trace in traces:
                await trace.send_dns_cache_miss(host)
        for trace in traces:
            await trace.send_dns_resolvehost_start(host)
        for trace in traces:
            await trace.send_dns_resolvehost_end(host)
    for trace in traces:
        await trace.send_connection_create_end()
