"""Long lists in YAML's flow style, read by the json module's scanner. [YAML-R4] [SEC-3]

PyYAML makes an event of every item, which costs two microseconds. A list in flow style that holds
numbers, strings in double quotes, plain words and such lists is nearly JSON: `value` reads it.

`long_lists` cuts such lists out of a whole text, and puts a string in the place of each that occurs
nowhere else in the text. If a parser finds the string where a value belongs, the list is a value:
both begin and end at the same characters, and no token of YAML crosses them. Anything else is
`Inexact`, and the parser reads the text with its lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from .._base.errors import NotCanonical, YamlError
from .._base.late import late
from .._base.model import JSON
from .json import parse_lossless
from .yaml_scalars import plain_value

#: Lists within lists that are read.
LEVELS = 2

# Shorter ones are left to the parser.
_LONG = 256
_NAME = r'(?:[A-Za-z0-9_-]+|"[^"\\\n]*")'
# A line that ends in a list; or a list of several lines without strings and inner lists.
_LIST = rf"\[(?:.{{{_LONG},}}|[-+.,\sA-Za-z0-9]{{{_LONG},}})\]"
_LINE = rf"^ *(?:- +)*(?:{_NAME}: +)?({_LIST})$"
_line_with_list = late(lambda: re.compile(_LINE, re.MULTILINE).search)
_replace_lists = late(lambda: re.compile(_LINE, re.MULTILINE).sub)
_has_word = re.compile("[A-Za-z]").search
_each_token = re.compile(r"[^\[\] ]+").sub


class Inexact(Exception):
    """What the text says is not certain: it is for a YAML parser to tell."""


def value(text: str) -> list[JSON]:
    """The value of a list in flow style.

    Args:
        text: from its first bracket to its last.

    Raises:
        Inexact: it is no list of scalars and of lists of scalars, or is spelled otherwise.
    """
    text = text.replace("\n", " ")
    # What JSON and YAML read alike: no escapes, no mappings, no tabs; parse_lossless needs JSON.
    if not (text.isascii() and text.isprintable()) or "\\" in text or "{" in text:
        raise Inexact
    try:
        if _has_word(text):
            text = _quoted_words(text)
        found = parse_lossless(text, LEVELS)
    except (NotCanonical, YamlError):
        raise Inexact from None
    if type(found) is not list:
        raise Inexact
    return found


def _quoted_words(text: str) -> str:
    """A text of JSON, with plain words in quotes."""
    parts = text.split('"')
    if len(parts) % 2 == 0:
        raise Inexact
    # Between strings the same few texts come again and again; each is read once.
    beside = {part: _quoted_words_of(part) for part in set(parts[::2])}
    parts[::2] = [beside[part] for part in parts[::2]]
    return '"'.join(parts)


def _quoted_words_of(text: str) -> str:
    parts = text.split(",")
    known = {part: _each_token(_json_token, part) for part in set(parts)}
    return ",".join([known[part] for part in parts])


def _json_token(found: re.Match[str]) -> str:
    token = found.group()
    scalar = plain_value(token, 0)
    if type(scalar) is str:
        if not _is_word(token):
            raise Inexact
        return f'"{token}"'
    return token


_is_word = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*\Z").match


class LongLists(NamedTuple):
    """A text without its long lists, and the lists by the strings in their places."""

    text: str
    lists: Mapping[str, list[JSON]]


def long_lists(text: str) -> LongLists:
    """Cut the long lists out of a text; lines keep their numbers."""
    if not _line_with_list(text):
        return LongLists(text, {})
    # The digest of a text is not in the text.
    mark = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    lists: dict[str, list[JSON]] = {}

    def cut(match: re.Match[str]) -> str:
        written = match.group(1)
        try:
            found = value(written)
        except Inexact:
            return match.group()
        name = f"{mark}-{len(lists)}"
        lists[name] = found
        before = match.group()[: match.start(1) - match.start()]
        return f'{before}"{name}"' + "\n" * written.count("\n")

    return LongLists(_replace_lists(cut, text), lists)
