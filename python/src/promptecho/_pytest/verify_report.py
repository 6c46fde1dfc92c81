"""The report of a run in mode ``verify``: how live answers differ from the recordings.

A changed answer, one that is gone, and a call without an answer fail the run. Their tests have
passed or failed with the recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .summary import ATTRIBUTE

if TYPE_CHECKING:
    from .._session.verifying import Budget

_ORDER = ("same", "reworded", "changed", "gone", "unreached", "not verified")
_BAD = ("changed", "gone", "unreached")
_MOST_LINES = 20


class Seen(NamedTuple):
    """The comparison of one call; see `_session.verifying.Verified`."""

    test: str
    path: str
    number: int
    method: str
    url: str
    result: str
    changes: tuple[str, ...]


class VerifyReport:
    """Collects the comparisons of all tests, and prints them at the end of the run."""

    def __init__(self) -> None:
        self._seen: list[Seen] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        received: dict[str, Any] = getattr(report, ATTRIBUTE, {})
        self._seen += (Seen(*each) for each in received.get("verified", ()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        is_worker = hasattr(session.config, "workeroutput")
        if not is_worker and session.exitstatus == pytest.ExitCode.OK and any(self._bad()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from .._base.printable import printable

        for line in self._lines():
            terminalreporter.write_line(printable(line))

    def _bad(self) -> Iterator[Seen]:
        return (each for each in self._seen if each.result in _BAD)

    def _lines(self) -> Iterator[str]:
        if not self._seen:
            return
        counts = Counter(each.result for each in self._seen)
        listed = ", ".join(f"{counts[name]} {name}" for name in _ORDER if counts[name])
        yield f"promptecho: live answers beside {len(self._seen)} recordings: {listed}"
        for each in self._bad():
            yield (
                f"  {each.result}: {each.test}: recording {each.number} of {each.path}, "
                f"{each.method} {each.url}"
            )
            yield from (f"    {change}" for change in each.changes[:_MOST_LINES])
            if len(each.changes) > _MOST_LINES:
                yield f"    ... and {len(each.changes) - _MOST_LINES} more changes"


def budget(config: pytest.Config) -> Budget:
    """How many live calls this process may make: under pytest-xdist, a share of all."""
    from .._session.verifying import Budget

    most = config.getoption("--promptecho-verify-max")
    given = getattr(config, "workerinput", None)
    if most is None or given is None:
        return Budget(most)
    count, index = int(given["workercount"]), int(given["workerid"][2:])
    return Budget(most // count + (index % count < most % count))


def number(text: str) -> int:
    """A number of calls; argparse reports a `ValueError`."""
    value = int(text)
    if value < 0:
        raise ValueError
    return value
