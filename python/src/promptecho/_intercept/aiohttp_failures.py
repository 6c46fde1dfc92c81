"""The exceptions of aiohttp, and the kinds of failure that they are. [FAIL-3] [FAIL-6]"""

from __future__ import annotations

import asyncio
from typing import Any

from .failures import os_error, raised_from, refined, text


class AiohttpFailures:
    """The exceptions of the installed version of aiohttp."""

    def __init__(self, module: Any) -> None:
        self._module = module
        connector = module.ClientConnectorError
        self._dns = getattr(module, "ClientConnectorDNSError", connector)  # new in 3.10
        timeout = module.ServerTimeoutError
        self._connect_timeout = getattr(module, "ConnectionTimeoutError", timeout)  # new in 3.10
        self._socket_timeout = getattr(module, "SocketTimeoutError", timeout)
        self._proxy_refused = module.ClientHttpProxyError

    def made(self, kind: str, request: Any, connection: Any) -> BaseException:
        """The exception that replays a kind.

        Args:
            kind: of the specification.
            request: the `ClientRequest`.
            connection: the connection that is not made; it knows the time limits of the call.
        """
        cause = os_error(kind)
        return raised_from(self._error(kind, cause, request, connection), cause)

    def _error(self, kind: str, cause: Exception, request: Any, connection: Any) -> Any:
        module, message = self._module, text(kind)
        if kind in ("connect-timeout", "pool-timeout"):
            return self._connect_timeout(message)
        if kind in ("read-timeout", "write-timeout", "cancelled"):
            # `ClientTimeout.sock_read` has an exception of its own; that of `total` is asyncio's.
            if connection.response_params.get("read_timeout"):
                return self._socket_timeout(message)
            return asyncio.TimeoutError(message)
        key = request.connection_key
        if kind == "connect":
            return module.ClientConnectorError(key, cause)
        if kind == "dns":
            return self._dns(key, cause)
        if kind == "tls":
            return module.ClientConnectorSSLError(key, cause)
        if kind == "proxy":
            return module.ClientProxyConnectionError(key, cause)
        if kind in ("reset", "write"):
            return module.ClientOSError(*cause.args)
        if kind == "closed":
            return module.ServerDisconnectedError(message)
        if kind == "decode":
            return module.ClientPayloadError(message)
        history: tuple[Any, ...] = ()
        return module.ClientResponseError(
            request.request_info, history, status=400, message=message
        )

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        """The kind of an exception, or None."""
        module = self._module
        if isinstance(error, (module.ClientProxyConnectionError, self._proxy_refused)):
            return "proxy"
        if isinstance(error, (module.ClientSSLError, module.ClientConnectorCertificateError)):
            return "tls"
        if isinstance(error, module.ClientConnectorError):
            return refined("connect", error, until)
        if isinstance(error, self._connect_timeout) and not isinstance(error, self._socket_timeout):
            return "connect-timeout"
        if isinstance(error, asyncio.TimeoutError):
            return "read-timeout"
        if isinstance(error, module.ServerDisconnectedError):
            return "closed"
        if isinstance(error, module.ClientPayloadError):
            return "decode" if "decode" in str(error) else "closed"
        if isinstance(error, module.ClientResponseError):
            return "protocol"
        if isinstance(error, OSError):  # of them `ClientOSError`
            return "write" if isinstance(error.__cause__, BrokenPipeError) else "reset"
        return None
