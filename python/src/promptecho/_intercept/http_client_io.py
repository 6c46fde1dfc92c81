"""Sockets and files for `http.client`, for every library that uses it.

A recording is rendered as an HTTP/1.1 message, and `http.client` itself parses it, so the response
is like one from the network. A live response is copied where `http.client` reads its bytes.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

from .._base.vocabulary import CANCELLED
from .._bodies.content_coding import undo
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .chunks import in_turn
from .dispatch import header_text
from .failures import comes_from_network, kind_of_os_error, os_error, wait
from .http_message import BrokenOff, message
from .live_bodies import CUT


class FakeSocket:
    """A socket without a connection; it buffers what is sent."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def sendall(self, data: Any) -> None:
        """Buffer a piece of the request."""
        self.sent += data

    def settimeout(self, *_: Any) -> None:
        """Nothing here waits."""

    def close(self) -> None:
        """Nothing is open."""

    setsockopt = shutdown = settimeout


class ReplaySocket(FakeSocket):
    """A socket from which one recorded response is read."""

    def __init__(self, answer: ReplayResponse, method: str, *, paced: bool) -> None:
        super().__init__()
        self._pieces = _pieces(answer, method, paced=paced)

    def sendall(self, data: Any) -> None:
        """Ignore the request: its recording has been found."""

    def makefile(self, *_: Any) -> io.BufferedReader:
        """The file that `http.client` reads the response from."""
        return io.BufferedReader(_ReplayFile(self._pieces))


class _ReplayFile(io.RawIOBase):
    """A file that returns one piece at a time, as a socket does."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _pieces(answer: ReplayResponse, method: str, *, paced: bool) -> Iterator[bytes]:
    try:
        for delay, piece in message(answer, method, in_turn(answer)):
            if paced and delay:
                time.sleep(delay / 1000)
            yield piece
    except BrokenOff as end:
        end.tell()
        if end.failure is None:
            raise ConnectionError(CUT) from None
        wait(end.failure, paced=paced)
        yield from _broken(end.failure.kind)


def _broken(kind: str) -> Iterator[bytes]:
    """What a socket gives when a response breaks off; the client makes its own exception of it."""
    if kind == "closed":
        return  # the end of the file, in the middle of a chunked body
    if kind == "protocol":
        yield b"not the size of a chunk\r\n"
    raise os_error("read-timeout" if kind == CANCELLED else kind)


def tee(response: Any, capture: Capture) -> None:
    """Give a capture the head of an `http.client.HTTPResponse` and a copy of what is read of it.

    The body must not have been read before.
    """
    capture.head(response.status, response.reason, tuple(response.msg.items()))
    tee_body(response, capture)


def tee_body(response: Any, capture: Capture) -> None:
    """`tee` for a capture that has the head already."""
    if response.fp is None or response.length == 0:
        capture.end()
    else:
        framing = _Chunked() if response.chunked else response.length
        response.fp = TeeFile(response.fp, capture, framing)


def read_all(response: Any) -> bytes:
    """The body of an `http.client.HTTPResponse`, content-encoding undone.

    An incomplete body is returned as far as it arrived.
    """
    try:
        data, truncated = response.read(), False
    except HTTPException as error:
        data, truncated = getattr(error, "partial", b""), True
    except OSError:
        return b""
    coding = response.getheader("content-encoding", "")
    return (undo(data, coding, truncated=truncated) if coding else data) or data


class TeeFile:
    """The file of a live response: a capture gets a copy of what is read.

    Args:
        framing: how the body ends: chunked, its length, or None for the end of the file.
    """

    def __init__(self, file: Any, capture: Capture, framing: _Chunked | int | None = None) -> None:
        self._file = file
        self._capture = capture
        self._chunked = framing if isinstance(framing, _Chunked) else None
        self._left = framing if isinstance(framing, int) else None
        #: Whether a short read means the end of the file.
        self._is_full = isinstance(file, (io.BufferedReader, io.BytesIO))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def read(self, size: int | None = -1) -> bytes:
        with self._reading():
            data: bytes = self._file.read(size)
        self._took(data, ended=size is None or size < 0 or self._is_short(len(data), size))
        return data

    def read1(self, size: int = -1) -> bytes:
        with self._reading():
            data: bytes = self._file.read1(size)
        self._took(data, ended=size != 0 and not data)
        return data

    def readline(self, size: int = -1) -> bytes:
        with self._reading():
            data: bytes = self._file.readline(size)
        self._took(data, ended=size != 0 and not data)
        return data

    def readinto(self, buffer: Any) -> int:
        with self._reading():
            size: int = self._file.readinto(buffer)
        self._took(bytes(memoryview(buffer)[:size]), ended=self._is_short(size, len(buffer)))
        return size

    def close(self) -> None:
        """Close the file; a body that was not read to its end is recorded as truncated."""
        try:
            self._file.close()
        finally:
            self._capture.stop()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Tell the capture of a connection that breaks; after the session there is no more."""
        if self._capture.cut:
            raise ConnectionError(CUT)
        handled = sys.exc_info()[1]
        try:
            yield
        except Exception as error:
            known = comes_from_network(error, handled)
            self._capture.fail(kind_of_os_error(error, phase="read") if known else None)
            raise

    def _is_short(self, got: int, asked: int) -> bool:
        return got < asked if self._is_full else got == 0 and asked > 0

    def _took(self, data: bytes, *, ended: bool) -> None:
        is_file_at_end = ended
        if self._chunked is not None:
            body = self._chunked.feed(data)
            ended = self._chunked.ended
        else:
            body = data
            if self._left is not None:
                self._left -= len(data)
                ended = self._left <= 0
        if body:
            self._capture.chunk(body)
        if ended:
            self._capture.end()
        elif is_file_at_end:
            self._capture.fail("closed")


