"""What httpcore tells its callers about connections, for calls that have none.

A request can ask for events (its extension `trace`), and a response has the `network_stream` of its
connection. On replay the events are those of a new HTTP/1.1 connection, and the stream knows the
address that the URL names; it cannot be read or written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any, Callable, NamedTuple

_PORTS = {b"http": 80, b"ws": 80, b"https": 443, b"wss": 443}
_BODY = "http11.receive_response_body"
_CLOSED = "http11.response_closed"

#: The name of an event, and its data.
_Event = tuple[str, dict[str, Any]]


def network_streams(module: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The classes, sync and async, of the network stream of a replayed response."""

    class Address:
        def __init__(self, url: Any) -> None:
            self._server = _address(url)

        def get_extra_info(self, info: str) -> Any:
            """The address of the server; there is no socket and no certificate."""
            return self._server if info == "server_addr" else None

    class SyncStream(Address, module.NetworkStream):  # type: ignore[misc]
        def close(self) -> None:
            """Nothing is open."""

    class AsyncStream(Address, module.AsyncNetworkStream):  # type: ignore[misc]
        async def aclose(self) -> None:
            """Nothing is open."""

    return SyncStream, AsyncStream


class SyncEvents(NamedTuple):
    """Sends the events of a replayed call."""

    request: Any
    trace: Callable[[str, dict[str, Any]], Any]

    @classmethod
    def of(cls, request: Any) -> SyncEvents | None:
        """The sender for a request that asks for events."""
        trace = request.extensions.get("trace")
        return None if trace is None else cls(request, trace)

    def send(self, response: Any) -> Any:
        """Send the events before the body; returns the body that sends the others."""
        for name, info in _before(self.request, response):
            self.trace(name, info)
        return _SyncBody(response.stream, self.request, self.trace)


class AsyncEvents(NamedTuple):
    """`SyncEvents` of an async client."""

    request: Any
    trace: Callable[[str, dict[str, Any]], Awaitable[Any]]

    @classmethod
    def of(cls, request: Any) -> AsyncEvents | None:
        trace = request.extensions.get("trace")
        return None if trace is None else cls(request, trace)

    async def send(self, response: Any) -> Any:
        for name, info in _before(self.request, response):
            await self.trace(name, info)
        return _AsyncBody(response.stream, self.request, self.trace)


class _SyncBody:
    """The body of a replayed response that sends events."""

    def __init__(self, stream: Any, request: Any, trace: Callable[..., Any]) -> None:
        self._stream = stream
        self._request = request
        self._trace = trace
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        self._trace(f"{_BODY}.started", {"request": self._request})
        try:
            yield from self._stream
        except Exception as error:
            self._trace(f"{_BODY}.failed", {"exception": error})
            raise
        self._trace(f"{_BODY}.complete", {"return_value": None})

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            for name, info in _step(_CLOSED, {}):
                self._trace(name, info)


class _AsyncBody:
    """`_SyncBody` of an async client."""

    def __init__(self, stream: Any, request: Any, trace: Callable[..., Awaitable[Any]]) -> None:
        self._stream = stream
        self._request = request
        self._trace = trace
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await self._trace(f"{_BODY}.started", {"request": self._request})
        try:
            async for chunk in self._stream:
                yield chunk
        except Exception as error:
            await self._trace(f"{_BODY}.failed", {"exception": error})
            raise
        await self._trace(f"{_BODY}.complete", {"return_value": None})

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            for name, info in _step(_CLOSED, {}):
                await self._trace(name, info)


def _before(request: Any, response: Any) -> Iterator[_Event]:
    """The events from the connection to the head of the response."""
    extensions = response.extensions
    stream = extensions["network_stream"]
    host, port = _address(request.url)
    timeout = request.extensions.get("timeout", {}).get("connect")
    address = {"host": host, "port": port, "local_address": None}
    connect = {**address, "timeout": timeout, "socket_options": None}
    yield from _step("connection.connect_tcp", connect, stream)
    if request.url.scheme in (b"https", b"wss"):
        tls = {"ssl_context": None, "server_hostname": host, "timeout": timeout}
        yield from _step("connection.start_tls", tls, stream)
    asked = {"request": request}
    yield from _step("http11.send_request_headers", asked)
    yield from _step("http11.send_request_body", asked)
    reason = extensions["reason_phrase"]
    head = extensions["http_version"], response.status, reason, response.headers
    yield from _step("http11.receive_response_headers", asked, head)


def _step(name: str, info: dict[str, Any], result: Any = None) -> Iterator[_Event]:
    yield f"{name}.started", info
    yield f"{name}.complete", {"return_value": result}


def _address(url: Any) -> tuple[str, int]:
    return url.host.decode("ascii"), url.port or _PORTS[url.scheme]
