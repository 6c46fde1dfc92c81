"""Merges two versions of a cassette with their common ancestor, recording by recording. Pure.

A merge of lines cannot tell where a recording ends, and may join the events of two answers into one
that no server gave. Here a recording is one thing: a side that did not change it follows the side
that did, and two sides that changed it differently are a conflict.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from .._base.errors import CassetteError
from .._base.model import CassetteFile, FileOptions, Interaction
from .._format.reader import load
from .._format.request_digest import carried
from .._format.writer import END, head, interaction_text
from .._matching.rekey import adopted
from .._matching.rules import UserRules, matching, rules
from .._storage.files import MAX_BYTES
from .formatting import migrated, normalize_file, shrink_layouts, written
from .merged_order import Row, Texts, rows, woven

T = TypeVar("T")

# The reader refuses a file with these lines [ERR-7].
_OURS, _BETWEEN, _THEIRS = "<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n"
_NO_RECORDINGS = "interactions: []\n"


class Merged(NamedTuple):
    """The result of a merge.

    Attributes:
        data: the merged file. With conflicts it has conflict markers, and no reader accepts it.
        conflicts: one sentence for each conflict; empty if all is merged.
    """

    data: bytes
    conflicts: tuple[str, ...] = ()


def merged(base: bytes, ours: bytes, theirs: bytes) -> Merged:
    """Merge `ours` and `theirs`, which come from `base`; never raises for what a file holds.

    Args:
        base: the common ancestor; empty if each side has added the file.
        ours: one side.
        theirs: the other side.
    """
    try:
        old = _read(base, "the common ancestor") if base.strip() else None
        one, other = _read(ours, "our side"), _read(theirs, "their side")
        return _merged(old, one, other)
    except CassetteError as error:
        problem = str(error).partition("\n")[0]
    except _Conflict as conflict:
        problem = str(conflict)
    return Merged(_marked(_lines(ours), _lines(theirs)), (problem,))


class _Conflict(Exception):
    """The heads of both sides cannot be merged; the message says why."""


def _read(data: bytes, name: str) -> CassetteFile:
    return load(migrated(data, name, rules()), name)


def _merged(old: CassetteFile | None, ours: CassetteFile, theirs: CassetteFile) -> Merged:
    top = _head(old, ours, theirs)
    before = _under(old, top) if old is not None else ()
    sides = _under(ours, top), _under(theirs, top)
    order = woven(rows(_texts(before), _texts(sides[0]), _texts(sides[1])))
    results = [_resolved(row, before, *sides) for row in order]
    conflicts = tuple(each.problem for each in results if each.problem)
    kept = [each for each in results if each.ours or each.theirs]
    if conflicts:
        return Merged(_with_markers(top, kept), conflicts)
    items = tuple(each.ours for each in kept if each.ours)
    data = written(top._replace(interactions=items), "the merged file")
    if len(data) > MAX_BYTES:
        raise _Conflict(
            f"the merged file would have {len(data)} bytes, and {MAX_BYTES} are the most a "
            "cassette may have"
        )
    return Merged(data)


# --- the head ----------------------------------------------------------------------------------


def _head(old: CassetteFile | None, ours: CassetteFile, theirs: CassetteFile) -> CassetteFile:
    """The merged file without recordings."""
    match_on = _chosen("match_on", old and old.match_on, ours.match_on, theirs.match_on)
    options = FileOptions(
        *(
            _chosen(name, getattr(old.options, name) if old else None, *values)
            for name, *values in zip(FileOptions._fields, ours.options, theirs.options)
        )
    )
    incomplete = _chosen(
        "incomplete", old.incomplete if old else False, ours.incomplete, theirs.incomplete
    )
    # A matcher looks for old keys in a file of older lists [SEL-7], so the older one is safe.
    lists = None if None in (ours.lists, theirs.lists) else min(ours.lists or 0, theirs.lists or 0)
    return CassetteFile(
        match_on,
        incomplete=incomplete,
        extras=_extras(old, ours, theirs),
        options=options,
        lists=lists,
    )


def _chosen(name: str, old: T | None, ours: T, theirs: T) -> T:
    if ours == theirs or theirs == old:
        return ours
    if ours == old:
        return theirs
    raise _Conflict(f"both sides have changed {name}, on which all keys of the file depend")


def _extras(
    old: CassetteFile | None, ours: CassetteFile, theirs: CassetteFile
) -> tuple[tuple[str, object], ...]:
    """The members of users and of extensions: of two values the first found is kept [STORE-9]."""
    known, one, other = (dict(each.extras) if each else {} for each in (old, ours, theirs))
    missing = object()

    def value(name: str) -> object:
        mine, yours, was = (each.get(name, missing) for each in (one, other, known))
        if mine == was:
            return yours
        return mine if mine is not missing or yours == was else yours

    found = ((name, value(name)) for name in {**one, **other})
    return tuple(each for each in found if each[1] is not missing)


# --- recordings --------------------------------------------------------------------------------


def _under(file: CassetteFile, top: CassetteFile) -> tuple[Interaction, ...]:
    """The recordings of a file in exact form, with their keys under another head [MATCH-6]."""
    tidy = normalize_file(shrink_layouts(file))
    items = tuple(tidy.interactions)
    if _decisive(file) != _decisive(top):
        # The patterns of a file are not run [MATCH-11].
        policy = rules(UserRules(top.options._replace(redact_patterns=())))
        items = adopted(tidy, matching(top.match_on), policy, top.options)
    return tuple(carried(one, new, file, top) for one, new in zip(file.interactions, items))


def _decisive(file: CassetteFile) -> tuple[object, ...]:
    return file.match_on, file.options


def _texts(items: tuple[Interaction, ...]) -> list[Texts]:
    """The texts by which recordings are compared; a digest depends on the head."""
    return [_text(item._replace(request=item.request._replace(digest=None))) for item in items]


def _text(item: Interaction) -> Texts:
    request = Interaction(item.request, None)
    answer = request._replace(response=item.response, failure=item.failure, redacted=item.redacted)
    return Texts(*map(interaction_text, (request, answer, item)))


class _Result(NamedTuple):
    """What a row becomes: `ours` alone, or a conflict of both, of which one may be absent."""

    ours: Interaction | None
    theirs: Interaction | None = None
    problem: str = ""


def _resolved(
    row: Row,
    before: tuple[Interaction, ...],
    ours: tuple[Interaction, ...],
    theirs: tuple[Interaction, ...],
) -> _Result:
    old = None if row.base is None else before[row.base]
    one = None if row.ours is None else ours[row.ours]
    other = None if row.theirs is None else theirs[row.theirs]
    if row.same_theirs or row.same_sides:
        return _Result(one)  # its `x-` members are the first found
    if row.same_ours:
        return _Result(other)
    request = (one or other or before[0]).request
    call = f"{request.method} {request.url} (match_key {request.match_key})"
    if one and other:
        verb = "again, differently" if old else "differently"
        return _Result(one, other, f"both sides recorded {call} {verb}")
    gone, changed = ("our", "their") if other else ("their", "our")
    problem = (
        f"{gone} side removed {call}, or accepted it for another request, and {changed} side "
        "changed it"
    )
    return _Result(one, other, problem)


# --- conflicts ---------------------------------------------------------------------------------


def _with_markers(top: CassetteFile, kept: list[_Result]) -> bytes:
    """A file that becomes a cassette when one side of each conflict is deleted."""
    opening = head(top, empty=False)
    if any(not each.problem for each in kept) or all(each.ours and each.theirs for each in kept):
        blocks = [_block([each]) if each.problem else _item(each.ours) for each in kept]
    else:  # a file without recordings has another line before them
        line = opening.splitlines(keepends=True)[-1]
        opening = opening[: -len(line)]
        blocks = [_block(kept, line)]
    return b"".join((opening.encode("utf-8"), *blocks, END.encode()))


def _block(results: list[_Result], line: str = "") -> bytes:
    """One conflict; `line` is the line before the recordings, if it belongs to it."""
    sides = []
    for items in ([each.ours for each in results], [each.theirs for each in results]):
        text = b"".join(map(_item, items))
        sides.append((line if text else line and _NO_RECORDINGS).encode() + text)
    return _marked(*sides)


def _item(item: Interaction | None) -> bytes:
    return interaction_text(item).encode("utf-8") if item else b""


def _marked(ours: bytes, theirs: bytes) -> bytes:
    return b"".join((_OURS.encode(), ours, _BETWEEN.encode(), theirs, _THEIRS.encode()))


def _lines(data: bytes) -> bytes:
    return data if data.endswith(b"\n") or not data else data + b"\n"
