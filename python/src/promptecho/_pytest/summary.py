"""The summary line of a test run: what its cassettes recorded and replayed.

The counts of a test are an attribute of its report, which pytest-xdist sends to the main process.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest

#: The name of the attribute.
ATTRIBUTE = "promptecho"


class Tally(NamedTuple):
    """The counts of one cassette; `path` is its file, relative to the project's root."""

    path: str
    recorded: int = 0
    replayed: int = 0
    missed: int = 0
    unplayed: int = 0
    tokens: int = 0


class Summary:
    """Adds the counts of all tests, and prints them at the end of the run."""

    def __init__(self) -> None:
        self._used = False
        self._counts: Counter[str] = Counter()
        self._unplayed: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        sent: list[dict[str, Any]] = getattr(report, ATTRIBUTE, [])
        for tally in sent:
            self._add(Tally(**tally))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._used:
            terminalreporter.write_line(self._line())
        if terminalreporter.config.get_verbosity() > 0:
            for path, count in sorted(self._unplayed.items()):
                terminalreporter.write_line(f"  {count} unplayed in {path}")

    def _add(self, tally: Tally) -> None:
        self._used = True
        for name, count in tally._asdict().items():
            if name != "path":
                self._counts[name] += count
        if tally.unplayed:
            self._unplayed[tally.path] += tally.unplayed

    def _line(self) -> str:
        counted = (f"{self._counts[name]} {name}" for name in Tally._fields[1:-1])
        line = "promptecho: " + ", ".join(counted)
        tokens = self._counts["tokens"]
        return f"{line}; {tokens:,} tokens not spent" if tokens else line
