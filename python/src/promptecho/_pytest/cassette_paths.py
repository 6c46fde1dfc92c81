"""The cassette file of each test: two tests of a run share one only if they name it.

Files are assigned while tests are collected, before any test is deselected, so a run of some tests
uses the same files as a run of all. Each worker of pytest-xdist collects all tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .settings import KEY as SETTINGS

if TYPE_CHECKING:
    from .._session.sharing import Sharing
    from .._storage.shared_log import SharedLog
    from .._storage.store import Stamp

MARKER = "promptecho"
FIXTURE = "promptecho_cassette"
_HEAD = 64 * 1024  # bytes; the members before the recordings


def marked(item: pytest.Item) -> dict[str, Any]:
    """The options of a test's markers; the marker closest to the test wins."""
    merged: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(MARKER))):
        merged.update(marker.kwargs)
    return merged


def cassette_path(item: pytest.Item, layout: str | None = None, *, apart: bool = False) -> Path:
    """The file of a test's cassette.

    Args:
        item: the test.
        layout: another layout than that of the run.
        apart: whether another test has this file on file systems that ignore case.
    """
    from .file_names import folder, stem

    beside = item.path.parent
    own = named_path(item)
    if own is not None:
        return Path(os.path.normpath(beside / own))
    settings = item.config.stash[SETTINGS]
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    module = folder(item.path.stem) if (layout or settings.layout) == "module" else ""
    name = stem(classes, item.name, apart=apart) + ".yaml"
    return Path(os.path.normpath(beside / settings.directory / module / name))


def named_path(item: pytest.Item) -> str | None:
    """The path that the markers of a test name, or None."""
    own = marked(item).get("path")
    return os.fspath(own) if isinstance(own, (str, os.PathLike)) else None


class _Start(NamedTuple):
    """A shared file at the start of the run.

    Attributes:
        stamp: what changes when the file is replaced; None if there is no file.
        complete: whether there was a file that was not marked as incomplete.
    """

    stamp: Stamp | None
    complete: bool


class Claims:
    """The cassette files of a run, and the tests that use them.

    Tests that name one path share the file. Tests whose names give them one file are an error.

    Attributes:
        failures: the files of tests that failed in any process of the run; None if the run has one
            process.
    """

    def __init__(self) -> None:
        self.failures: SharedLog | None = None
        self._automatic: dict[str, dict[str, pytest.Item]] = {}
        self._named: dict[Path, set[str]] = {}
        self._starts: dict[Path, _Start] = {}
        self._failed: set[Path] = set()

    def claim(self, item: pytest.Item) -> None:
        """Register a test; registering it again changes nothing."""
        path = cassette_path(item)
        if named_path(item) is None:
            self._automatic.setdefault(_identity(path), {}).setdefault(item.nodeid, item)
        else:
            self._named.setdefault(path, set()).add(item.nodeid)

    def start(self) -> None:
        """All tests are collected, and none has run: note how the shared files are."""
        for path in self._named:
            if path not in self._starts and self.is_shared(path):
                from .._storage.store import stamp

                self._starts[path] = _Start(stamp(path), _is_complete(path))

    def path(self, item: pytest.Item) -> Path:
        """The file of a test."""
        plain = cassette_path(item)
        if named_path(item) is not None or plain == (marked := cassette_path(item, apart=True)):
            return plain
        rivals = self._automatic.get(_identity(plain), {})
        return marked if len(rivals) > 1 or marked.exists() else plain

    def conflict(self, item: pytest.Item) -> str | None:
        """Why a test cannot have its file, or None."""
        if named_path(item) is not None:
            return None
        path = self.path(item)
        rivals = self._automatic.get(_identity(cassette_path(item)), {}).values()
        same = [rival for rival in rivals if self.path(rival) == path or not _differ(rival, item)]
        return _conflict(same, path) if len(same) > 1 else None

    def is_shared(self, path: Path) -> bool:
        """Whether several tests use a file on purpose."""
        automatic = self._automatic.get(_identity(path), {})
        return len(self._named.get(path, ())) + len(automatic) > 1 and path in self._named

    def sharing(self, path: Path) -> Sharing:
        """How the next test finds a file."""
        from .._session.sharing import ALONE, Sharing
        from .._storage.store import stamp

        start = self._starts.get(path)
        if start is None:
            return ALONE
        changed = stamp(path) != start.stamp
        adds = changed or not start.complete or self._has_failed(path)
        return Sharing(True, adds, changed, start.stamp, lambda: self._has_failed(path))

    def failed(self, path: Path) -> None:
        """A test with this file has failed."""
        self._failed.add(path)
        if self.failures is not None and path in self._starts:
            self.failures.add((str(path),))

    def _has_failed(self, path: Path) -> bool:
        if self.failures is not None:
            self._failed.update(Path(note[0]) for note in self.failures.take())
        return path in self._failed


#: The claims in `config.stash`.
KEY = pytest.StashKey[Claims]()
_FAILURES = "promptecho_failures"  # what a worker of pytest-xdist gets


def claims(config: pytest.Config) -> Claims:
    """The claims of a run, or of a worker of pytest-xdist."""
    made = Claims()
    log = getattr(config, "workerinput", {}).get(_FAILURES)
    if log is not None:
        from .._storage.shared_log import SharedLog

        made.failures = SharedLog(log)
    return made


def prepare_worker(config: pytest.Config, given: dict[str, Any]) -> None:
    """Let the workers of pytest-xdist tell each other which tests with a shared file failed."""
    made = config.stash[KEY]
    if made.failures is None:
        from .._storage.shared_log import SharedLog

        made.failures = SharedLog.create()
        config.add_cleanup(made.failures.remove)
    given[_FAILURES] = made.failures.path


def _identity(path: Path) -> str:
    """The identity of a file on file systems that ignore case."""
    return os.path.join(os.path.realpath(path.parent), path.name).casefold()


def _differ(one: pytest.Item, other: pytest.Item) -> bool:
    """Whether capital letters in the ids of one of two tests keep them apart."""
    from .file_names import has_capital_ids

    return one is not other and (has_capital_ids(one.name) or has_capital_ids(other.name))


def _is_complete(path: Path) -> bool:
    """Whether there is a file without the mark, which is one of its first lines [FILE-3]."""
    try:
        with open(path, "rb") as file:
            return not re.search(rb"^incomplete: true$", file.read(_HEAD), re.MULTILINE)
    except OSError:
        return False


def _conflict(rivals: Sequence[pytest.Item], path: Path) -> str:
    names = sorted(rival.nodeid for rival in rivals)
    shown = relative(path, rivals[0].config)
    who = f"{', '.join(names[:-1])} and {names[-1]} would share the cassette {shown}."
    if _layout_helps(rivals):
        return (
            f"{who}\nSet the ini option promptecho_layout = module, which gives each module a "
            "folder of its own, or rename one of the tests."
        )
    return (
        f"{who}\nRename one of the tests, or give each a file of its own with "
        "@pytest.mark.promptecho(path=...). Tests that name one path share it."
    )


def _layout_helps(items: Sequence[pytest.Item]) -> bool:
    apart = {_identity(cassette_path(item, layout="module")) for item in items}
    return len(apart) == len(items)


def relative(path: Path, config: pytest.Config) -> str:
    """A file relative to the project's root, or its whole path if it is elsewhere."""
    try:
        return path.relative_to(config.rootpath).as_posix()
    except ValueError:
        return str(path)
