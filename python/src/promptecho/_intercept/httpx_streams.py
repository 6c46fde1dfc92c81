"""The bodies of responses of httpx and httpcore: replayed ones, and live ones that are recorded."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable

from .._session.capture import Capture
from .._session.response import ReplayResponse
from .chunks import in_turn, next_in_turn, without_waiting
from .failures import wait, wait_async
from .live_bodies import CUT, reading
from .named_failures import NamedFailures

#: Two classes, sync and async.
_Classes = tuple[Callable[..., Any], Callable[..., Any]]


def replay_streams(module: Any, failures: NamedFailures) -> _Classes:
    """The classes, sync and async, of the body of a recorded response.

    Args:
        module: httpx or httpx2, whose stream classes a client checks for; or its httpcore.
        failures: its exceptions.
    """
    sync_base, async_base = _bases(module)

    class Replay:
        def __init__(self, answer: ReplayResponse, paced: bool) -> None:
            self._answer = answer
            self._paced = paced
            delays = answer.delays_ms if paced else None
            self._delays = iter(delays or ())

        def _delay(self) -> float:
            return next(self._delays, 0) / 1000

        def _end(self) -> None:
            if self._answer.failure is not None:
                raise failures.made(self._answer.failure.kind)
            if self._answer.truncated:
                self._answer.read_past()
                raise module.RemoteProtocolError(CUT)

    class SyncReplay(Replay, sync_base):  # type: ignore[misc,valid-type]
        def __iter__(self) -> Iterator[bytes]:
            for chunk in in_turn(self._answer):
                delay = self._delay()
                if delay:
                    time.sleep(delay)
                yield chunk
            if self._answer.failure is not None:
                wait(self._answer.failure, paced=self._paced)
            self._end()

    class AsyncReplay(Replay, async_base):  # type: ignore[misc,valid-type]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            chunks = without_waiting(self._answer)
            while (chunk := await next_in_turn(self._answer, chunks)) is not None:
                delay = self._delay()
                if delay:
                    from anyio import sleep  # the client may run on asyncio or trio

                    await sleep(delay)
                yield chunk
            if self._answer.failure is not None:
                await wait_async(self._answer.failure, paced=self._paced)
            self._end()

    return SyncReplay, AsyncReplay


def tee_streams(module: Any, failures: NamedFailures) -> _Classes:
    """The classes, sync and async, of a live body: as the client reads, a capture gets a copy."""
    sync_base, async_base = _bases(module)

    class Tee:
        def __init__(self, stream: Any, capture: Capture) -> None:
            self._stream = stream
            self._capture = capture

    class SyncTee(Tee, sync_base):  # type: ignore[misc,valid-type]
        def __iter__(self) -> Iterator[bytes]:
            with reading(self._capture, failures, module.RemoteProtocolError) as copy:
                for chunk in self._stream:
                    yield copy(chunk)

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self._capture.stop()

    class AsyncTee(Tee, async_base):  # type: ignore[misc,valid-type]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            with reading(self._capture, failures, module.RemoteProtocolError) as copy:
                async for chunk in self._stream:
                    yield copy(chunk)

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self._capture.stop()

    return SyncTee, AsyncTee


def _bases(module: Any) -> tuple[type, type]:
    """The stream classes of httpx; httpcore takes any iterable."""
    return getattr(module, "SyncByteStream", object), getattr(module, "AsyncByteStream", object)
