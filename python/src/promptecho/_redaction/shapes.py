"""Shapes of credentials, and where in a text they could be. [RED-5] [RED-6] [RED-8]"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._text.json import windows


class SecretPattern(NamedTuple):
    """A known credential shape; `literal` occurs in every text that `pattern` matches [RED-5]."""

    name: str
    literal: str
    pattern: str


class Shape(NamedTuple):
    """A credential shape, or a literal (which has no pattern), ready to be searched for.

    Attributes:
        needle: the literal in UTF-8.
        in_run: whether what it matches holds the literal in a run of characters of `_IN_RUN`.
    """

    name: str
    literal: str
    pattern: re.Pattern[str] | None
    needle: bytes
    in_run: bool

    def occurs_in(self, text: str) -> bool:
        """Whether a text holds this shape."""
        return self.literal in text and (self.pattern is None or bool(self.pattern.search(text)))


# Keys are long runs of these characters. Prose hardly ever has one of this length, and two calls of
# C find out. All shapes of the spec but those of two words hold their literal in such a run.
_IN_RUN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-")
_RUNS = bytes(120 if byte in _IN_RUN else 32 for byte in range(256))
_RUN = b"x" * 20

#: What could hide a shape of the list from a search of the text of a JSON value: a letter that is
#: written as an escape. Some writers escape `&'<>` for HTML's sake; no shape of the list has those.
HIDING_ESCAPE = re.compile(rb"\\u00(?:2[0-589a-fA-F]|3[0-9abdABD]|[4-7])")


def pattern_shape(shape: SecretPattern) -> Shape:
    """The shape of a known pattern."""
    name, literal, pattern = shape
    return _shape(name, literal, re.compile(pattern, re.ASCII), bool(literal))


def literal_shape(text: str, name: str) -> Shape:
    """The shape of a secret value."""
    return _shape(name, text, None, len(text) >= len(_RUN))


def _shape(name: str, literal: str, pattern: re.Pattern[str] | None, long: bool) -> Shape:
    needle = octets(literal)
    return Shape(name, literal, pattern, needle, long and _IN_RUN.issuperset(needle))


def runs(data: bytes) -> bytes:
    """The long runs of characters that keys are made of."""
    found = []
    for window in windows(data):
        marked = window.translate(_RUNS)
        start = marked.find(_RUN)
        while start >= 0:
            end = marked.find(b" ", start)
            found.append(window[start:end] if end >= 0 else window[start:])
            start = marked.find(_RUN, end) if end >= 0 else -1
    return b" ".join(found)


def octets(text: str) -> bytes:
    """A text in UTF-8; lone surrogates pass, since their text is searched and not stored."""
    return text.encode("utf-8", "surrogatepass")
