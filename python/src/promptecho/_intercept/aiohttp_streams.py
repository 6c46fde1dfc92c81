"""Streams of aiohttp responses: the transport that replays one, the reader that records one.

Both handle one chunk at a time. `ReplayTransport` delivers the next chunk when the client has read
the last one. `TeeReader` reads the next chunk when the client waits for it, and gives the capture a
copy.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Callable

from .._base.vocabulary import CANCELLED
from .._session import turns as _turns
from .._session.capture import Capture
from .._session.turns import PAUSE, Turns
from .aiohttp_failures import AiohttpFailures
from .failures import is_cancelled
from .http_message import BrokenOff
from .live_bodies import CUT, failure_kind


class ReplayTransport(asyncio.Transport):
    """The transport of a connection that receives one recorded response.

    Args:
        protocol: the `ResponseHandler` of the connection.
        message: the response, as `http_message.message` renders it.
        turns: when each chunk of the body may be delivered, or None.
        paced: whether to wait for the recorded delays.
        broken: makes the exception of the client at the end of a truncated recording.
    """

    def __init__(
        self,
        protocol: Any,
        message: Iterator[tuple[int, bytes]],
        *,
        turns: Turns | None,
        paced: bool,
        broken: Callable[[BrokenOff], BaseException],
    ) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._message = message
        self._turns = turns
        self._paced = paced
        self._broken = broken
        self._content: Any = None
        self._asked = self._paused = self._closed = False

    def write(self, data: Any) -> None:
        """The first bytes of the request start the response; the request itself is ignored."""
        if not self._asked:
            self._asked = True
            self._loop.call_soon(self._receive, next(self._message)[1])

    def play(self, content: Any) -> None:
        """Start the body; the client has the head and `content` to read from."""
        self._content = content
        self._next()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        """The client has read something."""
        if self._paused:
            self._paused = False
            self._loop.call_soon(self._next)

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True

    abort = close

    def _next(self) -> None:
        if self._closed or self._content.is_eof():
            return
        if self._content._size:  # the client has not read all of the last chunk
            self._protocol.pause_reading()
            return
        if self._turns is not None and self._turns.has_to_wait():
            self._loop.call_later(PAUSE, self._next)
            return
        try:
            delay, piece = next(self._message)
        except StopIteration:
            return
        except BrokenOff as end:
            self._break_off(end)
            return
        if self._paced and delay:
            self._loop.call_later(delay / 1000, self._receive, piece)
        else:
            self._receive(piece)

    def _break_off(self, end: BrokenOff) -> None:
        if end.failure is None and self._content._waiter is None:
            self._break_off_when_read(end)
            return
        end.tell()
        failure, delay = end.failure, 0.0
        if failure is not None:
            delay = _turns.LIMIT if failure.kind == CANCELLED else 0.0
            if self._paced and failure.after_ms:
                delay = failure.after_ms / 1000
        error = self._broken(end)
        if delay:
            self._loop.call_later(delay, self._content.set_exception, error)
        else:
            self._content.set_exception(error)

    def _break_off_when_read(self, end: BrokenOff) -> None:
        """The client may never read on; every reading method of `StreamReader` waits in `_wait`."""
        content, broken = self._content, self._broken

        class CutReader(type(content)):  # type: ignore[misc]
            __slots__ = ()

            async def _wait(self, *_: Any) -> None:
                end.tell()
                error = broken(end)
                self.set_exception(error)
                raise error

            wait_eof = _wait

        content.__class__ = CutReader  # its attributes are slots: a method cannot be replaced

    def _receive(self, piece: bytes) -> None:
        if self._closed:
            return
        self._protocol.data_received(piece)
        if self._content is not None:
            self._loop.call_soon(self._next)


def tee_reader(
    stream_reader: Any, failures: AiohttpFailures, broken: Callable[[str], Exception]
) -> Callable[[Any, Capture], Any]:
    """The class `TeeReader` for aiohttp's `StreamReader`.

    A client reads from a `TeeReader` in place of the live stream, and a capture gets a copy.

    Args:
        stream_reader: the class of aiohttp.
        failures: the exceptions of aiohttp.
        broken: makes the exception of a response that breaks off.

    Raises:
        AttributeError: this version of `StreamReader` has no `_wait`.
    """
    stream_reader._wait  # noqa: B018

    class TeeReader(stream_reader):  # type: ignore[misc]
        def __init__(self, source: Any, capture: Capture) -> None:
            super().__init__(_NoFlowControl(), source.get_read_buffer_limits()[0])
            self._source = source
            self._capture = capture
            self._takes = 0
            self._is_given_up = False
            self.begin_http_chunk_receiving()
            source.on_eof(self._complete)

        async def _wait(self, func_name: str) -> None:
            # Every reading method of `StreamReader` waits here for more data.
            with self._taking():
                self._take(*await self._source.readchunk())
            if self._exception is not None:
                raise self._exception

        def read_nowait(self, n: int = -1) -> bytes:
            with self._taking():
                self._take(self._source.read_nowait())
            return super().read_nowait(n)  # type: ignore[no-any-return]

        async def wait_eof(self) -> None:
            await self._source.wait_eof()

        def set_read_chunk_size(self, n: int) -> None:
            # New in aiohttp 3.14: how much is decompressed at a time.
            super().set_read_chunk_size(n)
            self._source.set_read_chunk_size(n)

        def set_exception(self, *error: BaseException) -> None:
            """The client releases the response."""
            try:
                if self._is_given_up:
                    self._capture.fail(CANCELLED)
                else:
                    self._capture.stop()
            finally:
                super().set_exception(*error)

        @contextmanager
        def _taking(self) -> Iterator[None]:
            # Reading from the source resumes the connection, so `on_eof` may be called during it.
            self._takes += 1
            handled = sys.exc_info()[1]
            try:
                if self._capture.cut:
                    raise broken(CUT)
                yield
            except BaseException as error:
                if is_cancelled(error):  # only this read: the client may read on
                    self._is_given_up = True
                else:
                    self._capture.fail(failure_kind(failures, error, handled))
                raise
            else:
                self._is_given_up = False
            finally:
                self._takes -= 1
                if self._source.is_eof():
                    self._complete()

        def _take(self, data: bytes, ends_chunk: bool = False) -> None:
            if data:
                self._capture.chunk(data)
                self.feed_data(data)
            if ends_chunk:
                self.end_http_chunk_receiving()

        def _complete(self) -> None:
            """The source is complete, even if the client does not read on."""
            if self._takes or self._eof:
                return
            try:
                while not self._source.at_eof():
                    self._take(*_at_once(self._source.readchunk()))
                self._capture.end()
            except Exception as error:  # for the reader, not for the event loop
                super().set_exception(error)
            else:
                self.feed_eof()

    return TeeReader


class _NoFlowControl:
    """The protocol of a `TeeReader`; the flow control of the connection is done by its source."""

    connected = True
    _reading_paused = False

    def pause_reading(self, **_: Any) -> None:
        """There is no transport to pause."""

    resume_reading = pause_reading


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that does not wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waits")
