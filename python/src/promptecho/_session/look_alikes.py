"""Texts that differ and look the same. [MISS-9]

Zero-width characters, no-break spaces, accents in two spellings: a reader of a miss would see two
equal texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_INVISIBLE = frozenset(("Cf", "Cc", "Mn", "Zs", "Zl", "Zp"))
# Fillers of Hangul and the blank of Braille: letters and a symbol that show nothing.
_BLANK = frozenset("\u115f\u1160\u2800")


def look_the_same(one: str, other: str) -> bool:
    """Whether a reader cannot tell two texts that differ from each other."""
    return one != other and _visible(one) == _visible(other)


def escaped(text: str) -> str:
    """A text in quotes, with ASCII only: every other character is ``\\u`` and four hex digits."""
    return '"' + "".join(map(_shown, text)) + '"'


def distinct(texts: Iterable[str]) -> list[str]:
    """Texts that are shown together: those that look like another one are in ASCII only."""
    shown = list(texts)
    return [
        "".join(c if " " <= c <= "~" else _units(c) for c in text)
        if any(look_the_same(text, other) for other in shown)
        else text
        for text in shown
    ]


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text)
    return "".join(
        c for c in composed if unicodedata.category(c) not in _INVISIBLE and c not in _BLANK
    )


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return "\\" + character if character in '"\\' else character
    return _units(character)


def _units(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
