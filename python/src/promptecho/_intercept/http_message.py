"""A recorded response as an HTTP/1.1 message, for libraries that parse it themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._session.response import ReplayResponse
from .dispatch import header_bytes
from .live_bodies import CUT

_BODILESS = frozenset({204, 304})


class BrokenOff(ConnectionError):
    """The recording ends before the response does.

    Attributes:
        failure: how the connection broke; None if that was not recorded.
    """

    def __init__(self, answer: ReplayResponse) -> None:
        super().__init__(CUT)
        self.failure = answer.failure
        self._read_past = answer.read_past

    def tell(self) -> None:
        """Warn that the client reads past the end, since SDKs may hide the exception [FAIL-12]."""
        if self.failure is None:
            self._read_past()


def message(
    answer: ReplayResponse, method: str, chunks: Iterable[bytes]
) -> Iterator[tuple[int, bytes]]:
    """The head, then the body; a chunk of the recording becomes one chunk of HTTP.

    Args:
        answer: the response.
        method: of the request.
        chunks: those of the response, perhaps each in its turn.

    Yields:
        The delay in milliseconds before a piece of the message, and the piece.

    Raises:
        BrokenOff: at the end of a truncated recording.
    """
    sized = any(name == "content-length" for name, _ in answer.headers)
    bodiless = method == "HEAD" or answer.status in _BODILESS
    yield 0, _head(answer, chunked=not sized and not bodiless)
    if bodiless:
        return
    delays = iter(answer.delays_ms or ())
    for chunk in chunks:
        delay = next(delays, 0)
        if chunk:  # an empty chunk would end the body
            yield delay, chunk if sized else b"%x\r\n%b\r\n" % (len(chunk), chunk)
    if answer.truncated:
        raise BrokenOff(answer)
    if not sized:
        yield 0, b"0\r\n\r\n"


def _head(answer: ReplayResponse, *, chunked: bool) -> bytes:
    headers = [*answer.headers, *([("transfer-encoding", "chunked")] if chunked else [])]
    lines = [b"HTTP/1.1 %d %b" % (answer.status, header_bytes(answer.reason))]
    lines += [b"%b: %b" % (header_bytes(name), header_bytes(value)) for name, value in headers]
    return b"\r\n".join([*lines, b"", b""])
