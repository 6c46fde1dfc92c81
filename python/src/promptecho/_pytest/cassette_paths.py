"""The cassette file of each test: two tests of a run share one only if they name it.

Files are assigned while tests are collected, before any test is deselected, so a run of some tests
uses the same files as a run of all. Each worker of pytest-xdist collects all tests.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .settings import KEY as SETTINGS

if TYPE_CHECKING:
    from .._session.sharing import Sharing
    from .._session.taken_values import Memory
    from .._storage.shared_log import SharedLog
    from .._storage.store import Stamp

MARKER = "promptecho"
FIXTURE = "promptecho_cassette"
#: The file that another name than our marker gives a test, in `item.stash`.
NAMED = pytest.StashKey[Path]()
_STARTED, _FAILED = "started", "failed"
_HEAD = 64 * 1024  # bytes; the members before the recordings


def marked(item: pytest.Item) -> dict[str, Any]:
    """The options of a test's markers; the marker closest to the test wins."""
    merged: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(MARKER))):
        merged.update(marker.kwargs)
    return merged


class Place(NamedTuple):
    """Where the cassette of a test is, as far as the test alone tells.

    Attributes:
        item: the test.
        path: the file.
        apart: the file if another test has `path` on file systems that ignore case.
        is_named: whether the markers of the test name it.
        identity: of `path`, on file systems that ignore case.
    """

    item: pytest.Item
    path: Path
    apart: Path
    is_named: bool
    identity: str


def _automatic_path(item: pytest.Item, layout: str, *, apart: bool = False) -> Path:
    """The file that the name of a test gives it."""
    from .file_names import folder, stem

    settings = item.config.stash[SETTINGS]
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    module = folder(item.path.stem) if layout == "module" else ""
    name = stem(classes, item.name, apart=apart) + ".yaml"
    return Path(os.path.normpath(item.path.parent / settings.directory / module / name))


def _named_path(item: pytest.Item) -> Path | None:
    """The file that the markers of a test name; None for a path that no file can have."""
    if NAMED in item.stash:
        return item.stash[NAMED]
    own = marked(item).get("path")
    if not isinstance(own, (str, os.PathLike)):
        return None
    from .._base.path_names import odd_path

    if odd_path(os.fspath(own)):
        return None
    return Path(os.path.normpath(item.path.parent / os.fspath(own)))


