"""The recordings of a file as they are written again: their text, and their digests. [DIGEST-3]

The text of a recording that is in exact form is copied. So a session that adds one recording to a
file of ten thousand parses none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from .._base.model import CassetteFile, Interaction
from .exact_recording import is_exact_request, is_exact_rest
from .lazy_reader import Recordings, headings
from .request_digest import carried, is_right
from .writer import interaction_text

_REDACTED_IN_REQUEST = b"\n      - request"


def texts(interactions: Sequence[Interaction]) -> Iterator[bytes]:
    """The text of each recording in exact form; none of them is kept in memory."""
    if isinstance(interactions, Kept):
        return interactions.texts()
    if isinstance(interactions, Recordings):
        return Kept(interactions).texts()
    return (interaction_text(interaction).encode("utf-8") for interaction in interactions)


def with_digests(
    before: CassetteFile, items: Sequence[Interaction], after: CassetteFile
) -> Sequence[Interaction]:
    """The recordings of a file as another holds them, each with a new digest [DIGEST-3].

    Args:
        before: the file that they were read from.
        items: its recordings as the other file holds them; their digests are the old ones.
        after: the other file.
    """
    if not any(heading.digest for heading in headings(before.interactions)):
        return items
    is_same_head = (before.match_on, before.options) == (after.match_on, after.options)
    if isinstance(items, Recordings) and is_same_head:
        return Kept(items, after)
    pairs = zip(before.interactions, items)
    return tuple(carried(old, new, before, after) for old, new in pairs)


class Kept(Sequence[Interaction]):
    """The recordings of a file that are written again in the same file, less wrong digests.

    Args:
        recordings: those of the file.
        file: the file, if any of them has a digest.
    """

    def __init__(self, recordings: Recordings, file: CassetteFile | None = None) -> None:
        self._recordings = recordings
        self._file = file

    def __len__(self) -> int:
        return len(self._recordings)

    @overload
    def __getitem__(self, index: int) -> Interaction: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Interaction]: ...
    def __getitem__(self, index: int | slice) -> Interaction | Sequence[Interaction]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return self._carried(self._recordings[index])

    def _carried(self, item: Interaction) -> Interaction:
        return item if self._file is None else carried(item, item, self._file, self._file)

    def texts(self) -> Iterator[bytes]:
        """The text of each recording; one that is not copied is not kept in memory either."""
        for position in range(len(self)):
            request = self._recordings.request_lines(position)
            rest = self._recordings.rest_lines(position)
            if self._keeps_digest(position, request, rest) and (
                is_exact_request(request) and is_exact_rest(rest)
            ):
                yield b"  - request:\n" + request + rest
            else:
                item = self._carried(self._recordings.passing(position))
                yield interaction_text(item).encode("utf-8")

    def _keeps_digest(self, position: int, request: bytes, rest: bytes) -> bool:
        digest = self._recordings.headings[position].digest
        if digest is None or self._file is None:
            return True
        return _REDACTED_IN_REQUEST not in rest and is_right(digest, self._file, request)
