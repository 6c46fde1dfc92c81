"""Bytes of a response as what is stored, and back to the same bytes. [BODY]

A guard, not a guess, picks the form: `encode` chooses the most readable one whose `decode` gives
the same bytes, and checks that it does.

A JSON text becomes a tree and a *layout*: the few things that JSON writers do differently. White
space, escapes beyond JSON's own, and a final newline are enough for 98 of 100 real answers; the
rest is stored as text.
"""

from __future__ import annotations

import re
from functools import singledispatch

from .._base.errors import NotCanonical
from .._base.model import (
    JSON,
    NDJSON,
    SSE_CRLF,
    SSE_LF,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    FrameStream,
    JsonBody,
    Layout,
    TextBody,
    not_a_body,
)
from .._text.json import parse_lossless
from .._text.storable import fits
from .._text.survey import survey
from . import aws_eventstream, ndjson, sse
from .json_text import render, rendered

_SSE = "text/event-stream"
_X_NDJSON = "application/x-ndjson"
_AWS = "application/vnd.amazon.eventstream"
_NDJSON_TYPES = frozenset(
    {
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/stream+json",
        "application/x-jsonl",
        "application/x-jsonlines",
        _X_NDJSON,
    }
)

_STREAM_TYPES = frozenset({_SSE, _AWS, *_NDJSON_TYPES})

#: For each framing of texts, a media type that declares it.
MEDIA_TYPES = {SSE_LF: _SSE, SSE_CRLF: _SSE, NDJSON: _X_NDJSON}

# What some writers escape for HTML's sake: `<` as \u003c.
ESCAPABLE = "<>&'"
_ESCAPE_SEQUENCE = re.compile(r"\\(?:u00(3c|3e|26|27)|.)", re.DOTALL)
# What no compact text begins with.
_SPACED = re.compile(r'\{"[^"\\]*": ').match
_fits_yaml = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+][0-9]+)?)?\Z").match


def encode(content_type: str, data: bytes) -> Body:
    """The stored form of a body, content-encoding undone.

    Args:
        content_type: the value of that header, or an empty string.
        data: the whole body.
    """
    if not data:
        return Empty()
    stream = declared_stream(content_type, data)
    if stream is not None:
        return stream
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return BinaryBody(data)
    return _json_body(text) or TextBody(text)


def declared_stream(content_type: str, data: bytes) -> Body | None:
    """The stored form of a body that a content type declares to be a stream; None for another."""
    stream = _stream(_media_type(content_type), data)
    if stream is None or b"".join(decode(stream)) == data:
        return stream
    return BinaryStream((data,))


def encode_coded(content_type: str, data: bytes) -> Body:
    """The stored form of a body whose content-encoding could not be undone: bytes [BODY-31]."""
    declared = _media_type(content_type) in _STREAM_TYPES
    return BinaryStream((data,)) if declared else BinaryBody(data)


def is_event_stream(content_type: str) -> bool:
    """Whether a content type declares server-sent events [BODY-7]."""
    return _media_type(content_type) == _SSE


def count_events(body: Body) -> int:
    """How many events a body has; none, if it is not a stream."""
    if isinstance(body, EventStream):
        return len(body.events)
    if isinstance(body, FrameStream):
        return len(body.frames)
    return len(body.chunks) if isinstance(body, BinaryStream) else 0


def whole(stream: EventStream) -> bytes:
    """The bytes of a stream of texts."""
    if stream.framing == NDJSON:
        return ndjson.whole(stream)
    if stream.framing:
        return sse.whole(stream)
    return "".join((*stream.events, stream.tail)).encode("utf-8")  # V20


@singledispatch
def decode(body: Body) -> list[bytes]:
    """The bytes of a body, chunk by chunk: an event of a stream is one chunk."""
    not_a_body(body)


@decode.register(Empty)
def _(body: Empty) -> list[bytes]:
    return []


@decode.register(JsonBody)
def _(body: JsonBody) -> list[bytes]:
    return [rendered(body.value, body.layout)]


@decode.register(TextBody)
def _(body: TextBody) -> list[bytes]:
    return [body.text.encode("utf-8")]


@decode.register(BinaryBody)
def _(body: BinaryBody) -> list[bytes]:
    return [body.data]


@decode.register(EventStream)
def _(body: EventStream) -> list[bytes]:
    if body.framing == NDJSON:
        return ndjson.join(body)
    if body.framing:
        return sse.join(body)
    # V20: events hold their own line ends.
    return [text.encode("utf-8") for text in (*body.events, body.tail) if text]


@decode.register(FrameStream)
def _(body: FrameStream) -> list[bytes]:
    return aws_eventstream.join(body)


@decode.register(BinaryStream)
def _(body: BinaryStream) -> list[bytes]:
    return list(body.chunks)


# --- streams -----------------------------------------------------------------------------------


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip(" \t").lower()


def _stream(media_type: str, data: bytes) -> Body | None:
    """The stream that a body is declared to be, or None when it is declared something else."""
    if media_type == _AWS:
        return aws_eventstream.split(data) or BinaryStream((data,))
    if media_type != _SSE and media_type not in _NDJSON_TYPES:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return BinaryStream((data,))
    return sse.split(text) if media_type == _SSE else ndjson.split(text)


# --- JSON --------------------------------------------------------------------------------------


def _json_body(text: str) -> JsonBody | None:
    """A tree and the layout that renders the same text, if there is one."""
    if text[0] not in "{[":
        return None
    try:
        value = parse_lossless(text)
    except NotCanonical:
        return None
    found = survey(value)
    if not fits(found) or not all(map(_fits_yaml, found.numbers)):
        return None
    layout = _layout(text, value)
    return None if layout is None else JsonBody(value, layout)


def _layout(text: str, value: JSON) -> Layout | None:
    """The first layout that renders a text, in the order of BODY's table."""
    final_newline = text[-1] == "\n"
    content = text[:-1] if final_newline else text
    escape = _escaped(content)
    for whitespace in _whitespaces(content):
        for ascii_only in (False, True) if "\\u" in content else (False,):
            layout = Layout(whitespace, escape, ascii_only, final_newline)
            if render(value, layout) == text:
                return layout
    return None


def smallest_layout(body: JsonBody) -> JsonBody:
    """The body with the first layout that renders its bytes; itself if it has that. [BODY-5]"""
    if body.layout == Layout(extras=body.layout.extras):
        return body  # no layout comes before the one of the defaults
    best = _json_body(b"".join(decode(body)).decode())
    if best is None:
        return body
    layout = best.layout._replace(extras=body.layout.extras)
    return body if layout == body.layout else body._replace(layout=layout)


def _escaped(text: str) -> str:
    """Those of ``<>&'`` that a text holds as escapes."""
    if "\\u00" not in text:
        return ""
    codes = {match.group(1) for match in _ESCAPE_SEQUENCE.finditer(text)}
    return "".join(c for c in ESCAPABLE if f"{ord(c):02x}" in codes)


def _whitespaces(text: str) -> tuple[str, ...]:
    """The white space that a text may have been written with."""
    if text[1:2] == "\n":
        return ("indented",)
    if _SPACED(text):
        return ("spaced",)
    return ("compact", "spaced") if ": " in text or ", " in text else ("compact",)
