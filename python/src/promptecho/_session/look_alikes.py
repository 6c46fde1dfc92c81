"""Texts that differ and look the same: no-break spaces, accents in two spellings. [MISS-9]"""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset(("Cf", "Cc", "Mn", "Zs"))


def look_the_same(one: str, other: str) -> bool:
    """Whether a reader cannot tell two texts that differ from each other."""
    return one != other and _visible(one) == _visible(other)


def escaped(text: str) -> str:
    """A text in quotes, with ASCII only: every other character is ``\\u`` and four hex digits."""
    return '"' + "".join(map(_shown, text)) + '"'


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text)
    return "".join(c for c in composed if unicodedata.category(c) not in _INVISIBLE)


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return "\\" + character if character in '"\\' else character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
