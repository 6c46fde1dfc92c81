"""The cassette file of each test: two tests of a run never share one.

Files are assigned while tests are collected, before any test is deselected, so a run of some tests
uses the same files as a run of all. Each worker of pytest-xdist collects all tests.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .settings import KEY as SETTINGS

MARKER = "promptecho"
FIXTURE = "promptecho_cassette"


def marked(item: pytest.Item) -> dict[str, Any]:
    """The options of a test's markers; the marker closest to the test wins."""
    merged: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(MARKER))):
        merged.update(marker.kwargs)
    return merged


def cassette_path(item: pytest.Item, layout: str | None = None) -> Path:
    """The file of a test's cassette, in the layout of the run or in a given one."""
    from .file_names import folder, stem

    beside = item.path.parent
    own = marked(item).get("path")
    if isinstance(own, (str, os.PathLike)):
        return Path(os.path.normpath(beside / os.fspath(own)))
    settings = item.config.stash[SETTINGS]
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    module = folder(item.path.stem) if (layout or settings.layout) == "module" else ""
    name = stem(classes, item.name) + ".yaml"
    return Path(os.path.normpath(beside / settings.directory / module / name))


class _Claim(NamedTuple):
    item: pytest.Item
    path: Path


class Claims:
    """The cassette files of a run, and the tests that use them."""

    def __init__(self) -> None:
        self._claims: dict[str, dict[str, _Claim]] = {}

    def claim(self, item: pytest.Item) -> Path:
        """Register the file of a test; registering a test again changes nothing."""
        path = cassette_path(item)
        self._claims.setdefault(_identity(path), {}).setdefault(item.nodeid, _Claim(item, path))
        return path

    def conflict(self, item: pytest.Item) -> str | None:
        """Why a test cannot have its file, or None."""
        path = cassette_path(item)
        rivals = list(self._claims.get(_identity(path), {}).values())
        if len(rivals) < 2:
            return None
        return _conflict(rivals)


#: The claims in `config.stash`.
KEY = pytest.StashKey[Claims]()


def _identity(path: Path) -> str:
    """The identity of a file on file systems that ignore case."""
    return os.path.join(os.path.realpath(path.parent), path.name).casefold()


def _conflict(rivals: Sequence[_Claim]) -> str:
    names = sorted(rival.item.nodeid for rival in rivals)
    shown = relative(rivals[0].path, rivals[0].item.config)
    who = f"{', '.join(names[:-1])} and {names[-1]} would share the cassette {shown}."
    if _layout_helps([rival.item for rival in rivals]):
        return (
            f"{who}\nSet the ini option promptecho_layout = module, which gives each module a "
            "folder of its own, or rename one of the tests."
        )
    return (
        f"{who}\nRename one of the tests, or give each a file of its own with "
        "@pytest.mark.promptecho(path=...)."
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
