"""Which recordings can be the nearest: the fewest differences that each must have. [MISS-2]

A miss in a large file compares a request with every recording of its endpoint, and to parse them
all takes seconds. So the lines of a recording tell, without being parsed, how many differences
there are at least. There are two such bounds:

- `rough`: a piece of a string that no line of the recording has is a difference. A piece is what
  has no quotes, backslashes and breaks, so a file spells it in one way only.
- `least`: two texts in exact form are equal if and only if their values are. Each member, or item
  of a list, of another text is a difference.

The recordings with the lowest bounds are compared first, and the others only while they could still
be nearer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heapreplace
from typing import Callable, NamedTuple

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
        self._members = [_member(name, value) for name, value in fields.items()]

    def rough(self, recording: Recording) -> int:
        """How many differences there are at least, in a tenth of the time; 0 says nothing."""
        lines = recording.request_lines
        if lines is None or _has_rare_escape(lines):
            return 0
        return sum([member.least(lines) for member in self._members])

    def least(self, recording: Recording) -> int:
        """How many differences there are at least; 0 says nothing."""
        lines = recording.request_lines
        if lines is None or not is_exact_request(lines):
            return 0
        theirs = _parts(lines.decode("utf-8").partition(_BODY)[2])
        return sum(_least(text, theirs.get(name)) for name, text in self._ours.items())


class _Member(NamedTuple):
    """A member of a body: the pieces of its strings, and how its list begins, if it is one.

    A list has the pieces of each item by themselves: each item may be a difference.
    """

    list_begins: bytes | None
    pieces: list[list[bytes]]

    def least(self, lines: bytes) -> int:
        count = 0
        for pieces in self.pieces:
            for place, piece in enumerate(pieces):
                if not _has(lines, piece):
                    if place:  # where one recording differs, most others do
                        pieces.insert(0, pieces.pop(place))
                    count += 1
                    break
        return count if count < 2 or (self.list_begins and self.list_begins in lines) else 1


def _member(name: str, value: JSON) -> _Member:
    if not isinstance(value, list):
        return _Member(None, [_pieces(value)])
    return _Member(f"\n{_INDENT}{name}:{_ITEM}".encode(), [_pieces(item) for item in value])


def _pieces(value: JSON) -> list[bytes]:
    """The pieces of the strings of a value that every spelling of it has; the longest first."""
    pieces = {piece for text in _strings(value) for piece in _each_piece(text)}
    return sorted((each.encode("utf-8") for each in pieces if each.strip()), key=len, reverse=True)


def _has(lines: bytes, piece: bytes) -> bool:
    """Whether some lines have a piece, and nothing that could be more of it behind it."""
    at = lines.find(piece)
    while at >= 0:
        end = at + len(piece)
        if lines[end : end + 1] in _ENDS:
            return True
        at = lines.find(piece, at + 1)
    return False


_ENDS = frozenset((b"\n", b"'", b'"', b"\\", b",", b"]"))  # the last two in a flow line


def _strings(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


_each_piece = re.compile("[^\"'\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]+").findall
# Behind any other backslash there may be a character that is written as itself elsewhere.
_has_rare_escape = re.compile(rb'\\[^nrt"\\]').search


def nearest(recordings: Iterable[Recording], *counts: Callable[[Recording], int]) -> Recording:
    """The recording with the fewest differences; of equal ones the first in file order.

    Args:
        recordings: those to choose from; there is one at least.
        counts: how many differences a recording has at least, from the roughest count to the
            exact one, which parses it.
    """
    first, *others = counts
    known = [(first(each), each.index, 0, each) for each in recordings]
    heapify(known)
    while True:
        least, index, looks, recording = known[0]
        if looks == len(others):
            return recording
        found = max(least, others[looks](recording))
        heapreplace(known, (found, index, looks + 1, recording))


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
