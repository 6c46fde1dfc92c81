"""NDJSON: a text as its lines, and back to the same text. [NDJSON]

A line is the text before an LF; the CR of a CRLF stays in the line. Lines are not parsed.
"""

from __future__ import annotations

from .._base.model import NDJSON, EventStream


def split(text: str) -> EventStream:
    """The lines of a stream, and as its tail what follows the last LF."""
    *lines, tail = text.split("\n")
    return EventStream(NDJSON, tuple(lines), tail)


def whole(stream: EventStream) -> bytes:
    """The bytes of a stream."""
    return "\n".join((*stream.events, stream.tail)).encode()


def join(stream: EventStream) -> list[bytes]:
    """The bytes of each line, then those of the tail, if any."""
    texts = [line + "\n" for line in stream.events]
    if stream.tail:
        texts.append(stream.tail)
    return [text.encode() for text in texts]
