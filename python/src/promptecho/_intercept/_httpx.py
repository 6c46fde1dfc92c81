"""httpx and httpx2, sync and async: the same code over either module.

A call is taken over where a client hands it to its transport, so every transport is seen, whatever
it is made of; and where `HTTPTransport` itself handles it, so one used without a client is seen
too. While the outermost of them makes the live call, the inner ones let it through: a call is
recorded once. `MockTransport`, ASGI and WSGI transports reach no network and are left alone.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Callable, NamedTuple

from .._model import Request
from .._response import Playable
from .._run import Capture, Run
from . import Patches

#: Whether a live call is under way further out; it is recorded there.
_inside: ContextVar[bool] = ContextVar("promptecho_httpx_inside", default=False)

_LOCAL = ("MockTransport", "ASGITransport", "WSGITransport")


class _Library(NamedTuple):
    """What differs between httpx and httpx2."""

    module: Any
    local: tuple[type, ...]
    response: Callable[..., Any]
    sync_replay: Callable[[Playable, bool], Any]
    async_replay: Callable[[Playable, bool], Any]
    sync_tee: Callable[[Any, Capture], Any]
    async_tee: Callable[[Any, Capture], Any]


def patch(module: Any, run: Run, patches: Patches) -> None:
    """Send every call of this library through `run`."""
    library = _library(module)
    _patch_sync(library, run, patches)
    _patch_async(library, run, patches)


def _library(module: Any) -> _Library:
    local = tuple(getattr(module, name) for name in _LOCAL if hasattr(module, name))
    response = _replayed_response(module)
    return _Library(module, local, response, *_replay_streams(module), *_tee_streams(module))


def _patch_sync(library: _Library, run: Run, patches: Patches) -> None:
    client, transport = library.module.Client, library.module.HTTPTransport
    choose, handle = client._transport_for_url, transport.handle_request

    def transport_for_url(self: Any, url: Any) -> Any:
        chosen = choose(self, url)
        return chosen if isinstance(chosen, library.local) else _Outermost(chosen, library, run)

    def handle_request(self: Any, request: Any) -> Any:
        return _sync_call(lambda live: handle(self, live), request, library, run)

    patches.replace(client, "_transport_for_url", transport_for_url)
    patches.replace(transport, "handle_request", handle_request)


def _patch_async(library: _Library, run: Run, patches: Patches) -> None:
    client, transport = library.module.AsyncClient, library.module.AsyncHTTPTransport
    choose, handle = client._transport_for_url, transport.handle_async_request

    def transport_for_url(self: Any, url: Any) -> Any:
        chosen = choose(self, url)
        return chosen if isinstance(chosen, library.local) else _Outermost(chosen, library, run)

    async def handle_async_request(self: Any, request: Any) -> Any:
        return await _async_call(lambda live: handle(self, live), request, library, run)

    patches.replace(client, "_transport_for_url", transport_for_url)
    patches.replace(transport, "handle_async_request", handle_async_request)


class _Outermost:
    """Stands in for the transport of a client, for one call."""

    def __init__(self, transport: Any, library: _Library, run: Run) -> None:
        self._transport = transport
        self._library = library
        self._run = run

    def handle_request(self, request: Any) -> Any:
        return _sync_call(self._transport.handle_request, request, self._library, self._run)

    async def handle_async_request(self, request: Any) -> Any:
        call = self._transport.handle_async_request
        return await _async_call(call, request, self._library, self._run)


def _sync_call(call: Callable[[Any], Any], request: Any, library: _Library, run: Run) -> Any:
    if _inside.get():
        return call(request)
    request.read()
    asked = run.ask(_seen(request))
    if isinstance(asked, Playable):
        stream = library.sync_replay(asked, run.options.replay_timing)
        return _response(library, asked, stream)
    token = _inside.set(True)
    try:
        response = call(request)
    except BaseException:
        asked.fail()
        raise
    finally:
        _inside.reset(token)
    if response.status_code == 101:  # a WebSocket is not a call with an answer
        asked.fail()
        return response
    if run.refuses(response.status_code):
        raise run.refuse(asked, response.status_code, _read(response))
    if not _is_read(response, asked):
        response.stream = library.sync_tee(response.stream, asked)
    return response


async def _async_call(
    call: Callable[[Any], Awaitable[Any]], request: Any, library: _Library, run: Run
) -> Any:
    if _inside.get():
        return await call(request)
    await request.aread()
    asked = run.ask(_seen(request))
    if isinstance(asked, Playable):
        stream = library.async_replay(asked, run.options.replay_timing)
        return _response(library, asked, stream)
    token = _inside.set(True)
    try:
        response = await call(request)
    except BaseException:
        asked.fail()
        raise
    finally:
        _inside.reset(token)
    if response.status_code == 101:
        asked.fail()
        return response
    if run.refuses(response.status_code):
        raise run.refuse(asked, response.status_code, await _aread(response))
    if not _is_read(response, asked):
        response.stream = library.async_tee(response.stream, asked)
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


# What says how a body is to be read; no other header has a part in matching.
_READ = (b"content-type", b"content-encoding")


def _seen(request: Any) -> Request:
    raw = request.headers.raw
    headers = tuple((_text(n), _text(value)) for n, value in raw if n.lower() in _READ)
    return Request(request.method, str(request.url), headers, request.content)


def _is_read(response: Any, capture: Capture) -> bool:
    """Take down the head; and the body too, where a custom transport has read it already."""
    reason = response.extensions.get("reason_phrase", b"")
    headers = [(_text(name), _text(value)) for name, value in response.headers.raw]
    content = getattr(response, "_content", None)  # `content` raises while there is none
    if content is not None:  # it is decoded, and the client never asks for the stream
        headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
    capture.head(response.status_code, _text(reason), tuple(headers))
    if content is not None:
        capture.chunk(content)
        capture.end()
    return content is not None


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")  # HEAD-1: one character a byte


def _raw(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # written into the file by hand
        return text.encode("utf-8")


def _response(library: _Library, answer: Playable, stream: Any) -> Any:
    response = library.response(
        answer.status,
        headers=[(_raw(name), _raw(value)) for name, value in answer.headers],
        stream=stream,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": _raw(answer.reason)},
    )
    response._replay = stream
    return response


def _replayed_response(module: Any) -> Callable[..., Any]:
    class Response(module.Response):  # type: ignore[misc]
        """A replayed answer: who asks for lines, or for all of it, sees no chunks [BODY-12].

        So these are made of one chunk: to hand on 5,000 takes httpx longer than all the rest.
        """

        def read(self) -> Any:
            self._replay.whole = True
            return super().read()

        async def aread(self) -> Any:
            self._replay.whole = True
            return await super().aread()

        def iter_lines(self) -> Any:
            self._replay.whole = True
            return super().iter_lines()

        def aiter_lines(self) -> Any:
            self._replay.whole = True
            return super().aiter_lines()

        def __reduce_ex__(self, protocol: Any) -> Any:
            plain = module.Response.__new__(module.Response)
            vars(plain).update((k, v) for k, v in vars(self).items() if k != "_replay")
            return plain.__reduce_ex__(1)  # later protocols insist on the class of `self`

    return Response


_CUT = (
    "the recording ends here: when it was made, the client stopped reading or the upstream broke "
    "off. Record again (PROMPTECHO_MODE=all) to read further."
)


def _replay_streams(module: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    class Replay:
        def __init__(self, answer: Playable, paced: bool) -> None:
            self._answer = answer
            self._paced = paced and answer.delays_ms is not None
            self._delays = iter(answer.delays_ms or ()) if paced else iter(())
            self.whole = False  # whether to play the body as one chunk

        def _chunks(self) -> Sequence[bytes]:
            chunks = self._answer.chunks
            return [b"".join(chunks)] if self.whole and chunks and not self._paced else chunks

        def _delay(self) -> float:
            return next(self._delays, 0) / 1000

        def _end(self) -> None:
            if self._answer.truncated:
                raise module.RemoteProtocolError(_CUT)

    class SyncReplay(Replay, module.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            for chunk in self._chunks():
                delay = self._delay()
                if delay:
                    time.sleep(delay)
                yield chunk
            self._end()

    class AsyncReplay(Replay, module.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._chunks():
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
