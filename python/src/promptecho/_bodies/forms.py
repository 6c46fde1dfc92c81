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
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Callable

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
    Number,
    TextBody,
    not_a_body,
)
from .._text.canonical import c_encoder
from .._text.json import parse_lossless
from .._text.storable import storable
from .._text.yaml_writer import number
from . import aws_eventstream, ndjson, sse

_Append = Callable[[str], None]

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

#: For each framing of texts, a media type that declares it.
MEDIA_TYPES = {SSE_LF: _SSE, SSE_CRLF: _SSE, NDJSON: _X_NDJSON}

# What some writers escape for HTML's sake: `<` as \u003c.
ESCAPABLE = "<>&'"
_ESCAPE_SEQUENCE = re.compile(r"\\(?:u00(3c|3e|26|27)|.)", re.DOTALL)
# JSON allows an unescaped DEL; it counts as ASCII.
_replace_non_ascii = re.compile("[^\x00-\x7f]+").sub
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
    stream = _stream(content_type.partition(";")[0].strip(" \t").lower(), data)
    if stream is not None:
        return stream if b"".join(decode(stream)) == data else BinaryStream((data,))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return BinaryBody(data)
    return _json_body(text) or TextBody(text)


@singledispatch
def decode(body: Body) -> list[bytes]:
    """The bytes of a body, chunk by chunk: an event of a stream is one chunk."""
    not_a_body(body)


@decode.register(Empty)
def _(body: Empty) -> list[bytes]:
    return []


@decode.register(JsonBody)
def _(body: JsonBody) -> list[bytes]:
    return [render(body.value, body.layout).encode("utf-8")]


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


def render(value: JSON, layout: Layout) -> str:
    """A tree as the JSON text of a layout."""
    text = _render(value, layout.whitespace)
    if layout.ascii and not text.isascii():
        text = _replace_non_ascii(_ascii, text)
    for character in layout.escape:  # outside strings, JSON has none of these
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text + "\n" if layout.final_newline else text


# --- streams -----------------------------------------------------------------------------------


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
    if not storable(value) or not all(map(_fits_yaml, _numbers(value))):
        return None
    layout = _layout(text, value)
    return None if layout is None else JsonBody(value, layout)


def _numbers(value: JSON) -> list[str]:
    tokens = []
    todo: list[JSON] = [[value]]
    for node in todo:
        for item in node.values() if type(node) is dict else node:
            kind = type(item)
            if kind is dict or kind is list:
                todo.append(item)
            elif kind is Number:
                tokens.append(item.text)
    return tokens


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
    best = _json_body(b"".join(decode(body)).decode())
    if best is None or best.layout == body.layout:
        return body
    return body._replace(layout=best.layout)


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


def _ascii(match: re.Match[str]) -> str:
    return encode_basestring_ascii(match.group())[1:-1]


def _render(value: JSON, whitespace: str) -> str:
    if whitespace != "indented" and not _numbers(value):
        return _C_ENCODERS[whitespace](value)
    parts: list[str] = []
    _Writer(_SEPARATORS[whitespace], parts.append).write(value, "\n")
    return "".join(parts)


_SEPARATORS = {"compact": (",", ":"), "spaced": (", ", ": "), "indented": (",", ": ")}
_C_ENCODERS = {
    whitespace: c_encoder(*_SEPARATORS[whitespace], sort_keys=False)
    for whitespace in ("compact", "spaced")
}


class _Writer:
    """Writes what the C encoder cannot: indented text, and numbers by their tokens."""

    def __init__(self, separators: tuple[str, str], append: _Append) -> None:
        self._item, self._member = separators
        self._indented = separators == _SEPARATORS["indented"]
        self._append = append

    def write(self, value: JSON, newline: str) -> None:
        """Write a value; `newline` is a line end and the white space before it."""
        kind = type(value)
        if kind is dict and value:
            self._write_object(value, newline)
        elif kind is list and value:
            self._write_array(value, newline)
        else:
            self._append(self._scalar(value))

    def _write_object(self, members: dict[str, JSON], newline: str) -> None:
        inner = newline + "  "
        before, after = self._around(newline)
        opening = "{" + before
        for name, value in members.items():
            kind = type(value)
            start = f"{opening}{encode_basestring(name)}{self._member}"
            if kind is dict or kind is list:
                self._append(start)
                self.write(value, inner)
            else:
                self._append(start + self._scalar(value))
            opening = self._item + before
        self._append(after + "}")

    def _write_array(self, items: list[JSON], newline: str) -> None:
        inner = newline + "  "
        before, after = self._around(newline)
        opening = "[" + before
        for item in items:
            self._append(opening)
            self.write(item, inner)
            opening = self._item + before
        self._append(after + "]")

    def _around(self, newline: str) -> tuple[str, str]:
        return (newline + "  ", newline) if self._indented else ("", "")

    def _scalar(self, value: JSON) -> str:
        if isinstance(value, str):
            return encode_basestring(value)
        if value is None or isinstance(value, bool):
            return "null" if value is None else "true" if value else "false"
        if isinstance(value, (dict, list)):
            return "{}" if isinstance(value, dict) else "[]"
        return number(value)