class _Chunked:
    """Removes the framing of `transfer-encoding: chunked` (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self.ended = False
        self._buffer = b""
        self._left = -1  # bytes left in the chunk and its line end; -1: a size comes next

    def feed(self, data: bytes) -> bytes:
        """The part of the body in the next bytes."""
        self._buffer += data
        body = []
        while self._buffer and not self.ended:
            if self._left < 0:
                line, found, rest = self._buffer.partition(b"\n")
                if not found:
                    break
                self._buffer = rest
                self._start_chunk(line)
            else:
                taken = self._buffer[: self._left]
                self._buffer = self._buffer[self._left :]
                body.append(taken[: max(0, self._left - 2)])
                self._left -= len(taken)
                if self._left == 0:
                    self._left = -1
        return b"".join(body)

    def _start_chunk(self, line: bytes) -> None:
        with suppress(ValueError):  # the client raises an error for an invalid size
            size = int(line.split(b";")[0], 16)
            self.ended = size == 0
            self._left = size + 2


def parse_request(sent: bytes) -> tuple[str, str, tuple[tuple[str, str], ...], bytes]:
    """Method, target, headers and body of a request as `http.client` writes it."""
    head, _, body = sent.partition(b"\r\n\r\n")
    unfolded = head.replace(b"\r\n\t", b" ")  # `putheader` folds several values of one name
    first, *lines = unfolded.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    codings = [value.lower() for name, value in headers if name.lower() == "transfer-encoding"]
    return method, target, headers, _Chunked().feed(body) if "chunked" in codings else body


def as_text(value: object) -> str:
    """The name or value of a header, which a caller may give as text, bytes or a number."""
    return header_text(value) if isinstance(value, bytes) else str(value)


def read_body(body: Any, charset: str = "utf-8") -> tuple[bytes, Any]:
    """The bytes of a request body, and the body to send in its place.

    urllib3 accepts bytes, text, buffers, files and iterables; files and iterables are read here.
    """
    if body is None:
        return b"", None
    if hasattr(body, "read"):  # before the buffers: an `mmap` is both
        data = _bytes(body.read(), charset)
    else:
        with suppress(TypeError):
            return _bytes(body, charset), body
        data = b"".join(_bytes(each, charset) for each in body)
    return data, io.BytesIO(data)  # a file, so urllib3 keeps the framing


def _bytes(data: Any, charset: str) -> bytes:
    return data.encode(charset) if isinstance(data, str) else bytes(memoryview(data))
