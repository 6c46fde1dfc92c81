"""How much of what is expected an answer says, by its words: the level ``text``.

The score is the share of the words of the expectation that the answer has, each by its weight:

- Case, accents of spelling (NFKC), common endings and the most common words do not count.
- A number and a negation weigh four times as much as any other word.
- A negation that only the closest sentence of the answer has counts as a word that is missing.

It is the same on every machine. It knows no synonyms: that is what a scorer is for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

#: The score from which a text passes.
THRESHOLD = 0.7

_HEAVY = 4
# A number; a character of a script that has no spaces between its words; a word.
_WORD = re.compile(
    r"\d+(?:[.,]\d+)*|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\W\d_]+(?:['\u2019][^\W\d_]+)*"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[\u3002\uff01\uff1f])")
_NOT = "not"  # the stem of each negation
_NEGATIONS = frozenset(("not", "no", "never", "without", "cannot", "none", "nor", "neither"))
_MOST_COMMON = """
a an and are as at be been by can do does for from had has have i if in is it its me my of on or our
please so that the their them then there they this to up us was we were which will with would you
your
"""
_COMMON = frozenset(_MOST_COMMON.split())
_ENDINGS = (("ies", "y", 5), ("ing", "", 6), ("ed", "", 5), ("es", "e", 5), ("s", "", 4))


class Scored(NamedTuple):
    """A score from 0 to 1, and what it is made of.

    Attributes:
        score: the share of the words.
        missing: the words that the answer does not have.
        added: negations that only the answer has.
    """

    score: float
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def scored(expected: str, answer: str) -> Scored:
    """Score an answer."""
    wanted, said = _words(expected), _words(answer)
    if not wanted:
        return Scored(1.0 if not said else 0.0)
    missing = tuple(word for word in wanted if word not in said)
    closest = max(
        map(_words, _SENTENCE.split(answer)), key=lambda words: _weight(wanted.keys() & words)
    )
    added = (closest[_NOT],) if _NOT in closest and _NOT not in wanted else ()
    whole = _weight(wanted) + (_HEAVY if added else 0)
    found = _weight(wanted) - _weight(missing)
    return Scored(found / whole, tuple(wanted[word] for word in missing), added)


def _words(text: str) -> dict[str, str]:
    """The stems of a text that count, each with the word as it is written."""
    found: dict[str, str] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        for each in _parts(word.replace("\u2019", "'")):
            if each not in _COMMON:
                found.setdefault(_stem(each), each)
    return found


def _parts(word: str) -> Iterable[str]:
    """A word, or the two words of a short form."""
    if word == "can't":
        return ("cannot",)
    if word.endswith("n't"):
        return (word[:-3], "not")
    return (word.partition("'")[0],)


def _stem(word: str) -> str:
    if word in _NEGATIONS:
        return _NOT
    if not word.isascii():
        return word
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _weight(words: Iterable[str]) -> int:
    return sum(_HEAVY if word == _NOT or word[0].isdigit() else 1 for word in words)
