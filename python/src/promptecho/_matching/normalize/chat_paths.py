"""Members that are renamed or moved: the rows of `chat-paths.json`. [NORM-13]"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ..._base.model import JSON
from ..data_files import data
from .members import Members
from .trace import derived

#: The rows that hold in each chat dialect.
EACH = "*"


class Row(NamedTuple):
    """One row: the value at `source` is moved to `target`.

    Attributes:
        dialect: whose rows it is one of; `EACH` for those of all chat dialects.
        source: names from the top of the body down.
        target: likewise.
        values: pairs of a value received and the canonical one; None moves any value as it is.
    """

    dialect: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    values: tuple[tuple[JSON, JSON], ...] | None = None


@cache
def table() -> tuple[Row, ...]:
    """All rows, in order."""
    return tuple(_row(row) for row in data("chat-paths")["rows"])


@cache
def rows(dialect: str) -> tuple[Row, ...]:
    """The rows of a dialect, in order."""
    return tuple(row for row in table() if row.dialect == dialect)


def move(members: Members, dialect: str, *, keep: tuple[str, ...] = ()) -> None:
    """Move members by the rows of a dialect, in place.

    Args:
        members: the body, which may be changed; objects in it are copied before they change.
        dialect: its name in the data file.
        keep: members at the top of the body that no row may change.
    """
    if _sources(dialect).isdisjoint(members):
        return
    for row in rows(dialect):
        if row.source[0] in members and row.target[0] not in keep:
            move_row(members, row)


def move_row(members: Members, row: Row) -> bool:
    """Move one value in place, if it and its place are as the row says; whether it was moved."""
    found = find(members, row.source)
    if found is None:
        return False
    value, holder = found
    if row.values is not None:
        mapped = [new for old, new in row.values if _equal(old, value)]
        if not mapped:
            return False
        value = derived(mapped[0], value)
    placed = _put(members, row.target, value, holder)
    if placed is None:
        return False
    members[row.target[0]] = placed[row.target[0]]
    rest = _without(members, row.source).get(row.source[0])
    if rest is None:
        del members[row.source[0]]
    else:
        members[row.source[0]] = rest
    return True


def _row(row: dict[str, JSON]) -> Row:
    values = row.get("values")
    return Row(
        row["dialect"],
        tuple(row["from"].split(".")),
        tuple(row["to"].split(".")),
        None if values is None else tuple((old, new) for old, new in values),
    )


@cache
def _sources(dialect: str) -> frozenset[str]:
    return frozenset(row.source[0] for row in rows(dialect))


def find(members: Members, names: tuple[str, ...]) -> tuple[JSON, Members] | None:
    """The value at a path and the object that holds it; None if there is none, or a null."""
    holder = members
    for name in names[:-1]:
        inner = holder.get(name)
        if not isinstance(inner, dict):
            return None
        holder = inner
    value = holder.get(names[-1])
    return None if value is None else (value, holder)


def _put(holder: Members, names: tuple[str, ...], value: JSON, source: Members) -> Members | None:
    """A copy of `holder` with the value at a path; None if the place is taken or not an object."""
    name = names[0]
    if len(names) == 1:
        return None if name in holder else {**holder, name: value}
    inner = holder.get(name, {})
    placed = _put(inner, names[1:], value, source) if isinstance(inner, dict) else None
    if placed is None:
        return None
    return {**holder, name: derived(placed, inner if name in holder else source)}


def _without(holder: Members, names: tuple[str, ...]) -> Members:
    """A copy of `holder` without what is at a path, and without objects that this empties."""
    name = names[0]
    if len(names) > 1:
        rest = _without(holder[name], names[1:])
        if rest:
            return {**holder, name: derived(rest, holder[name])}
    return {k: v for k, v in holder.items() if k != name}


def _equal(one: JSON, other: JSON) -> bool:
    # Python's True is 1; JSON's is not.
    return one == other and isinstance(one, bool) == isinstance(other, bool)
