"""Where two canonical bodies differ, and which recording is nearest (spec section "Misses").

Paths are those of the caller's own JSON. The normalizer is a pure function that moves values, so
it is run once more over values that remember where they stood; see `normalize.trace`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from .._base.model import JSON, Steps
from .._base.vocabulary import ARRAY, REDACTED
from .._redaction.places import render_path
from .._text.canonical import comparable
from .normalize.trace import origin
from .query import KeyQuery


class Absent:
    """What stands for a value that is not there; its only instance is `ABSENT`."""

    def __repr__(self) -> str:
        return "(absent)"

    def __reduce__(self) -> str:
        return "ABSENT"  # a pickled one is the same one again


ABSENT = Absent()


class Difference(NamedTuple):
    """One place in which a recording and an incoming request differ.

    Attributes:
        path: where, in the caller's own JSON; ``?name`` is a query parameter.
        recorded: the value in the recording, or `ABSENT`.
        incoming: the value in the request, or `ABSENT`.
    """

    path: str
    recorded: JSON | Absent
    incoming: JSON | Absent


def differences(
    recorded: Mapping[str, JSON], incoming: Mapping[str, JSON], names: Iterable[str]
) -> Iterator[Difference]:
    """The leaves in which the named members of two canonical bodies differ, in order [MISS-3].

    `incoming` may hold traced values; their origin is then the path.
    """
    for name in names:
        steps = _steps(name, recorded, incoming)
        yield from _compare(_at(recorded, steps), _at(incoming, steps), steps)


def _steps(name: str, *bodies: Mapping[str, JSON]) -> tuple[str, ...]:
    """The place that a name of `matched_on` means: a member, or one of the object `context`."""
    if name.startswith("context.") and not any(name in body for body in bodies):
        return ("context", name[len("context.") :])
    return (name,)


def _at(body: Mapping[str, JSON], steps: tuple[str, ...]) -> JSON | Absent:
    value: JSON = body
    for step in steps:
        if not isinstance(value, Mapping) or step not in value:
            return ABSENT
        value = value[step]
    return value


class ShownQuery(NamedTuple):
    """A query as it is compared, and as it is shown.

    Attributes:
        key: the pairs that are in the key.
        shown: the same names with values that a person can read.
    """

    key: KeyQuery
    shown: Iterable[tuple[str, str]]


def query_differences(recorded: ShownQuery, incoming: ShownQuery) -> Iterator[Difference]:
    """The query parameters in which two queries differ."""
    left, right = _by_name(recorded.key), _by_name(incoming.key)
    shown_left, shown_right = _by_name(recorded.shown), _by_name(incoming.shown)
    for name in sorted({*left, *right}):
        if left.get(name, ABSENT) != right.get(name, ABSENT):
            was = shown_left.get(name, REDACTED if name in left else ABSENT)  # URL-11
            yield Difference(f"?{name}", was, shown_right.get(name, ABSENT))


def _by_name(pairs: Iterable[tuple[str, str | None]]) -> dict[str, JSON]:
    values: dict[str, list[str | None]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _compare(
    recorded: JSON | Absent, incoming: JSON | Absent, place: Steps
) -> Iterator[Difference]:
    place = _place(incoming, place)
    if isinstance(recorded, dict) and isinstance(incoming, dict):
        for name in [*recorded, *(name for name in incoming if name not in recorded)]:
            yield from _compare(
                recorded.get(name, ABSENT),
                incoming.get(name, ABSENT),
                (*place, name),
            )
    elif isinstance(recorded, list) and isinstance(incoming, list):
        for index in range(max(len(recorded), len(incoming))):
            yield from _compare(
                recorded[index] if index < len(recorded) else ABSENT,
                incoming[index] if index < len(incoming) else ABSENT,
                (*place, index),
            )
    elif not _same(recorded, incoming):
        yield Difference(_path(place), recorded, incoming)


def _path(place: Steps) -> str:
    """A place as a miss shows it; the items of an array body have no member's name [MISS-5]."""
    steps = place[1:] if place[:1] == (ARRAY,) else place
    return render_path(steps) or "body"


def _same(left: JSON | Absent, right: JSON | Absent) -> bool:
    if isinstance(left, Absent) or isinstance(right, Absent):
        return left is right
    # A number of a file may be a token, 1.0e-7, and Python's True is 1; JSON's are neither.
    return comparable(left) == comparable(right)


def _place(value: JSON | Absent, fallback: Steps) -> Steps:
    """Where a value stood in the caller's JSON, from its own origin or that of a member."""
    own = origin(value)
    if own is not None:
        return own
    members: Iterable[tuple[str | int, JSON]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for step, member in members:
        inner = origin(member)
        # A message that was rebuilt still holds its role, which was at messages[3].role.
        if inner and inner[-1] == step:
            return inner[:-1]
    return fallback
