"""The file of the snapshots of a test module: ``__llm_snapshots__/<module>.yaml``.

::

    llm_snapshots: 1
    snapshots:
      - test: "TestShop.test_refund[en]"
        name: "1"
        reviewed: false
        value: You can get your money back within 30 days.

A person who has read a value removes the line ``reviewed: false``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .._base.errors import YamlError
from .._base.model import JSON
from .._text.yaml_reader import read as read_yaml
from .._text.yaml_writer import emit
from . import FOLDER
from .values import SnapshotError

_HEAD, _FORMAT = "llm_snapshots", 1
_ITEM = re.compile(r"^  - test: ", re.MULTILINE)
_REMEDY = "Restore the file from version control, or delete it and run the tests again."


class Name(NamedTuple):
    """What a snapshot is found by in its file: the test, with its classes, and a name."""

    test: str
    name: str


class Entry(NamedTuple):
    """A stored snapshot.

    Attributes:
        value: of the answer.
        reviewed: whether a person has read it.
        line: of the file; 0 where it is not known.
    """

    value: JSON
    reviewed: bool = True
    line: int = 0


Entries = Mapping[Name, Entry]


def path_of(module: str) -> str:
    """The file of a test module."""
    folder, name = os.path.split(module)
    return os.path.join(folder, FOLDER, f"{os.path.splitext(name)[0]}.yaml")


def module_of(path: str) -> str:
    """The test module of a file."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.dirname(folder), f"{os.path.splitext(name)[0]}.py")


def loads(data: bytes, path: str) -> dict[Name, Entry]:
    """The snapshots of a file.

    Raises:
        SnapshotError: it is no such file.
    """
    try:
        text = data.decode("utf-8")
        tree = read_yaml(text, legacy=False)
    except UnicodeDecodeError:
        raise SnapshotError(f"{path}: it is not UTF-8", _REMEDY) from None
    except YamlError as error:
        raise SnapshotError(f"{path}:{error.line}: {error.reason}", _REMEDY) from None
    items = tree.get("snapshots") if isinstance(tree, dict) else None
    if not isinstance(items, list) or tree.get(_HEAD) != _FORMAT:
        problem = f"it is no file of snapshots in format {_FORMAT}"
        raise SnapshotError(f"{path}: {problem}", _REMEDY)
    lines = [text.count("\n", 0, found.start()) + 1 for found in _ITEM.finditer(text)]
    if len(lines) != len(items):  # another layout, made by hand
        lines = [0] * len(items)
    return dict(_entry(item, line, path) for item, line in zip(items, lines))


def _entry(item: JSON, line: int, path: str) -> tuple[Name, Entry]:
    found = item if isinstance(item, dict) else {}
    test, name, reviewed = found.get("test"), found.get("name"), found.get("reviewed", True)
    right = isinstance(test, str) and isinstance(name, str) and isinstance(reviewed, bool)
    if not right or "value" not in found:
        problem = "a snapshot needs a test, a name and a value; reviewed is true or false"
        raise SnapshotError(f"{path}:{line}: {problem}", _REMEDY)
    return Name(str(test), str(name)), Entry(found["value"], bool(reviewed), line)


def dumps(entries: Iterable[tuple[Name, Entry]]) -> bytes:
    """The bytes of a file; snapshots are sorted by test and name."""
    items = [
        {
            "test": name.test,
            "name": name.name,
            **({} if entry.reviewed else {"reviewed": False}),
            "value": entry.value,
        }
        for name, entry in sorted(entries, key=lambda each: each[0])
    ]
    return emit({_HEAD: _FORMAT, "snapshots": items}).encode("utf-8")
