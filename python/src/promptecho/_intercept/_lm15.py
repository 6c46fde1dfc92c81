"""lm15, sync and async: an HTTP client on sockets of its own, which DSPy 3.4 carries and prefers.

A call is taken over where a transport opens its stream, below every provider and every retry.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from .._model import Request
from .._response import Playable
from .._run import Capture, Run
from . import Patches

_CUT = (
    "the recording ends here: when it was made, the client stopped reading or the upstream broke "
    "off. Record again (PROMPTECHO_MODE=all) to read further."
)


def patch(module: Any, run: Run, patches: Patches) -> None:
    """Send every call of this copy of lm15 through `run`; `module` is its `transports`."""
    _patch_sync(module, run, patches)
    _patch_async(module, run, patches)


def _patch_sync(module: Any, run: Run, patches: Patches) -> None:
    transport = module.StdlibTransport
    live = transport.stream

    def stream(self: Any, request: Any) -> Any:
        asked = run.ask(_seen(request))
        if isinstance(asked, Playable):
            chunks = _play(module, asked, run.options.replay_timing)
            return _response(module.TransportResponse, asked, chunks, _nothing)
        try:
            response = live(self, request)
        except BaseException:
            asked.fail()
            raise
        if run.refuses(response.status):
            raise run.refuse(asked, response.status, _read(response))
        _record_sync(response, asked)
        return response

    patches.replace(transport, "stream", stream)


def _patch_async(module: Any, run: Run, patches: Patches) -> None:
    transport = module.StdlibAsyncTransport
    live = transport._do_stream

    async def do_stream(self: Any, request: Any) -> Any:
        asked = run.ask(_seen(request))
        if isinstance(asked, Playable):
            chunks = _aplay(module, asked, run.options.replay_timing)
            return _response(module.AsyncTransportResponse, asked, chunks, _nothing_async)
        try:
            response = await live(self, request)
        except BaseException:
            asked.fail()
            raise
        if run.refuses(response.status):
            raise run.refuse(asked, response.status, await _aread(response))
        _record_async(response, asked)
        return response

    patches.replace(transport, "_do_stream", do_stream)


def _seen(request: Any) -> Request:
    return Request(request.method, request.url, tuple(request.headers), request.body)


# Recording: the client reads, a copy is taken


def _record_sync(response: Any, capture: Capture) -> None:
    _head(response, capture)
    chunks, release = response._chunks, response._release

    def copied() -> Iterator[bytes]:
        for chunk in chunks:
            capture.chunk(chunk)
            yield chunk
        capture.end()

    def released(consumed: bool) -> None:
        try:
            release(consumed)
        finally:
            capture.stop()

    response._chunks, response._release = copied(), released


def _record_async(response: Any, capture: Capture) -> None:
    _head(response, capture)
    chunks, release = response._chunks, response._release

    async def copied() -> AsyncIterator[bytes]:
        async for chunk in chunks:
            capture.chunk(chunk)
            yield chunk
        capture.end()

    async def released(consumed: bool) -> None:
        try:
            await release(consumed)
        finally:
            capture.stop()

    response._chunks, response._release = copied(), released


def _head(response: Any, capture: Capture) -> None:
    capture.head(response.status, response.reason, tuple(response.headers))


def _read(response: Any) -> bytes:
    """What comes of a body; it may break off."""
    chunks = []
    with response, suppress(Exception):
        chunks.extend(response)
    return b"".join(chunks)


async def _aread(response: Any) -> bytes:
    chunks = []
    async with response:
        with suppress(Exception):
            async for chunk in response:
                chunks.append(chunk)
    return b"".join(chunks)


# Replaying


def _response(kind: Any, answer: Playable, chunks: Any, release: Any) -> Any:
    return kind(
        status=answer.status,
        reason=answer.reason,
        headers=list(answer.headers),
        http_version="HTTP/1.1",
        chunks=chunks,
        release=release,
    )


def _play(module: Any, answer: Playable, paced: bool) -> Iterator[bytes]:
    delays = iter((answer.delays_ms if paced else None) or ())
    for chunk in answer.chunks:
        time.sleep(next(delays, 0) / 1000)
        yield chunk
    if answer.truncated:
        raise module.ReadError(_CUT)


async def _aplay(module: Any, answer: Playable, paced: bool) -> AsyncIterator[bytes]:
    from asyncio import sleep  # lm15 knows no other loop

    delays = iter((answer.delays_ms if paced else None) or ())
    for chunk in answer.chunks:
        await sleep(next(delays, 0) / 1000)
        yield chunk
    if answer.truncated:
        raise module.ReadError(_CUT)


def _nothing(_: bool) -> None:
    """There is no connection to give back."""


async def _nothing_async(_: bool) -> None:
    """There is no connection to give back."""
