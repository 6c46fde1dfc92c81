"""Shapes of credentials, and where in a text they could be. [RED-5] [RED-6] [RED-8] [RED-20]"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from .._base.vocabulary import REDACTED
from .._text.json import windows


class SecretPattern(NamedTuple):
    """A known credential shape [RED-5]; the spec's list has a literal for each, users give none.

    Attributes:
        literal: occurs in every text that `pattern` matches.
        base64: whether the shape could stand in base64 by chance [RED-20].
        anywhere: whether any character may stand on the left of a match [RED-20].
        whole: whether the character on the right of a match decides, too [RED-20].
        needs: expressions that must all match in a match [RED-20].
    """

    name: str
    literal: str
    pattern: str
    base64: bool = False
    anywhere: bool = False
    whole: bool = False
    needs: tuple[str, ...] = ()


class Shape(NamedTuple):
    """A credential shape, or a literal (which has no pattern), ready to be searched for.

    An expression is compiled when its literal is first found in a text: there are more than a
    hundred, most texts hold none, and the first cassette of a process would wait for all of them.

    Attributes:
        needs: what must occur in a match, too.
        needle: the literal in UTF-8.
        has_run: whether what it matches holds a long run of characters of `_IN_RUN`.
        in_run: whether the literal is in that run.
        mark: the first sign of `MARKS` in the literal, if it has one: base64 has none of them.
    """

    name: str
    literal: str
    pattern: str | None
    needs: tuple[str, ...]
    needle: bytes
    has_run: bool
    in_run: bool
    mark: str

    def occurs_in(self, text: str) -> bool:
        """Whether a text holds this shape."""
        if self.literal not in text:
            return False
        return self.pattern is None or self._next(text, 0) is not None

    def replaced(self, text: str) -> tuple[str, int]:
        """A text without this shape, and how often the shape was in it."""
        if self.literal not in text:
            return text, 0
        if self.pattern is None:
            return text.replace(self.literal, REDACTED), 1
        if not self.needs:
            return _compiled(self.pattern).subn(REDACTED, text)
        pieces, end = [], 0
        while match := self._next(text, end):
            pieces.append(text[end : match.start()])
            end = match.end()
        return REDACTED.join((*pieces, text[end:])), len(pieces)

    def _next(self, text: str, start: int) -> re.Match[str] | None:
        """The next match that counts [RED-20]."""
        assert self.pattern is not None
        search = _compiled(self.pattern).search
        match = search(text, start)
        while match and not all(_compiled(need).search(match.group()) for need in self.needs):
            match = search(text, match.start() + 1)
        return match


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


# Keys are long runs of these characters. Prose hardly ever has one of this length, and two calls of
# C find out. All shapes of the spec but private keys have such a run.
_IN_RUN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-")
_RUNS = bytes(120 if byte in _IN_RUN else 32 for byte in range(256))
_RUN = b"x" * 20
MARKS = ("-", "_", ".")

#: What could hide a shape of the list from a search of the text of a JSON value: a letter that is
#: written as an escape. Some writers escape `&'<>` for HTML's sake; no shape of the list has those.
HIDING_ESCAPE = re.compile(rb"\\u00(?:2[0-589a-fA-F]|3[0-9abdfABDF]|[4-7])")

# What may not stand on the left of a match: there, it would be the middle of a longer token
# [RED-20].
_TOKEN = "A-Za-z0-9_-"
# The last character of an escape is no letter of a token: of JSON text, and of a URL.
_ESCAPES = (r"\\[bfnrt]", r"\\u[0-9A-Fa-f]{4}", "%[0-9A-Fa-f]{2}")


@cache
def pattern_shape(shape: SecretPattern) -> Shape:
    """The shape of a known pattern."""
    text = shape.pattern
    if shape.literal:  # a user's pattern is taken as it is
        if not shape.anywhere:
            text = _with_left(text, shape.literal, "+/" if shape.base64 else "")
        if shape.whole:
            text = f"(?:{text})(?![{_TOKEN}])"
    has_run = bool(shape.literal) and not shape.anywhere
    return _shape(shape.name, shape.literal, text, has_run, shape.needs)


def _with_left(pattern: str, literal: str, more: str) -> str:
    """A pattern with the rule for the character on its left.

    `re` searches for a literal at the beginning of an expression in C, so the look-behind stands
    after the literal, if the pattern begins with that.
    """
    written = literal.replace(".", r"\.")
    first, rest = (
        (written, pattern[len(written) :]) if pattern.startswith(written) else ("", pattern)
    )
    escapes = "".join(f"|(?<={escape}{first})" for escape in _ESCAPES)
    return f"{first}(?:(?<![{more}{_TOKEN}]{first}){escapes})(?:{rest})"


def literal_shape(text: str, name: str) -> Shape:
    """The shape of a secret value."""
    has_run = len(text) >= len(_RUN) and _IN_RUN.issuperset(octets(text))
    return _shape(name, text, None, has_run)


def _shape(
    name: str,
    literal: str,
    pattern: str | None,
    has_run: bool,
    needs: tuple[str, ...] = (),
) -> Shape:
    needle = octets(literal)
    in_run = has_run and _IN_RUN.issuperset(needle)
    mark = next((mark for mark in MARKS if mark in literal), "")
    return Shape(name, literal, pattern, needs, needle, has_run, in_run, mark)


def runs(data: bytes) -> str:
    """The long runs of characters that keys are made of, each once; all of them are ASCII."""
    found: dict[bytes, None] = {}
    for window in windows(data):
        marked = window.translate(_RUNS)
        start = marked.find(_RUN)
        while start >= 0:
            end = marked.find(b" ", start)
            found[window[start:end] if end >= 0 else window[start:]] = None
            start = marked.find(_RUN, end) if end >= 0 else -1
    return b" ".join(found).decode("ascii")


def octets(text: str) -> bytes:
    """A text in UTF-8; lone surrogates pass, since their text is searched and not stored."""
    return text.encode("utf-8", "surrogatepass")
