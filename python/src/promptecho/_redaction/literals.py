"""Secret values that are known themselves, and not by their shape. [RED-6] [RED-8] [RED-16]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from .shapes import Shape, literal_shape


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


def _spellings(literal: Literal) -> Iterator[tuple[str, str]]:
    """A literal as it stands, in a URL, and in a JSON string."""
    text, source = literal
    in_json = text.replace("\\", "\\\\").replace('"', '\\"')
    for spelling in (text, quote(text, safe=""), _with_small_digits(text), in_json):
        yield spelling, source


def _with_small_digits(text: str) -> str:
    pairs = ((each, quote(each, safe="")) for each in text)
    return "".join(encoded.lower() if encoded != each else each for each, encoded in pairs)