def fault_of_path(item: pytest.Item, path: str) -> str | None:
    """What is wrong with a path that a marker names, or None."""
    from .._base.path_names import odd_path

    odd = odd_path(path)
    if odd:
        return odd
    try:
        found = os.stat(item.path.parent / path)
    except OSError as error:
        return "is too long for this system" if error.errno == errno.ENAMETOOLONG else None
    return "is the path of a folder" if stat.S_ISDIR(found.st_mode) else None


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
        notes: how the processes of the run found the shared files, and in which a test has failed;
            None if the run has one process.
    """

    def __init__(self) -> None:
        self.notes: SharedLog | None = None
        self._automatic: dict[str, dict[str, Place]] = {}
        self._named: dict[Path, set[str]] = {}
        self._starts: dict[Path, _Start] = {}
        self._failed: set[Path] = set()
        self._memories: dict[Path, Memory] = {}
        self._folders: dict[Path, str] = {}

    def claim(self, item: pytest.Item) -> Place:
        """Register a test; registering it again changes nothing."""
        place = self._place(item)
        if place.is_named:
            self._named.setdefault(place.path, set()).add(item.nodeid)
        else:
            self._automatic.setdefault(place.identity, {}).setdefault(item.nodeid, place)
        return place

    def start(self) -> None:
        """All tests are collected, and none has run: note how the shared files are."""
        shared = [path for path in self._named if self.is_shared(path)]
        if not shared:
            return
        from .._storage.store import stamp

        self._read_notes()
        for path in shared:
            if path not in self._starts:
                start = self._starts[path] = _Start(stamp(path), _is_complete(path))
                self._note(_STARTED, path, start.stamp, start.complete)

    def path(self, place: Place) -> Path:
        """The file of a test."""
        if place.is_named or place.apart == place.path:
            return place.path
        rivals = self._automatic.get(place.identity, {})
        return place.apart if len(rivals) > 1 or place.apart.exists() else place.path

    def conflict(self, place: Place) -> str | None:
        """Why a test cannot have its file, or None."""
        rivals = self._automatic.get(place.identity, {}).values()
        if place.is_named or len(rivals) < 2:
            return None
        path = self.path(place)
        same = [r for r in rivals if self.path(r) == path or not _differ(r.item, place.item)]
        return _conflict([each.item for each in same], path) if len(same) > 1 else None

    def is_shared(self, path: Path) -> bool:
        """Whether several tests use a file on purpose."""
        automatic = self._automatic.get(self._identity(path), {})
        return len(self._named.get(path, ())) + len(automatic) > 1 and path in self._named

    def sharing(self, path: Path) -> Sharing:
        """How the next test finds a file."""
        from .._session.sharing import ALONE, Sharing
        from .._session.taken_values import Memory
        from .._storage.store import stamp

        start = self._starts.get(path)
        if start is None:
            return ALONE
        changed = stamp(path) != start.stamp
        adds = changed or not start.complete
        memory = self._memories.setdefault(path, Memory())
        return Sharing(True, adds, changed, start.stamp, lambda: self._has_failed(path), memory)

    def failed(self, path: Path) -> None:
        """A test with this file has failed."""
        self._failed.add(path)
        if path in self._starts:
            self._note(_FAILED, path)

    def _place(self, item: pytest.Item) -> Place:
        path = _named_path(item)  # a marker may be added after the collection
        if path is not None:
            return Place(item, path, path, True, self._identity(path))
        known = item.stash.get(_PLACE, None)
        if known is None:
            known = item.stash[_PLACE] = self._automatic_place(item)
        return known

    def _automatic_place(self, item: pytest.Item) -> Place:
        from .file_names import has_capital_ids

        layout = item.config.stash[SETTINGS].layout
        path = _automatic_path(item, layout)
        apart = _automatic_path(item, layout, apart=True) if has_capital_ids(item.name) else path
        return Place(item, path, apart, False, self._identity(path))

    def _identity(self, path: Path) -> str:
        """The identity of a file on file systems that ignore case."""
        folder = self._folders.get(path.parent)
        if folder is None:
            folder = self._folders[path.parent] = os.path.realpath(path.parent)
        return os.path.join(folder, path.name).casefold()

    def _has_failed(self, path: Path) -> bool:
        self._read_notes()
        return path in self._failed

    # What the workers of pytest-xdist tell each other

    def _note(self, kind: str, path: Path, *more: object) -> None:
        if self.notes is not None:
            self.notes.add((kind, str(path), json.dumps(more)))

    def _read_notes(self) -> None:
        from .._storage.store import Stamp

        for kind, name, text in self.notes.take() if self.notes is not None else ():
            if kind == _FAILED:
                self._failed.add(Path(name))
                continue
            # A worker that replaces one that crashed finds files that the run has changed.
            found, complete = json.loads(text)
            start = _Start(Stamp(*found) if found is not None else None, complete)
            self._starts.setdefault(Path(name), start)


#: The place that the name of a test gives it, in `item.stash`.
_PLACE = pytest.StashKey[Place]()
#: The claims in `config.stash`.
KEY = pytest.StashKey[Claims]()
_NOTES = "promptecho_notes"  # what a worker of pytest-xdist gets


def claims(config: pytest.Config) -> Claims:
    """The claims of a run, or of a worker of pytest-xdist."""
    made = Claims()
    log = getattr(config, "workerinput", {}).get(_NOTES)
    if log is not None:
        from .._storage.shared_log import SharedLog

        made.notes = SharedLog(log)
    return made


def prepare_worker(config: pytest.Config, given: dict[str, Any]) -> None:
    """Let the workers of pytest-xdist tell each other which tests with a shared file failed."""
    made = config.stash[KEY]
    if made.notes is None:
        from .._storage.shared_log import SharedLog

        made.notes = SharedLog.create()
        config.add_cleanup(made.notes.remove)
    given[_NOTES] = made.notes.path


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
    return len({str(_automatic_path(item, "module")).casefold() for item in items}) == len(items)


def relative(path: str | os.PathLike[str], config: pytest.Config) -> str:
    """A file relative to the project's root, or its whole path if it is elsewhere."""
    name, root = os.fspath(path), os.path.join(config.rootpath, "")
    # `PurePath.relative_to` takes much longer.
    if os.path.normcase(name).startswith(os.path.normcase(root)):
        return name[len(root) :].replace(os.sep, "/")
    return name
