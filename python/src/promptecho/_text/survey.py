"""What is in a tree of JSON values, found in one walk."""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import JSON, Number


class Survey(NamedTuple):
    """What is in a tree.

    Attributes:
        depth: how deep lists and dicts nest; a scalar has depth 0.
        names: those of all members.
        numbers: the spellings of the numbers that are kept as they were.
        is_long: whether a string has more than `LONG` characters.
    """

    depth: int
    names: set[str]
    numbers: list[str]
    is_long: bool = False


LONG = 4096


def survey(value: JSON) -> Survey:
    """What is in a tree."""
    names: set[str] = set()
    numbers: list[str] = []
    depth, values, is_long = 0, [value], False
    while values:
        is_deeper, inner = False, []
        for each in values:
            kind = type(each)
            if kind is dict:
                names.update(each)
                inner += each.values()
                is_deeper = True
            elif kind is list:
                inner += each
                is_deeper = True
            elif kind is str:
                is_long = is_long or len(each) > LONG
            elif kind is Number:
                numbers.append(each.text)
        depth, values = depth + is_deeper, inner
    return Survey(depth, names, numbers, is_long)
