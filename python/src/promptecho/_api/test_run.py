"""The run of tests that this process belongs to: what it decides about its cassettes.

A test runner registers its run. A cassette that is opened in the run, by a fixture, a decorator or
a ``with`` block, then gets its mode, its place and its summary from it.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the pytest plugin imports this module in every run of every project
if TYPE_CHECKING:
    from typing import Protocol

    from .._session.open_cassette import OpenCassette
    from .._session.options import RunModes
    from .._snapshots.snapshot import Slot

    class TestRun(Protocol):
        """A run of tests."""

        def modes(self) -> RunModes:
            """The modes of the run."""

        def path(self, path: str) -> str:
            """The absolute path of a cassette; a relative one is relative to the test file."""

        def announced(self) -> None:
            """The run uses cassettes."""

        def snapshot_slot(self, name: str | None) -> Slot | None:
            """The place of the next snapshot of the test, or of that name; None without a test."""

        def opened(self, cassette: OpenCassette) -> None:
            """A cassette was opened."""

        def closed(self, cassette: OpenCassette, *, counts: bool) -> None:
            """A cassette was closed; `counts` is false if it saw nothing and left no trace."""


_runs: list[TestRun] = []


def begin(run: TestRun) -> None:
    """Register a run; a run inside another one hides it until its end."""
    _runs.append(run)


def end(run: TestRun) -> None:
    """Forget a run."""
    if run in _runs:
        _runs.remove(run)


def current() -> TestRun | None:
    """The run of this process, or None outside of a run."""
    return _runs[-1] if _runs else None
