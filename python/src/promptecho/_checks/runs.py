"""What a run of tests did with cassettes, as a file: `.promptecho/run.json`.

The pytest plugin writes it and `promptecho lint` reads it. Several files join into one run, such as
those of the shards of a CI matrix. Paths are relative to the root of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

#: The folder of these notes, in the root of the project, and the file in it.
FOLDER, FILE = ".promptecho", "run.json"

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_FORMAT = 1


class BadRun(Exception):
    """A file that is not the note of a run; the message says why."""


class Test(NamedTuple):
    """A test that was collected.

    Attributes:
        line: of its function, from 1; 0 if it is not known.
        cassette: the file that its marker or fixture gives it; empty without one.
        outcome: one of `PASSED`, `FAILED`, `SKIPPED`; empty if it did not run.
    """

    line: int = 0
    cassette: str = ""
    outcome: str = ""


class Use(NamedTuple):
    """A cassette that a test opened.

    Attributes:
        test: the test, or empty.
        path: the file.
        keys: of the recordings that it had, in order.
        played: the numbers of those that answered a request, from 1.
        recorded: how many recordings the session added.
        missed: how many requests had no recording.
        accepted: the numbers of those that answered another request than they hold, from 1.
    """

    test: str
    path: str
    keys: tuple[str, ...] = ()
    played: tuple[int, ...] = ()
    recorded: int = 0
    missed: int = 0
    accepted: tuple[int, ...] = ()


class LiveCall(NamedTuple):
    """A call outside of every cassette."""

    test: str
    host: str
    place: str


class SnapshotUse(NamedTuple):
    """A stored snapshot that a test has asked for.

    Attributes:
        test: the test.
        path: the file.
        name: of the snapshot in the test.
    """

    test: str
    path: str
    name: str


class Run(NamedTuple):
    """A run of tests.

    Attributes:
        everything: whether all tests of the project were collected.
        tests: by their ids.
        uses: of cassettes.
        live: calls outside of cassettes.
        snapshots: that tests have asked for.
    """

    everything: bool
    tests: Mapping[str, Test]
    uses: tuple[Use, ...] = ()
    live: tuple[LiveCall, ...] = ()
    snapshots: tuple[SnapshotUse, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether each test of the project was run, or skipped by itself."""
        return self.everything and all(test.outcome for test in self.tests.values())


def to_json(run: Run) -> bytes:
    """A run as the bytes of its file."""
    value = {
        "format": _FORMAT,
        "everything": run.everything,
        "tests": {name: test._asdict() for name, test in run.tests.items()},
        "uses": [use._asdict() for use in run.uses],
        "live": [call._asdict() for call in run.live],
        "snapshots": [use._asdict() for use in run.snapshots],
    }
    return (json.dumps(value, indent=1) + "\n").encode("ascii")


def from_json(data: bytes) -> Run:
    """The run of a file.

    Raises:
        BadRun: it is no such file, or one of a later version.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise BadRun("it is not JSON") from None
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise BadRun(f"it is not a note of a run in format {_FORMAT}")
    try:
        return Run(
            _is(bool, value["everything"]),
            {name: _made(Test, each) for name, each in value["tests"].items()},
            tuple(_made(Use, each) for each in value["uses"]),
            tuple(_made(LiveCall, each) for each in value["live"]),
            # Earlier notes have none.
            tuple(_made(SnapshotUse, each) for each in value.get("snapshots", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadRun("a member is missing, or has another type") from None


def joined(runs: Iterable[Run]) -> Run:
    """Several runs of one suite as one; a test that failed in one of them has failed."""
    everything, tests, uses, live = False, dict[str, Test](), list[Use](), list[LiveCall]()
    snapshots: list[SnapshotUse] = []
    for run in runs:
        everything = everything or run.everything
        for name, test in run.tests.items():
            known = tests.get(name, test)
            tests[name] = min(known, test, key=lambda each: _RANK[each.outcome])
        uses += run.uses
        live += run.live
        snapshots += run.snapshots
    return Run(everything, tests, tuple(uses), tuple(live), tuple(snapshots))


_RANK = {FAILED: 0, PASSED: 1, SKIPPED: 2, "": 3}


def _made(kind: Any, members: Mapping[str, Any]) -> Any:
    """A value of a `NamedTuple` whose defaults say the types of its members."""
    values = {}
    for name, value in members.items():
        like = _LIKE[kind][name]
        if isinstance(like, tuple):
            items = _is(list, value)
            values[name] = tuple(_is(type(like[0]), item) for item in items)
        else:
            values[name] = _is(type(like), value)
    made = kind(**values)
    if kind is Test and made.outcome not in _RANK:
        raise ValueError(made.outcome)
    return made


_LIKE: dict[Any, dict[str, Any]] = {
    Test: {"line": 0, "cassette": "", "outcome": ""},
    Use: {
        **{"test": "", "path": "", "keys": ("",), "played": (0,)},
        **{"recorded": 0, "missed": 0, "accepted": (0,)},
    },
    LiveCall: {"test": "", "host": "", "place": ""},
    SnapshotUse: {"test": "", "path": "", "name": ""},
}


def _is(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
