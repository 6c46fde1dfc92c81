"""httpcore, below httpx, and httpcore2, below httpx2, sync and async: the same code for both.

`ConnectionPool.handle_request` is replaced, the last function of a call before connections are
chosen. What other libraries put around httpx stays in use on replay: OpenTelemetry wraps
`HTTPTransport.handle_request`, Sentry and ddtrace wrap `Client.send`. pytest-httpx replaces
`HTTPTransport.handle_request` and respx the function itself, so their mocks answer first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from inspect import signature
from typing import Any, Callable, NamedTuple

from .._base.model import Request
from .._bodies.content_coding import undo
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .dispatch import Gate, absolute, dispatch, dispatch_async, header_bytes, header_text
from .failures import class_names
from .httpcore_events import AsyncEvents, SyncEvents, network_streams
from .httpx_streams import replay_streams, tee_streams
from .named_failures import NamedFailures
from .network_block import NetworkDown
from .patches import Patches

#: Network backends of httpcore that reach no network.
_MOCKS = ("MockBackend", "AsyncMockBackend")


class _Library(NamedTuple):
    """The module, httpcore or httpcore2, and classes made for it."""

    module: Any
    failures: NamedFailures
    sync_replay: Callable[[ReplayResponse, bool], Any]
    async_replay: Callable[[ReplayResponse, bool], Any]
    sync_tee: Callable[[Any, Capture], Any]
    async_tee: Callable[[Any, Capture], Any]
    sync_network: Callable[[Any], Any]
    async_network: Callable[[Any], Any]


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of this library's pools through `gate`."""
    library = _library(module)
    pool, async_pool = module.ConnectionPool, module.AsyncConnectionPool
    handle = patches.place(pool, "handle_request")
    handle_async = patches.place(async_pool, "handle_async_request")

    def handle_request(self: Any, request: Any) -> Any:
        if _is_local(self, request):
            return handle.before(self, request)
        exchange = _Exchange(request, lambda live: handle.before(self, live), library, gate)
        try:
            return dispatch(exchange, gate)
        except NetworkDown as error:
            raise module.ConnectError(str(error)) from error

    async def handle_async_request(self: Any, request: Any) -> Any:
        if _is_local(self, request):
            return await handle_async.before(self, request)
        exchange = _AsyncExchange(
            request, lambda live: handle_async.before(self, live), library, gate
        )
        try:
            return await dispatch_async(exchange, gate)
        except NetworkDown as error:
            raise module.ConnectError(str(error)) from error

    # respx reads the names of the parameters of what it replaces.
    handle.replace(handle_request).__signature__ = _signature(handle.before)
    handle_async.replace(handle_async_request).__signature__ = _signature(handle_async.before)


#: Of the few functions that are replaced; it takes as long as the rest of `patch`.
_signature = lru_cache(maxsize=4)(signature)


@cache
def _library(module: Any) -> _Library:
    # httpx raises its own exception of the same name for each of httpcore.
    client = {"httpcore": "httpx", "httpcore2": "httpx2"}[module.__name__]
    failures = NamedFailures(module, class_names(client))
    replays, tees = replay_streams(module, failures), tee_streams(module, failures)
    return _Library(module, failures, *replays, *tees, *network_streams(module))


def _is_local(pool: Any, request: Any) -> bool:
    """Whether a pool has no network, or raises an error for the URL."""
    backend = type(getattr(pool, "_network_backend", None)).__name__
    return backend in _MOCKS or request.url.scheme not in (b"http", b"https", b"ws", b"wss")


class _Call:
    """A request that was given to a pool."""

    def __init__(
        self, request: Any, call: Callable[[Any], Any], library: _Library, gate: Gate
    ) -> None:
        self._request = request
        self._call = call
        self._library = library
        self._gate = gate

    @cached_property
    def url(self) -> str:
        url = self._request.url
        target = header_text(url.target)
        if target.startswith(("http://", "https://")):
            return target
        return absolute(header_text(url.scheme), header_text(url.host), url.port, target)

    def status(self, response: Any) -> int:
        return int(response.status)

    def failure(self, kind: str) -> BaseException:
        return self._library.failures.made(kind)

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        return self._library.failures.kind(error, until)

    def _seen(self, body: bytes) -> Request:
        self._request.stream = _Bytes(body)
        method = header_text(self._request.method)
        return Request(method, self.url, _texts(self._request.headers), body)

    def _response(self, answer: ReplayResponse, stream: Any, network: Any) -> Any:
        response = self._library.module.Response(
            answer.status,
            content=stream,
            extensions={
                "http_version": b"HTTP/1.1",
                "reason_phrase": header_bytes(answer.reason),
                "network_stream": network,
            },
        )
        # The constructor would check that each is bytes.
        response.headers = [
            (header_bytes(name), header_bytes(value)) for name, value in answer.headers
        ]
        return response

    def _head(self, response: Any, capture: Capture) -> None:
        reason = header_text(response.extensions.get("reason_phrase", b""))
        capture.head(response.status, reason, _texts(response.headers))


class _Exchange(_Call):
    def request(self) -> Request:
        return self._seen(b"".join(self._request.stream))

    def replay(self, answer: ReplayResponse) -> Any:
        stream = self._library.sync_replay(answer, self._gate.options.replay_timing)
        network = self._library.sync_network(self._request.url)
        response = self._response(answer, stream, network)
        events = SyncEvents.of(self._request)
        if events is not None:
            response.stream = events.send(response)
        return response

    def call(self) -> Any:
        return self._call(self._request)

    def body(self, response: Any) -> bytes:
        chunks: list[bytes] = []
        try:
            with suppress(Exception):
                chunks.extend(response.iter_stream())
        finally:
            response.close()
        return _decoded(response, b"".join(chunks))

    def record(self, response: Any, capture: Capture) -> Any:
        self._head(response, capture)
        response.stream = self._library.sync_tee(response.stream, capture)
        return response


class _AsyncExchange(_Call):
    async def request(self) -> Request:
        return self._seen(b"".join([chunk async for chunk in self._request.stream]))

    async def replay(self, answer: ReplayResponse) -> Any:
        stream = self._library.async_replay(answer, self._gate.options.replay_timing)
        network = self._library.async_network(self._request.url)
        response = self._response(answer, stream, network)
        events = AsyncEvents.of(self._request)
        if events is not None:
            response.stream = await events.send(response)
        return response

    def call(self) -> Awaitable[Any]:
        live: Awaitable[Any] = self._call(self._request)
        return live

    async def body(self, response: Any) -> bytes:
        chunks: list[bytes] = []
        try:
            with suppress(Exception):
                async for chunk in response.aiter_stream():
                    chunks.append(chunk)
        finally:
            await response.aclose()
        return _decoded(response, b"".join(chunks))

    async def record(self, response: Any, capture: Capture) -> Any:
        self._head(response, capture)
        response.stream = self._library.async_tee(response.stream, capture)
        return response


class _Bytes:
    """The body of a request that was read, for a live call."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data


def _texts(headers: Any) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])


def _decoded(response: Any, data: bytes) -> bytes:
    """A body with its content-encoding undone, as far as it is complete."""
    headers = {name.lower(): value for name, value in _texts(response.headers)}
    coding = headers.get("content-encoding", "")
    return (undo(data, coding, truncated=True) if coding else data) or data
