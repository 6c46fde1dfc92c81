"""The stored snapshots of a run: found for each test, and written at the end by the main process.

A value is written only if its test has passed. Reports carry the values, as JSON texts, so that
pytest-xdist can send them.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Callable

import pytest

from .cassette_paths import relative

if TYPE_CHECKING:
    from .._base.model import JSON
    from .._snapshots import store

#: The attributes of a report: what a test has asked for, and what it stores.
USED, STORED = "promptecho_snapshots_used", "promptecho_snapshots_stored"

_TITLE = "promptecho: what the snapshot says"


class Snapshots:
    """The snapshots of a process, and in the main process those of all.

    Args:
        config: of the run.
        updates: whether snapshots that fail are replaced.
    """

    def __init__(self, config: pytest.Config, *, updates: bool) -> None:
        self._config = config
        self._updates = updates
        self._files: dict[str, dict[store.Name, store.Entry]] = {}
        self._numbers: Counter[str] = Counter()
        self._used: list[tuple[str, str, str]] = []
        self._new: dict[tuple[str, str], JSON] = {}
        self._explained: list[str] = []
        # In the main process.
        self._failed: set[str] = set()
        self._to_store: dict[tuple[str, str, str], str] = {}
        self._said: list[str] = []

    # In a test

    def slot(self, item: pytest.Item, name: str | None) -> _Slot:
        """The place of a snapshot of a test."""
        from .._base.ci import in_ci
        from .._snapshots import store

        if name is None:
            self._numbers[item.nodeid] += 1
            name = str(self._numbers[item.nodeid])
        path = store.path_of(str(item.path))
        key = store.Name(item.nodeid.partition("::")[2], name)
        self._used.append((item.nodeid, _shown(path, self._config), name))
        entry = self._entries(path).get(key)
        stored = [] if entry is None else [entry.value]
        new = (path, name)
        if new in self._new:
            stored = [self._new[new]]
        where = f"{key.name!r} of {item.nodeid} in {_shown(path, self._config)}"
        return _Slot(
            stored,
            not in_ci(os.environ),
            self._updates,
            where,
            lambda value: self._new.__setitem__(new, value),
        )

    def _entries(self, path: str) -> dict[store.Name, store.Entry]:
        from .._snapshots import store
        from .._storage.notes import read_note

        if path not in self._files:
            try:
                self._files[path] = store.loads(read_note(path), _shown(path, self._config))
            except FileNotFoundError:
                self._files[path] = {}
        return self._files[path]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._numbers.pop(item.nodeid, None)  # it may run again
        self._used.clear()
        self._new.clear()
        self._explained.clear()

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        module = sys.modules.get("promptecho._snapshots.snapshot")
        found = [each for each in (left, right) if module and isinstance(each, module.Snapshot)]
        if op != "==" or not found:
            return None
        from .._base.printable import printable

        lines = [printable(line) for line in found[0].explanation()]
        self._explained[:] = lines
        return ["the answer is not what llm_snapshot expects", *lines]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and len(self._explained) > _MOST_OF_PYTEST:
            report.sections.append((_TITLE, "\n".join(self._explained)))
            self._explained.clear()
        if call.when == "teardown" and self._used:
            vars(report)[USED] = list(map(list, self._used))
            vars(report)[STORED] = [
                [path, item.nodeid.partition("::")[2], name, json.dumps(value)]
                for (path, name), value in self._new.items()
            ]
        return report

    # In the main process

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            self._failed.discard(report.nodeid)
        if not report.passed:
            self._failed.add(report.nodeid)
        if report.nodeid not in self._failed:
            for path, test, name, text in getattr(report, STORED, ()):
                self._to_store[path, test, name] = text

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._to_store and not hasattr(self._config, "workerinput"):
            self._said += self._written()

    def _written(self) -> Iterator[str]:
        from .._snapshots import store
        from .._storage.files import replace

        by_file: dict[str, dict[store.Name, store.Entry]] = {}
        for (path, test, name), text in self._to_store.items():
            new = store.Entry(json.loads(text), reviewed=False)
            by_file.setdefault(path, {})[store.Name(test, name)] = new
        for path, new_entries in by_file.items():
            entries = {**self._entries(path), **new_entries}
            shown, count = _shown(path, self._config), len(new_entries)
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                replace(path, [store.dumps(entries.items())])
            except OSError as error:
                yield f"promptecho: {shown} cannot be written ({error.strerror or error})"
                continue
            what = "1 snapshot" if count == 1 else f"{count} snapshots"
            yield (
                f"promptecho: {what} written to {shown}. Read them, and remove the lines "
                "`reviewed: false`"
            )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from .._base.printable import printable

        for line in self._said:
            terminalreporter.write_line(printable(line))


#: The snapshots in `config.stash`.
KEY = pytest.StashKey[Snapshots]()

#: pytest shows as many lines of an assertion, unless it runs in CI or with -vv.
_MOST_OF_PYTEST = 6


class _Slot:
    """The place of a stored snapshot; see `_snapshots.snapshot.Slot`."""

    def __init__(
        self,
        stored: list[JSON],
        may_fill: bool,
        updates: bool,
        where: str,
        record: Callable[[JSON], None],
    ) -> None:
        self.stored = stored
        self.may_fill = may_fill
        self.updates = updates
        self.where = where
        self.record: Callable[[Any], None] = record


def _shown(path: str, config: pytest.Config) -> str:
    from pathlib import Path

    return relative(Path(path), config)
