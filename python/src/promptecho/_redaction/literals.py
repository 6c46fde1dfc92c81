"""Secret values that are known themselves, and not by their shape. [RED-6] [RED-8] [RED-16]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from .shapes import HIDING_ESCAPE, Shape, literal_shape, octets


class Literal(NamedTuple):
    """A secret value.

    Attributes:
        text: the value.
        source: where it comes from, as a warning names it; empty where none is wanted [RED-16].
    """

    text: str
    source: str


def shapes_of(literals: Iterable[Literal]) -> tuple[Shape, ...]:
    """The literals in the order in which they are replaced, each in all its spellings [RED-6]."""
    spelled = {text: source for one in literals for text, source in _spellings(one)}
    ordered = sorted(spelled, key=lambda text: (-len(text), text))
    return tuple(literal_shape(text, spelled[text]) for text in ordered)


class Spellings:
    """All spellings of some literals, made once, to be searched for in bodies."""

    def __init__(self, literals: Iterable[Literal]) -> None:
        texts = {text for literal in literals for text, _ in _spellings(literal)}
        self._octets = tuple(map(octets, texts))
        self._are_never_escaped = all(map(_is_never_escaped, texts))

    def may_be_in(self, data: bytes, *, is_form: bool = False) -> bool:
        """Whether the octets of a body may spell one of the literals, escaped or not.

        Only of JSON is the answer ever no: the fields of a form are spelled in too many ways.
        """
        if not self._octets:
            return False
        if is_form or data[:1] not in (b"{", b"["):
            return True
        if b"\\" in data:
            hidden = b"\\u00" in data and HIDING_ESCAPE.search(data) is not None
            if hidden or not self._are_never_escaped:
                return True
        return any(text in data for text in self._octets)


def _is_never_escaped(text: str) -> bool:
    """Whether no writer of JSON escapes a character of a text, unless it escapes letters."""
    return text.isascii() and text.isprintable() and _ESCAPABLE.isdisjoint(text)


_ESCAPABLE = frozenset("\"\\/&'<>")


def _spellings(literal: Literal) -> Iterator[tuple[str, str]]:
    """A literal as it stands, in a URL, and in a JSON string."""
    text, source = literal
    in_json = text.replace("\\", "\\\\").replace('"', '\\"')
    for spelling in (text, quote(text, safe=""), _with_small_digits(text), in_json):
        yield spelling, source


def _with_small_digits(text: str) -> str:
    pairs = ((each, quote(each, safe="")) for each in text)
    return "".join(encoded.lower() if encoded != each else each for each, encoded in pairs)
