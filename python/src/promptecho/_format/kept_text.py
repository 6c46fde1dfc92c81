"""The text of recordings in memory: as it is, or compressed where it is long.

A process that replays one of ten thousand recordings needs to hold all of them, since a handle or
offsets into the file would be wrong after an edit of the file.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator


class Plain:
    """The halves of recordings: the lines of the request, and the rest."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._ends: list[int] = []

    def add(self, part: bytes, end: int) -> None:
        """Take one more.

        Args:
            part: both halves.
            end: the octet where the first ends.
        """
        self._parts.append(part)
        self._ends.append(end)

    def request(self, position: int) -> bytes:
        """The first half of one of them."""
        return self._parts[position][: self._ends[position]]

    def rest(self, position: int) -> bytes:
        """The second half of one of them."""
        return self._parts[position][self._ends[position] :]

    def parts(self) -> Iterator[bytes]:
        """Both halves of each, in order."""
        return iter(self._parts)


class Packed:
    """The same, compressed. Recordings are much alike, so a few are compressed together."""

    def __init__(self) -> None:
        self._halves = _Blocks(), _Blocks()

    def add(self, part: bytes, end: int) -> None:
        """As `Plain.add`."""
        requests, rests = self._halves
        requests.add(part[:end])
        rests.add(part[end:])

    def request(self, position: int) -> bytes:
        """As `Plain.request`."""
        return self._halves[0].get(position)

    def rest(self, position: int) -> bytes:
        """As `Plain.rest`."""
        return self._halves[1].get(position)

    def parts(self) -> Iterator[bytes]:
        """As `Plain.parts`."""
        for position in range(len(self._halves[0])):
            yield self.request(position) + self.rest(position)


class _Blocks:
    """Texts, a few in one compressed block each."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._ends = array("L")  # in its block
        self._waiting: list[bytes] = []  # the texts of the last block
        self._known: tuple[int, bytes] = (-1, b"")  # the block that was asked for last

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, text: bytes) -> None:
        if len(self._waiting) == _IN_BLOCK:
            self._blocks.append(zlib.compress(b"".join(self._waiting), 1))
            self._waiting = []
        start = self._ends[-1] if self._waiting else 0
        self._ends.append(start + len(text))
        self._waiting.append(text)

    def get(self, position: int) -> bytes:
        block, place = divmod(position, _IN_BLOCK)
        if block == len(self._blocks):
            return self._waiting[place]
        if block != self._known[0]:
            self._known = block, zlib.decompress(self._blocks[block])
        return self._known[1][self._ends[position - 1] if place else 0 : self._ends[position]]


_IN_BLOCK = 16
