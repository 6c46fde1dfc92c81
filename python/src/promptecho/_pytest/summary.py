"""The summary of a test run: what its cassettes recorded and replayed, and what none of them saw.

The counts of a test are an attribute of its report, which pytest-xdist sends to the main process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from .._intercept.watch import Unseen

#: The name of the attribute.
ATTRIBUTE = "promptecho"

_MOST_LINES = 20


class Tally(NamedTuple):
    """The counts of one cassette.

    `path` is its file, relative to the project's root. `live` is None unless it was disabled.
    """

    path: str
    recorded: int = 0
    replayed: int = 0
    missed: int = 0
    unplayed: int = 0
    tokens: int = 0
    faults: int = 0
    fuzzy: tuple[str, ...] = ()
    live: int | None = None


class Outside(NamedTuple):
    """Calls outside of cassettes, of one test and to one host."""

    test: str
    host: str
    place: str
    remedy: str


def sent(
    tallies: Sequence[Tally],
    unseen: Sequence[Unseen],
    uses: Sequence[tuple[Any, ...]],
    misses: Sequence[str],
    verified: Sequence[tuple[Any, ...]],
) -> dict[str, Any]:
    """The attribute of a report; what pytest-xdist cannot send is no part of it."""
    outside = [Outside(c.where.test, c.host, c.where.place, c.where.remedy) for c in unseen]
    return {
        "cassettes": [tuple(each) for each in tallies],
        "outside": list(map(tuple, outside)),
        "uses": list(uses),
        "misses": list(misses),
        "verified": list(verified),
    }


class Summary:
    """Adds the counts of all tests, and prints them at the end of the run."""

    def __init__(self, guard: str, *, is_strict: bool = False) -> None:
        self._guard = guard
        self._outside: Counter[Outside] = Counter()
        self._used = False
        self._disabled = False
        self._is_strict = is_strict
        self._fuzzy: list[str] = []
        self._counts: Counter[str] = Counter()
        self._unplayed: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        received: dict[str, Any] = getattr(report, ATTRIBUTE, {})
        for tally in received.get("cassettes", ()):
            self._add(Tally(*tally))
        self._outside.update(Outside(*call) for call in received.get("outside", ()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._is_strict and self._fuzzy and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from .._base.printable import printable  # pytest imports this module in every run

        if self._used:
            terminalreporter.write_line(self._line())
        if terminalreporter.config.get_verbosity() > 0:
            for path, count in sorted(self._unplayed.items()):
                terminalreporter.write_line(f"  {count} unplayed in {printable(path)}")
        if self._fuzzy:
            count = len(self._fuzzy)
            terminalreporter.write_line(
                f"promptecho: fuzzy: not a test result. {count} request{'s' * (count > 1)} got the "
                "answer of another request:"
            )
            for line in "\n".join(self._fuzzy).split("\n"):
                terminalreporter.write_line(f"  {printable(line)}")
        for line in self._of_calls_outside():
            terminalreporter.write_line(printable(line))

    def _add(self, tally: Tally) -> None:
        self._used = True
        for name, count in tally._asdict().items():
            if name not in ("path", "live", "fuzzy"):
                self._counts[name] += count
        self._fuzzy += tally.fuzzy
        if tally.live is not None:
            self._disabled = True
            self._counts["live"] += tally.live
        if tally.unplayed:
            self._unplayed[tally.path] += tally.unplayed

    def _line(self) -> str:
        if self._disabled:
            return f"promptecho: disabled; {self._counts['live']} live calls, nothing written"
        names = ("recorded", "replayed", "missed", "unplayed")
        counted = (f"{self._counts[name]} {name}" for name in names)
        line = "promptecho: " + ", ".join(counted)
        if self._counts["faults"]:
            line += f", with faults ({self._counts['faults']})"
        tokens = self._counts["tokens"]
        return f"{line}; {tokens:,} tokens not spent" if tokens else line

    def _of_calls_outside(self) -> Iterator[str]:
        count = sum(self._outside.values())
        if not count:
            return
        calls = "1 call" if count == 1 else f"{count} calls"
        refused = "refused" if self._guard == "error" else "made"
        yield (
            f"promptecho: in this run in CI, {calls} outside of every cassette {_were(count)} "
            f"{refused} (promptecho_guard = {self._guard}):"
        )
        for call, times in sorted(self._outside.items())[:_MOST_LINES]:
            yield f"  {call.test}: {times} to {call.host}, in {call.place}"
            yield f"    {call.remedy}"
        if len(self._outside) > _MOST_LINES:
            yield f"  ... and {len(self._outside) - _MOST_LINES} more tests and hosts"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
