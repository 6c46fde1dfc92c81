"""httpx and httpx2, sync and async: the same code for both modules.

httpx calls `Client._transport_for_url` for each call, so custom transports are seen. A plain
`HTTPTransport` is not replaced: `httpcore` below it dispatches its calls, also without a client.
`MockTransport`, ASGI and WSGI transports reach no network and are not replaced either.
"""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from functools import cache
from typing import Any, Callable, NamedTuple

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .dispatch import Gate, dispatch, dispatch_async, header_bytes, header_text
from .failures import class_names
from .httpx_streams import replay_streams, tee_streams
from .named_failures import NamedFailures
from .network_block import NetworkDown
from .patches import Patches

_LOCAL = ("MockTransport", "ASGITransport", "WSGITransport")
_LOCAL_ELSEWHERE = {"starlette.testclient._TestClientTransport"}
#: Transports of other tools that hand each call on to one transport, their `_transport`.
_WRAPPERS = {
    "opentelemetry.instrumentation.httpx.SyncOpenTelemetryTransport",
    "opentelemetry.instrumentation.httpx.AsyncOpenTelemetryTransport",
}


class _Library(NamedTuple):
    """The module, httpx or httpx2, and classes made for it."""

    module: Any
    failures: NamedFailures
    local: tuple[type, ...]
    sync_replay: Callable[[ReplayResponse, bool], Any]
    async_replay: Callable[[ReplayResponse, bool], Any]
    sync_tee: Callable[[Any, Capture], Any]
    async_tee: Callable[[Any, Capture], Any]


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of this library through `gate`."""
    library = _library(module)
    _patch(library, module.Client, module.HTTPTransport, gate, patches)
    _patch(library, module.AsyncClient, module.AsyncHTTPTransport, gate, patches)


@cache
def _library(module: Any) -> _Library:
    local = tuple(getattr(module, name) for name in _LOCAL if hasattr(module, name))
    failures = NamedFailures(module, class_names(module.__name__))
    replays, tees = replay_streams(module, failures), tee_streams(module, failures)
    return _Library(module, failures, local, *replays, *tees)


def _patch(library: _Library, kind: Any, plain: Any, gate: Gate, patches: Patches) -> None:
    choose = kind._transport_for_url

    def transport_for_url(self: Any, url: Any) -> Any:
        chosen = choose(self, url)
        if _is_plain(chosen, plain) or _is_local(chosen, library):
            return chosen
        return _DispatchingTransport(chosen, library, gate)

    patches.replace(kind, "_transport_for_url", transport_for_url)


def _is_plain(transport: Any, plain: Any) -> bool:
    """Whether httpcore makes the calls of a transport, perhaps inside wrappers of other tools."""
    while f"{type(transport).__module__}.{type(transport).__qualname__}" in _WRAPPERS:
        transport = transport._transport
    return _definer(transport) is plain and _is_pool(getattr(transport, "_pool", None))


def _is_pool(pool: Any) -> bool:
    """Whether calls go through the method of httpcore's pool that is replaced."""
    definer = _definer(pool)
    return (
        definer is not None
        and definer.__name__ in ("ConnectionPool", "AsyncConnectionPool")
        and definer.__module__.partition(".")[0] in ("httpcore", "httpcore2")
    )


def _definer(handler: Any) -> type | None:
    """The class whose method handles requests."""
    names = ("handle_request", "handle_async_request")
    return next((each for each in type(handler).__mro__ if any(map(vars(each).get, names))), None)


def _is_local(transport: Any, library: _Library) -> bool:
    names = {f"{each.__module__}.{each.__qualname__}" for each in type(transport).__mro__}
    return isinstance(transport, library.local) or not names.isdisjoint(_LOCAL_ELSEWHERE)


class _DispatchingTransport:
    """Wraps the transport of a client for one call."""

    def __init__(self, transport: Any, library: _Library, gate: Gate) -> None:
        self._transport = transport
        self._library = library
        self._gate = gate

    def handle_request(self, request: Any) -> Any:
        call = self._transport.handle_request
        try:
            return dispatch(_Exchange(request, call, self._library, self._gate), self._gate)
        except NetworkDown as error:
            raise _refused(self._library.module, request, error) from error

    async def handle_async_request(self, request: Any) -> Any:
        call = self._transport.handle_async_request
        exchange = _AsyncExchange(request, call, self._library, self._gate)
        try:
            return await dispatch_async(exchange, self._gate)
        except NetworkDown as error:
            raise _refused(self._library.module, request, error) from error


