"""The two ends of an aiohttp response: the transport it is played from, the copy it is read from.

Both have one chunk at a time under way. A tape gives the next when the client has taken the one
before it; a copy asks for the next when the client waits for it, and the capture gets it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Callable

from .._session.capture import Capture


class ReplayTransport(asyncio.Transport):
    """The transport of a connection on which one recorded response is received.

    Args:
        protocol: the `ResponseHandler` of the connection.
        message: the response, as `_message` renders it.
        paced: whether to take the time that the upstream took.
        broken: makes an error of what there is to say at the end of a truncated recording.
    """

    def __init__(
        self,
        protocol: Any,
        message: Iterator[tuple[int, bytes]],
        *,
        paced: bool,
        broken: Callable[[str], Exception],
    ) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._message = message
        self._paced = paced
        self._broken = broken
        self._content: Any = None
        self._asked = self._paused = self._closed = False

    def write(self, data: Any) -> None:
        """The request is known already; with its first bytes the head of the response comes."""
        if not self._asked:
            self._asked = True
            self._loop.call_soon(self._receive, next(self._message)[1])

    def play(self, content: Any) -> None:
        """Play the body, now that the client has its head, and where to read."""
        self._content = content
        self._next()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        """The client has taken something."""
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
        if self._content._size:  # there is something left of the chunk before
            self._protocol.pause_reading()
            return
        try:
            delay, piece = next(self._message)
        except StopIteration:
            return
        except ConnectionError as end:
            self._content.set_exception(self._broken(str(end)))
            return
        if self._paced and delay:
            self._loop.call_later(delay / 1000, self._receive, piece)
        else:
            self._receive(piece)

    def _receive(self, piece: bytes) -> None:
        if self._closed:
            return
        self._protocol.data_received(piece)
        if self._content is not None:
            self._loop.call_soon(self._next)


def copies(stream_reader: Any) -> Callable[[Any, Capture], Any]:
    """Makes copies of a `StreamReader`, which are what a client reads from in its place.

    Raises:
        AttributeError: a client waits in another place than it is known to.
    """
    stream_reader._wait  # noqa: B018

    class TeeReader(stream_reader):  # type: ignore[misc]
        def __init__(self, source: Any, capture: Capture) -> None:
            super().__init__(_Unhurried(), source.get_read_buffer_limits()[0])
            self._source = source
            self._capture = capture
            self._takes = 0
            self.begin_http_chunk_receiving()
            source.on_eof(self._complete)

        async def _wait(self, func_name: str) -> None:
            # However a client reads, this is where it waits for more.
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
            # New in aiohttp 3.14: as much is unpacked at a time.
            super().set_read_chunk_size(n)
            self._source.set_read_chunk_size(n)

        def set_exception(self, *error: BaseException) -> None:
            """The client lets go of the response."""
            try:
                self._capture.stop()
            finally:
                super().set_exception(*error)

        @contextmanager
        def _taking(self) -> Iterator[None]:
            # To take something lets the connection go on: the end may come before it is here.
            self._takes += 1
            try:
                yield
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
            """The end has come, whether the client reads on or not."""
            if self._takes or self._eof:
                return
            try:
                while not self._source.at_eof():
                    self._take(*_at_once(self._source.readchunk()))
                self._capture.end()
            except Exception as error:  # for whoever reads, not for the loop
                super().set_exception(error)
            else:
                self.feed_eof()

    return TeeReader


class _Unhurried:
    """What a stream tells that it has too much, or too little: its source tells the connection."""

    connected = True
    _reading_paused = False

    def pause_reading(self, **_: Any) -> None:
        """Nothing is under way here."""

    resume_reading = pause_reading


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waits")
