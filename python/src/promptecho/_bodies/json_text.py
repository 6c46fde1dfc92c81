"""A tree as the JSON text of a layout. [BODY-5]"""

from __future__ import annotations

import re
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Callable

from .._base.model import JSON, Layout
from .._text.canonical import c_encoder
from .._text.survey import survey
from .._text.yaml_writer import number
from .long_strings import with_long_strings

_Append = Callable[[str], None]

# JSON allows an unescaped DEL; it counts as ASCII.
_replace_non_ascii = re.compile("[^\x00-\x7f]+").sub


def rendered(value: JSON, layout: Layout) -> bytes:
    """As :func:`render`, in UTF-8."""
    if layout in _PLAIN:
        found = survey(value)
        if found.is_long and not found.numbers:
            return with_long_strings(value, *_SEPARATORS[layout.whitespace])
        if not found.numbers:
            return _C_ENCODERS[layout.whitespace](value).encode("utf-8")
    return render(value, layout).encode("utf-8")


def render(value: JSON, layout: Layout) -> str:
    """A tree as the JSON text of a layout."""
    text = _render(value, layout.whitespace)
    if layout.ascii and not text.isascii():
        text = _replace_non_ascii(_ascii, text)
    for character in layout.escape:  # outside strings, JSON has none of these
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text + "\n" if layout.final_newline else text


def _ascii(match: re.Match[str]) -> str:
    return encode_basestring_ascii(match.group())[1:-1]


def _render(value: JSON, whitespace: str) -> str:
    if whitespace != "indented" and not survey(value).numbers:
        return _C_ENCODERS[whitespace](value)
    parts: list[str] = []
    _Writer(_SEPARATORS[whitespace], parts.append).write(value, "\n")
    return "".join(parts)


_SEPARATORS = {"compact": (",", ":"), "spaced": (", ", ": "), "indented": (",", ": ")}
_PLAIN = (Layout(), Layout("spaced"))
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
