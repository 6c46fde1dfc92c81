"""httpx and httpx2, sync and async: the same code over either module.

A call is taken over where a client hands it to its transport, so every transport is seen, whatever
it is made of; and where `HTTPTransport` itself handles it, so one used without a client is seen
too. While the outermost of them makes the live call, the inner ones let it through: a call is
recorded once. `MockTransport`, ASGI and WSGI transports reach no network and are left alone.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Callable, NamedTuple

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from . import Patches
from .dispatch import CUT, Gate, dispatch, dispatch_async, header_bytes, header_text
from .network_block import NetworkDown

_LOCAL = ("MockTransport", "ASGITransport", "WSGITransport")
_LOCAL_ELSEWHERE = {"starlette.testclient._TestClientTransport"}


class _Library(NamedTuple):
    """What differs between httpx and httpx2."""

    module: Any
    local: tuple[type, ...]
    sync_replay: Callable[[ReplayResponse, bool], Any]
    async_replay: Callable[[ReplayResponse, bool], Any]
    sync_tee: Callable[[Any, Capture], Any]
    async_tee: Callable[[Any, Capture], Any]


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of this library through `gate`."""
    library = _library(module)
    _patch_sync(library, gate, patches)
    _patch_async(library, gate, patches)


@cache
def _library(module: Any) -> _Library:
    local = tuple(getattr(module, name) for name in _LOCAL if hasattr(module, name))
    return _Library(module, local, *_replay_streams(module), *_tee_streams(module))


def _patch_sync(library: _Library, gate: Gate, patches: Patches) -> None:
    client, transport = library.module.Client, library.module.HTTPTransport
    choose, handle = client._transport_for_url, transport.handle_request

    def transport_for_url(self: Any, url: Any) -> Any:
        chosen = choose(self, url)
        return chosen if _is_local(chosen, library) else _Outermost(chosen, library, gate)

    def handle_request(self: Any, request: Any) -> Any:
        return dispatch(_Exchange(request, lambda live: handle(self, live), library, gate), gate)

    patches.replace(client, "_transport_for_url", transport_for_url)
    patches.replace(transport, "handle_request", handle_request)


def _patch_async(library: _Library, gate: Gate, patches: Patches) -> None:
    client, transport = library.module.AsyncClient, library.module.AsyncHTTPTransport
    choose, handle = client._transport_for_url, transport.handle_async_request

    def transport_for_url(self: Any, url: Any) -> Any:
        chosen = choose(self, url)
        return chosen if _is_local(chosen, library) else _Outermost(chosen, library, gate)

    async def handle_async_request(self: Any, request: Any) -> Any:
        exchange = _AsyncExchange(request, lambda live: handle(self, live), library, gate)
        return await dispatch_async(exchange, gate)

    patches.replace(client, "_transport_for_url", transport_for_url)
    patches.replace(transport, "handle_async_request", handle_async_request)


def _is_local(transport: Any, library: _Library) -> bool:
    names = {f"{each.__module__}.{each.__qualname__}" for each in type(transport).__mro__}
    return isinstance(transport, library.local) or not names.isdisjoint(_LOCAL_ELSEWHERE)


class _Outermost:
    """Stands in for the transport of a client, for one call."""

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
    """A client knows a refused connection as an error of its own library."""
    refused: Exception = module.ConnectError(str(error), request=request)
    return refused


class _Call:
    """A request on its way to a transport."""

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
    """What comes of a body, decoded; it may break off."""
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


#: What says how a body is to be read; no other header has a part in matching.
_READ = (b"content-type", b"content-encoding")


def _seen(request: Any) -> Request:
    found = (pair for pair in request.headers.raw if pair[0].lower() in _READ)
    headers = tuple((header_text(name), header_text(value)) for name, value in found)
    return Request(request.method, str(request.url), headers, request.content)


def _is_read(response: Any, capture: Capture) -> bool:
    """Take down the head; and the body too, where a custom transport has read it already."""
    reason = response.extensions.get("reason_phrase", b"")
    headers = [(header_text(name), header_text(value)) for name, value in response.headers.raw]
    content = getattr(response, "_content", None)  # `content` raises while there is none
    if content is not None:  # it is decoded, and the client never asks for the stream
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


def _replay_streams(module: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    class Replay:
        def __init__(self, answer: ReplayResponse, paced: bool) -> None:
            self._answer = answer
            delays = answer.delays_ms if paced else None
            self._delays = iter(delays or ())

        def _delay(self) -> float:
            return next(self._delays, 0) / 1000

        def _end(self) -> None:
            if self._answer.truncated:
                raise module.RemoteProtocolError(CUT)

    class SyncReplay(Replay, module.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            for chunk in self._answer.chunks:
                delay = self._delay()
                if delay:
                    time.sleep(delay)
                yield chunk
            self._end()

    class AsyncReplay(Replay, module.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._answer.chunks:
                delay = self._delay()
                if delay:
                    from anyio import sleep  # whichever loop the client runs on

                    await sleep(delay)
                yield chunk
            self._end()

    return SyncReplay, AsyncReplay


def _tee_streams(module: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    class SyncTee(module.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, capture: Capture) -> None:
            self._stream = stream
            self._capture = capture

        def __iter__(self) -> Iterator[bytes]:
            for chunk in self._stream:
                self._capture.chunk(chunk)
                yield chunk
            self._capture.end()

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self._capture.stop()

    class AsyncTee(module.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, capture: Capture) -> None:
            self._stream = stream
            self._capture = capture

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for chunk in self._stream:
                self._capture.chunk(chunk)
                yield chunk
            self._capture.end()

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self._capture.stop()

    return SyncTee, AsyncTee
