"""Which recordings can be the nearest: the fewest differences that each must have. [MISS-2]

A miss in a large file compares a request with every recording of its endpoint, and to parse them
all takes seconds. Two texts in exact form are equal if and only if their values are. So the lines
of a recording tell, without being parsed, how many differences there are at least: one for each
member, or item of a list, of another text. The recordings with the lowest of these bounds are
parsed first, and the others only while they could still be nearer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Callable

from .._base.model import JSON
from .._format.exact_recording import is_exact_request
from .._text.yaml_writer import emit
from .recordings import Recording

_BODY = "\n      body:\n"
_INDENT = " " * 8
_ITEM = f"\n{_INDENT}  - "


class Bounds:
    """The fewest differences between one request and recordings.

    Args:
        fields: the members of the request's canonical body that are in its key.
    """

    def __init__(self, fields: Mapping[str, JSON]) -> None:
        self._ours = _parts(emit(dict(fields), len(_INDENT))) if fields else {}

    def least(self, recording: Recording) -> int:
        """How many differences there are at least; 0 says nothing."""
        lines = recording.request_lines
        if lines is None or not is_exact_request(lines):
            return 0
        theirs = _parts(lines.decode("utf-8").partition(_BODY)[2])
        return sum(_least(text, theirs.get(name)) for name, text in self._ours.items())


def nearest(
    recordings: Iterable[Recording],
    least: Mapping[int, int],
    count: Callable[[Recording], int],
) -> Recording:
    """The recording with the fewest differences; of equal ones the first in file order.

    Args:
        recordings: those to choose from; there is one at least.
        least: the bounds, by the places of the recordings in the file.
        count: the differences of one recording; this parses it.
    """
    first, *others = sorted(recordings, key=lambda each: (least[each.index], each.index))
    best = count(first), first.index
    for recording in others:
        if (least[recording.index], recording.index) > best:
            break
        found = count(recording), recording.index
        if found < best:
            best, first = found, recording
    return first


def _least(ours: str, theirs: str | None) -> int:
    if theirs is None:
        return 1
    if ours == theirs:
        return 0
    if not (ours.startswith(_ITEM) and theirs.startswith(_ITEM)):
        return int(_differ(ours, theirs))
    one, other = ours.split(_ITEM), theirs.split(_ITEM)
    return sum(map(_differ, one, other)) + abs(len(one) - len(other))


def _differ(one: str, other: str) -> bool:
    """Whether two texts are of different values; members in another order are no difference."""
    return one != other and _bare(one) != _bare(other)


def _bare(text: str) -> list[str]:
    return sorted(line.lstrip(" ").removeprefix("- ") for line in text.split("\n"))


def _parts(text: str) -> dict[str, str]:
    """The text of each member of a mapping, by its name as it is written."""
    return dict(map(_named, _split(f"\n{text}".rstrip("\n"))[1:]))


def _named(piece: str) -> tuple[str, str]:
    end = piece.find('":') + 1 if piece[:1] == '"' else piece.find(":")
    return piece[:end], piece[end + 1 :]


_split = re.compile(rf"\n{_INDENT}(?! )").split
