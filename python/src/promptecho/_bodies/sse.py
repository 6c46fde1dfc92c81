"""Server-sent events: a text as its events, and back to the same text. [SSE]

The text is cut at blank lines and nowhere else; comments, odd fields and a byte order mark stay
in their event. Under ``sse-crlf`` every line end of the text was CRLF, and events and tail hold
``\\n`` for it; under ``sse-lf`` they hold the text as it came, a stray ``\\r`` included.
"""

from __future__ import annotations

from .._base.model import SSE_CRLF, SSE_LF, EventStream

_LINE_ENDS = {SSE_LF: "\n", SSE_CRLF: "\r\n"}


def split(text: str) -> EventStream:
    """The events of a stream, and as its tail what follows the last blank line."""
    line_ends = text.count("\r\n")
    if line_ends and line_ends == text.count("\n"):
        framing, text = SSE_CRLF, text.replace("\r\n", "\n")
    else:
        framing = SSE_LF
    *events, tail = text.split("\n\n")
    return EventStream(framing, tuple(events), tail)


def whole(stream: EventStream) -> bytes:
    """The bytes of a stream."""
    text = "\n\n".join((*stream.events, stream.tail))
    return text.replace("\n", _LINE_ENDS[stream.framing]).encode()


def join(stream: EventStream) -> list[bytes]:
    """The bytes of each event, then those of the tail, if any."""
    line_end = _LINE_ENDS[stream.framing]
    texts = [event + "\n\n" for event in stream.events]
    if stream.tail:
        texts.append(stream.tail)
    if line_end != "\n":
        texts = [text.replace("\n", line_end) for text in texts]
    return [text.encode() for text in texts]