def _refused(module: Any, request: Any, error: NetworkDown) -> Exception:
    """A refused connection as httpx raises it."""
    refused: Exception = module.ConnectError(str(error), request=request)
    return refused


async def answered(module: Any, request: Any, call: Callable[[Any], Any], gate: Gate) -> Any:
    """The response of a request of httpx, from the cassette of `gate` or from a live call.

    Args:
        module: httpx or httpx2.
        request: its request; a redirect is not followed.
        call: makes the live call and returns the response, whose body is not read.
        gate: decides.

    Raises:
        CassetteMiss, RecordedErrorResponse, CassetteError: from the gate.
        httpx.TransportError: the live call failed, or the recorded one did.
    """
    return await dispatch_async(_AsyncExchange(request, call, _library(module), gate), gate)


class _Call:
    """A request that a client has given to a transport."""

    def __init__(
        self, request: Any, call: Callable[[Any], Any], library: _Library, gate: Gate
    ) -> None:
        self._request = request
        self._call = call
        self._library = library
        self._gate = gate

    @property
    def url(self) -> str:
        return str(self._request.url)

    def status(self, response: Any) -> int:
        return int(response.status_code)

    def failure(self, kind: str) -> BaseException:
        return self._library.failures.made(kind)

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        return self._library.failures.kind(error, until)


class _Exchange(_Call):
    def request(self) -> Request:
        self._request.read()
        return _seen(self._request)

    def replay(self, answer: ReplayResponse) -> Any:
        stream = self._library.sync_replay(answer, self._gate.options.replay_timing)
        return _response(self._library, answer, stream)

    def call(self) -> Any:
        return self._call(self._request)

    def body(self, response: Any) -> bytes:
        return _read(response)

    def record(self, response: Any, capture: Capture) -> Any:
        if not _is_read(response, capture):
            response.stream = self._library.sync_tee(response.stream, capture)
        return response


class _AsyncExchange(_Call):
    async def request(self) -> Request:
        await self._request.aread()
        return _seen(self._request)

    async def replay(self, answer: ReplayResponse) -> Any:
        stream = self._library.async_replay(answer, self._gate.options.replay_timing)
        return _response(self._library, answer, stream)

    def call(self) -> Awaitable[Any]:
        live: Awaitable[Any] = self._call(self._request)
        return live

    async def body(self, response: Any) -> bytes:
        return await _aread(response)

    async def record(self, response: Any, capture: Capture) -> Any:
        if not _is_read(response, capture):
            response.stream = self._library.async_tee(response.stream, capture)
        return response


def _read(response: Any) -> bytes:
    """The body, content-encoding undone; the part that arrived if it is incomplete."""
    chunks = []
    try:
        with suppress(Exception):
            chunks.extend(response.iter_bytes())
    finally:
        response.close()
    return b"".join(chunks)


async def _aread(response: Any) -> bytes:
    chunks = []
    try:
        with suppress(Exception):
            async for chunk in response.aiter_bytes():
                chunks.append(chunk)
    finally:
        await response.aclose()
    return b"".join(chunks)


def _seen(request: Any) -> Request:
    raw = request.headers.raw
    headers = tuple((header_text(name), header_text(value)) for name, value in raw)
    return Request(request.method, str(request.url), headers, request.content)


def _is_read(response: Any, capture: Capture) -> bool:
    """Capture the head, and the body if a custom transport has read it; returns whether it has."""
    reason = response.extensions.get("reason_phrase", b"")
    headers = [(header_text(name), header_text(value)) for name, value in response.headers.raw]
    # The property `content` raises before the body is read.
    content = getattr(response, "_content", None)
    if content is not None:  # decoded; the client does not read the stream
        headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
    capture.head(response.status_code, header_text(reason), tuple(headers))
    if content is not None:
        capture.chunk(content)
        capture.end()
    return content is not None


def _response(library: _Library, answer: ReplayResponse, stream: Any) -> Any:
    return library.module.Response(
        answer.status,
        headers=[(header_bytes(name), header_bytes(value)) for name, value in answer.headers],
        stream=stream,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": header_bytes(answer.reason)},
    )
