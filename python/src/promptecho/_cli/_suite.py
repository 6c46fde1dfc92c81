"""The files of a test suite: its notes of runs, its cassettes and its code."""

from __future__ import annotations

import ast
import os
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from promptecho._base.errors import CassetteError
from promptecho._base.model import CassetteFile
from promptecho._checks import lint_sources
from promptecho._checks.finding import Finding
from promptecho._checks.lint import CassetteFacts
from promptecho._checks.runs import FILE, FOLDER, BadRun, Run, from_json, joined
from promptecho._format.lazy_reader import headings
from promptecho._format.reader import load
from promptecho._storage.notes import read_note
from promptecho._storage.store import read_cassette

_CASSETTE = re.compile(rb"^version: 2\r?\n(?s:.*?)^(?:match_on|interactions):", re.MULTILINE)
_HEAD = 4096
_ITEM = b"  - request:\n"
_IS_TEST = re.compile(r"test_.*\.py|.*_test\.py").fullmatch
_NAME = re.compile(r"[^\s\"'/\\]+\.ya?ml")


def default_run() -> str:
    """The note of the last run of the project in the current folder."""
    return os.path.join(FOLDER, FILE)


def read_runs(paths: Sequence[str]) -> Run:
    """Several notes as one run.

    Raises:
        BadRun: one of them cannot be read; the message begins with its path.
    """
    return joined(map(_read_run, paths))


def _read_run(path: str) -> Run:
    try:
        return from_json(read_note(path))
    except BadRun as error:
        raise BadRun(f"{path}: {error}") from None
    except OSError as error:
        raise BadRun(f"{path} cannot be read: {error.strerror}") from None
    except CassetteError as error:
        raise BadRun(f"{path} cannot be read: {error.problem}") from None


def as_noted(path: str) -> str:
    """A path as the note of a run has it: from the root of the project, which is the current
    folder.
    """
    return os.path.relpath(path).replace(os.sep, "/")


class Read(NamedTuple):
    """A cassette, and where its recordings begin."""

    file: CassetteFile
    lines: tuple[int, ...]

    @property
    def facts(self) -> CassetteFacts:
        """What is compared with a run."""
        keys = tuple(heading.match_key for heading in headings(self.file.interactions))
        return CassetteFacts(keys, self.lines)


def read(path: str) -> Read:
    """A cassette.

    Raises:
        CassetteError: it cannot be read.
    """
    data = read_cassette(path)
    file = load(data, path)
    found, line = [], 1
    for text in data.splitlines(keepends=True):
        if text == _ITEM:
            found.append(line)
        line += 1
    count = len(file.interactions)
    # In another form than the exact one, nobody looks for the lines.
    return Read(file, tuple(found) if len(found) == count else (0,) * count)


def cassettes(names: Iterable[str]) -> Iterator[str]:
    """Those of the files that are cassettes: a project has other YAML files, too."""
    for name in names:
        try:
            with open(name, "rb") as file:
                if _CASSETTE.search(file.read(_HEAD)):
                    yield name
        except OSError:
            continue


def sources(folders: Iterable[str]) -> Iterator[str]:
    """The Python files in folders, and those among the names."""
    for folder in folders:
        if folder.endswith(".py"):
            yield folder
        for parent, inner, names in os.walk(folder):
            inner[:] = sorted(n for n in inner if not n.startswith(".") and n != "__pycache__")
            yield from (os.path.join(parent, name) for name in sorted(names) if name[-3:] == ".py")


def mentioned(paths: Iterable[str]) -> set[str]:
    """The names of YAML files that the code mentions."""
    found: set[str] = set()
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                found.update(_NAME.findall(file.read()))
        except OSError:
            continue
    return found


def of_sources(paths: Iterable[str]) -> Iterator[Finding]:
    """What the code of tests says about their cassettes."""
    is_open: dict[str, bool] = {}
    for path in paths:
        tree = _tree(path) if _IS_TEST(os.path.basename(path)) else None
        if tree is None:
            continue
        folder = os.path.dirname(path)
        for name in lint_sources.named(tree):
            if not os.path.lexists(os.path.join(folder, name.path)):
                yield lint_sources.missing_finding(path, name)
        if not _opened_for_all(folder, is_open):
            yield from lint_sources.uncovered(tree, path)


def _opened_for_all(folder: str, known: dict[str, bool]) -> bool:
    """Whether a conftest of a folder, or of one above it, may open cassettes for all tests."""
    if folder not in known:
        path = os.path.join(folder, "conftest.py")
        tree = _tree(path) if os.path.exists(path) else None
        here = tree is not None and lint_sources.may_open(tree)
        above = bool(folder) and _opened_for_all(os.path.dirname(folder.rstrip(os.sep)), known)
        known[folder] = here or above
    return known[folder]


def _tree(path: str) -> ast.Module | None:
    try:
        with tokenize.open(path) as file:
            return lint_sources.parsed(file.read())
    except (OSError, SyntaxError, UnicodeDecodeError, lint_sources.BadSource):
        return None  # pytest says what is wrong with it
