"""lm15, sync and async: an HTTP client with sockets of its own; DSPy 3.4 contains a copy.

`StdlibTransport.stream` and `StdlibAsyncTransport._do_stream` make one attempt of a call, below
providers and retries. They are replaced.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, Callable

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .chunks import in_turn, next_in_turn, without_waiting
from .dispatch import Gate, dispatch, dispatch_async
from .failures import wait, wait_async
from .live_bodies import CUT, reading
from .named_failures import NamedFailures
from .patches import Patches

#: The exceptions of lm15 by the kinds of failures.
_FAILURES = {
    "connect": "ConnectError",
    "dns": "ConnectError",
    "tls": "ConnectError",
    "write": "WriteError",
    "connect-timeout": "ConnectTimeout",
    "read-timeout": "ReadTimeout",
    "write-timeout": "WriteTimeout",
    "pool-timeout": "TransportError",
    "protocol": "ProtocolError",
    "reset": "ReadError",
    "closed": "ReadError",
    "decode": "ProtocolError",
    "proxy": "ConnectError",
}


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of a copy of lm15 through `gate`; `module` is its module `transports`."""
    sync, awaiting = module.StdlibTransport, module.StdlibAsyncTransport
    live, live_async = sync.stream, awaiting._do_stream

    def stream(self: Any, request: Any) -> Any:
        return dispatch(_Exchange(module, request, lambda: live(self, request), gate), gate)

    async def do_stream(self: Any, request: Any) -> Any:
        exchange = _AsyncExchange(module, request, lambda: live_async(self, request), gate)
        return await dispatch_async(exchange, gate)

    patches.replace(sync, "stream", stream)
    patches.replace(awaiting, "_do_stream", do_stream)


class _Call:
    """A request that was given to a transport; its body is bytes."""

    def __init__(self, module: Any, request: Any, call: Callable[[], Any], gate: Gate) -> None:
        self.call = call
        self._module = module
        self._failures = NamedFailures(module, _FAILURES)
        self._request = request
        self._paced = gate.options.replay_timing

    @property
    def url(self) -> str:
        return str(self._request.url)

    def status(self, response: Any) -> int:
        return int(response.status)

    def failure(self, kind: str) -> BaseException:
        return self._failures.made(kind)

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        return self._failures.kind(error, until)

    def _seen(self) -> Request:
        request = self._request
        return Request(request.method, request.url, tuple(request.headers), request.body)


class _Exchange(_Call):
    def request(self) -> Request:
        return self._seen()

    def replay(self, answer: ReplayResponse) -> Any:
        chunks = _play(self._module, answer, self._paced)
        return _response(self._module.TransportResponse, answer, chunks, _nothing)

    def body(self, response: Any) -> bytes:
        return _read(response)

    def record(self, response: Any, capture: Capture) -> Any:
        _record_sync(response, capture, self._module, self._failures)
        return response


class _AsyncExchange(_Call):
    async def request(self) -> Request:
        return self._seen()

    async def replay(self, answer: ReplayResponse) -> Any:
        chunks = _aplay(self._module, answer, self._paced)
        return _response(self._module.AsyncTransportResponse, answer, chunks, _nothing_async)

    async def body(self, response: Any) -> bytes:
        return await _aread(response)

    async def record(self, response: Any, capture: Capture) -> Any:
        _record_async(response, capture, self._module, self._failures)
        return response


# Recording: the capture gets a copy of what the client reads


def _record_sync(response: Any, capture: Capture, module: Any, failures: NamedFailures) -> None:
    _head(response, capture)
    chunks, release = response._chunks, response._release

    def copied() -> Iterator[bytes]:
        with reading(capture, failures, module.ReadError) as copy:
            for chunk in chunks:
                yield copy(chunk)

    def released(consumed: bool) -> None:
        try:
            release(consumed)
        finally:
            capture.stop()

    response._chunks, response._release = copied(), released


def _record_async(response: Any, capture: Capture, module: Any, failures: NamedFailures) -> None:
    _head(response, capture)
    chunks, release = response._chunks, response._release

    async def copied() -> AsyncIterator[bytes]:
        with reading(capture, failures, module.ReadError) as copy:
            async for chunk in chunks:
                yield copy(chunk)

    async def released(consumed: bool) -> None:
        try:
            await release(consumed)
        finally:
            capture.stop()

    response._chunks, response._release = copied(), released


def _head(response: Any, capture: Capture) -> None:
    capture.head(response.status, response.reason, tuple(response.headers))


def _read(response: Any) -> bytes:
    """The body; the part that arrived if it is incomplete."""
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


def _response(kind: Any, answer: ReplayResponse, chunks: Any, release: Any) -> Any:
    return kind(
        status=answer.status,
        reason=answer.reason,
        headers=list(answer.headers),
        http_version="HTTP/1.1",
        chunks=chunks,
        release=release,
    )


def _play(module: Any, answer: ReplayResponse, paced: bool) -> Iterator[bytes]:
    delays = iter((answer.delays_ms if paced else None) or ())
    for chunk in in_turn(answer):
        time.sleep(next(delays, 0) / 1000)
        yield chunk
    if answer.failure is not None:
        wait(answer.failure, paced=paced)
        raise NamedFailures(module, _FAILURES).made(answer.failure.kind)
    if answer.truncated:
        answer.read_past()
        raise module.ReadError(CUT)


async def _aplay(module: Any, answer: ReplayResponse, paced: bool) -> AsyncIterator[bytes]:
    from asyncio import sleep  # lm15 supports asyncio only

    delays = iter((answer.delays_ms if paced else None) or ())
    chunks = without_waiting(answer)
    while (chunk := await next_in_turn(answer, chunks, sleep)) is not None:
        await sleep(next(delays, 0) / 1000)
        yield chunk
    if answer.failure is not None:
        await wait_async(answer.failure, paced=paced)
        raise NamedFailures(module, _FAILURES).made(answer.failure.kind)
    if answer.truncated:
        answer.read_past()
        raise module.ReadError(CUT)


def _nothing(_: bool) -> None:
    """There is no connection to release."""


async def _nothing_async(_: bool) -> None:
    """There is no connection to release."""
