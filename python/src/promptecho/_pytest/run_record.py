"""Writes `.promptecho/run.json` at the end of a run that uses cassettes.

Each process notes the tests that it collected; workers of pytest-xdist send theirs to the main
process when they end. What a test did with cassettes comes with its report.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from . import accepting
from .baseline import KEY as BASELINE
from .cassette_paths import FIXTURE, KEY, NAMED, relative
from .snapshots import USED as SNAPSHOTS
from .summary import ATTRIBUTE

if TYPE_CHECKING:
    from .._checks import runs

_COLLECTED = "promptecho_collected"  # what a worker of pytest-xdist sends


class RunRecord:
    """Notes what the tests of a run do, and writes the file in the main process."""

    def __init__(self, config: pytest.Config, unplayed: str, *, accepts: bool) -> None:
        self._config = config
        self._accepts = accepts
        self._unplayed = unplayed
        self._collected: dict[str, tuple[int, str]] = {}
        self._errors = 0
        self._outcomes: dict[str, str] = {}
        self._uses: list[Any] = []
        self._live: list[Any] = []
        self._misses: list[str] = []
        self._snapshots: list[Any] = []
        self._said: list[str] = []

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """Note all tests, before one is deselected."""
        self._collected = dict(self._described(items))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._errors += report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self._outcomes.get(report.nodeid, "")
        if report.when == "setup":
            known = ""
        if report.outcome in ("passed", "failed", "skipped"):
            found = (known, report.outcome)
            worst = next((each for each in ("failed", "skipped") if each in found), "passed")
            self._outcomes[report.nodeid] = worst
        received = getattr(report, ATTRIBUTE, {})
        self._uses += received.get("uses", ())
        self._misses += received.get("misses", ())
        self._snapshots += getattr(report, SNAPSHOTS, ())
        self._live += ((test, host, place) for test, host, place, _ in received.get("outside", ()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of pytest-xdist has ended."""
        sent = getattr(node, "workeroutput", {}).get(_COLLECTED, {})
        self._collected.update({name: tuple(each) for name, each in sent.items()})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_COLLECTED] = {name: list(each) for name, each in self._collected.items()}
        elif self._uses or self._live or self._snapshots:
            run = self._run()
            self._write(run)
            self._said += accepting.end(self._config, run, self._misses, self._accepts)
            self._end_baseline(run)
            if self._unplayed != "ignore" and self._say_unplayed(run):
                is_failure = self._unplayed == "fail" and session.exitstatus == pytest.ExitCode.OK
                session.exitstatus = (
                    pytest.ExitCode.TESTS_FAILED if is_failure else session.exitstatus
                )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from .._base.printable import printable

        for line in self._said:
            terminalreporter.write_line(printable(line))

    def _say_unplayed(self, run: runs.Run) -> bool:
        """Say which recordings no test has played; whether there are any."""
        from .._checks.lint import CassetteFacts, unplayed

        facts = {use.path: CassetteFacts(use.keys) for use in run.uses}
        found = list(unplayed(run, facts))
        for path, numbers in found:
            listed, count = ", ".join(map(str, numbers)), len(facts[path].keys or ())
            self._said.append(
                f"promptecho: no test has played recording {listed} of {count} in {path} "
                f"(promptecho_unplayed = {self._unplayed})"
            )
        return bool(found)

    def _run(self) -> runs.Run:
        from .._checks import runs

        tests = {
            name: runs.Test(line, cassette, self._outcomes.get(name, ""))
            for name, (line, cassette) in self._collected.items()
        }
        return runs.Run(
            self._is_of_everything(),
            tests,
            tuple(_use(*use) for use in self._uses),
            tuple(runs.LiveCall(*call) for call in self._live),
            tuple(runs.SnapshotUse(*use) for use in self._snapshots),
        )

    def _end_baseline(self, run: runs.Run) -> None:
        baseline = self._config.stash[BASELINE]
        if baseline is None:
            return
        missed: dict[str, list[str]] = {}
        for each in accepting.of_reports(self._misses):
            if not each.is_accepted:
                missed.setdefault(each.test, []).append(each.request.match_key)
        self._said += baseline.end(run, missed)

    def _write(self, run: runs.Run) -> None:
        from .._checks import misses, runs

        notes = {
            runs.FILE: runs.to_json(run),
            misses.FILE: misses.to_json(accepting.of_reports(self._misses)),
        }
        self._said += written(self._config, notes)

    def _described(self, items: Sequence[pytest.Item]) -> Iterator[tuple[str, tuple[int, str]]]:
        claims = self._config.stash[KEY]
        for item in items:
            cassette = ""
            if NAMED in item.stash or FIXTURE in getattr(item, "fixturenames", ()):
                cassette = relative(claims.path(claims.claim(item)), self._config)
            line = item.location[1]
            yield item.nodeid, (0 if line is None else line + 1, cassette)

    def _is_of_everything(self) -> bool:
        """Whether the run collected all tests of the project."""
        config = self._config
        narrowed = ("lf", "ignore", "ignore_glob", "stepwise", "collectonly")
        if self._errors or any(config.getoption(name, None) for name in narrowed):
            return False
        root = os.path.realpath(config.rootpath)
        here = config.invocation_params.dir
        named = {os.path.realpath(here / argument) for argument in config.args}
        wanted = {os.path.realpath(root + os.sep + each) for each in config.getini("testpaths")}
        return root in named or (bool(wanted) and wanted <= named)


def written(config: pytest.Config, notes: Mapping[str, bytes]) -> Iterator[str]:
    """Write notes of a run; yields what is to be said if that fails."""
    from .._checks.runs import FOLDER
    from .._storage.notes import write_note

    folder = os.path.join(config.rootpath, FOLDER)
    try:
        for name, data in notes.items():
            write_note(folder, name, data)
    except OSError as error:
        yield f"promptecho: {folder} cannot be written ({error.strerror or error})"


def _use(test: str, path: str, *members: Any) -> runs.Use:
    from .._checks.runs import Use

    # pytest-xdist makes a list of a tuple.
    given: list[Any] = [tuple(each) if isinstance(each, list) else each for each in members]
    return Use(test, path, *given)


#: The record of a run in `config.stash`.
RECORD = pytest.StashKey[RunRecord]()
