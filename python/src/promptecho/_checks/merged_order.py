"""Which recordings of three versions of a file belong together, and their order in a merge. Pure.

Recordings of one request are a row of answers, which are played in order. So recordings are
compared with those of the same request only.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class Texts(NamedTuple):
    """The texts of one recording.

    Attributes:
        request: of its request.
        answer: of its request and its answer, without times, origin and the members of users.
        whole: of all.
    """

    request: str
    answer: str
    whole: str


class Row(NamedTuple):
    """One recording in three versions of a file: its index in each, or None.

    Attributes:
        base: in the common ancestor.
        ours: on one side.
        theirs: on the other side.
        same_ours: whether `ours` is what the ancestor has.
        same_theirs: whether `theirs` is what the ancestor has.
        same_sides: whether both sides have the same answer, or neither has the recording.
    """

    base: int | None
    ours: int | None
    theirs: int | None
    same_ours: bool
    same_theirs: bool
    same_sides: bool


def rows(base: Sequence[Texts], ours: Sequence[Texts], theirs: Sequence[Texts]) -> list[Row]:
    """The recordings of three versions, each in one row."""

    def row(old: int | None, one: int | None, other: int | None) -> Row:
        was, mine, yours = (
            None if index is None else texts[index]
            for index, texts in ((old, base), (one, ours), (other, theirs))
        )
        same = (mine and mine.answer) == (yours and yours.answer)
        return Row(old, one, other, was == mine, was == yours, same)

    found = []
    groups = [_by_request(each) for each in (base, ours, theirs)]
    for request in {name: None for group in groups for name in group}:
        old, one, other = (group.get(request, []) for group in groups)
        mine, yours = _paired(base, old, ours, one), _paired(base, old, theirs, other)
        found += [row(i, mine.of_base.get(i), yours.of_base.get(i)) for i in old]
        for gap in sorted({*mine.added, *yours.added}):
            new, others = mine.added.get(gap, []), yours.added.get(gap, [])
            both = _paired(ours, new, theirs, others)
            found += [row(None, i, both.of_base.get(i)) for i in new]
            found += [row(None, None, i) for added in both.added.values() for i in added]
    return found


def woven(found: Sequence[Row]) -> list[Row]:
    """The rows in the order of a merged file; what both sides added, ours comes first."""
    one = {row.ours: row for row in found if row.ours is not None}
    other = {row.theirs: row for row in found if row.theirs is not None}
    ours, theirs = ([side[i] for i in sorted(side)] for side in (one, other))
    if _in_order(ours) and not _in_order(theirs):
        return _woven(theirs, ours, ours_first=False)
    return _woven(ours, theirs, ours_first=True)


def _woven(main: Sequence[Row], other: Sequence[Row], *, ours_first: bool) -> list[Row]:
    """All rows of `main` in order; each run of `other` alone comes after the row before it."""
    shared = set(main).intersection(other)
    after: dict[Row | None, list[Row]] = {None: []}
    last: Row | None = None
    for row in other:
        if row in shared:
            last = row
        else:
            after.setdefault(last, []).append(row)
    result: list[Row] = []
    waiting = after[None]
    for row in main:
        if row in shared or not ours_first:
            result += waiting
            waiting = []
        result.append(row)
        if row in shared:
            waiting = after.get(row, [])
    return result + waiting


def _in_order(side: Sequence[Row]) -> bool:
    known = [each.base for each in side if each.base is not None]
    return known == sorted(known)


def _by_request(texts: Sequence[Texts]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        groups.setdefault(text.request, []).append(index)
    return groups


class _Pairs(NamedTuple):
    """Recordings of one request in two versions.

    Attributes:
        of_base: an index in the first version -> the index in the second.
        added: how many of the first version come before -> indexes in the second alone.
    """

    of_base: dict[int, int]
    added: dict[int, list[int]]


def _paired(
    base: Sequence[Texts], old: Sequence[int], side: Sequence[Texts], new: Sequence[int]
) -> _Pairs:
    """Pair equal answers, and between them changed ones by their position."""
    one, other = _numbered([base[i].answer for i in old]), _numbered([side[i].answer for i in new])
    pairs = _Pairs({}, {})
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        both = min(end - start, last - first)
        for i in range(both):
            pairs.of_base[old[start + i]] = new[first + i]
        if first + both < last:
            pairs.added.setdefault(end, []).extend(new[first + both : last])
    return pairs


def _numbered(answers: list[str]) -> list[tuple[str, int]]:
    """Each answer with its count so far, so that both sides remove the same one of equal answers.

    `SequenceMatcher` is slow where one element occurs often, too.
    """
    count = dict.fromkeys(answers, -1)
    numbered = []
    for answer in answers:
        count[answer] += 1
        numbered.append((answer, count[answer]))
    return numbered
