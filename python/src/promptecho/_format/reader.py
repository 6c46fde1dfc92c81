"""Reads the text of a cassette (spec sections "The YAML profile", "Files of format 2.0").

The full reader, through the whole YAML profile; whatever is wrong is named with its line and the
next step. `writer` is the inverse. A text in the form that the writer gives is read without a YAML
library, with the same result. Nothing here opens a file.
"""

from __future__ import annotations

from typing import NamedTuple

from .._base.errors import CassetteError, YamlError
from .._base.model import JSON, CassetteFile
from .._text.yaml_flow import Inexact
from .._text.yaml_lines import document
from .._text.yaml_places import places
from .._text.yaml_reader import read
from . import read_tree
from .cursor import Cursor, Notes, Problem
from .remedies import remedy
from .whole_file import whole_file


def load(data: bytes, name: str, *, lines: bool = True) -> CassetteFile:
    """What a cassette file says.

    Args:
        data: the bytes of the file.
        name: its path, for messages.
        lines: whether it may be read without a YAML library; false where that was tried.

    Raises:
        CassetteError: the file is not a cassette that this version can read; nothing of it is used.
    """
    try:
        reading = read_all(data, lines=lines)
    except YamlError as error:
        raise refusal(error.code, error.reason, name, error.line) from None
    if reading.problems:
        first = reading.problems[0]
        line = first.line(places(reading.text, [first.path])[first.path])
        raise refusal(first.code, first.problem, name, line)
    return reading.file


class Reading(NamedTuple):
    """What a text says, with all that is wrong about it.

    Attributes:
        text: the text, without a byte order mark.
        tree: the value of the text.
        file: what it says; an invalid part is empty, unless its problem is `usable`.
        problems: in the order of reading; none in a file that can be used.
    """

    text: str
    tree: JSON
    file: CassetteFile
    problems: tuple[Problem, ...]


def read_all(data: bytes, *, strict: bool = False, lines: bool = True) -> Reading:
    """Read on past problems, so that all of them are known.

    Args:
        data: the bytes of the file.
        strict: also note what a reader accepts and no writer may write.
        lines: as for `load`.

    Raises:
        YamlError: the text is outside the YAML profile; nothing more can be said about it.
    """
    text, legacy = whole_file(data)
    tree = _tree_of_lines(data) if lines and not legacy else None
    if tree is None:
        tree, legacy = _tree(text, legacy)
    notes = Notes(legacy=legacy, strict=strict)
    file = read_tree.file(Cursor(tree, notes))
    return Reading(text, tree, file, tuple(notes.problems))


def _tree_of_lines(data: bytes) -> JSON:
    """The value of a text in the writer's form; None for any other."""
    try:
        return document(data)
    except Inexact:
        return None


def _tree(text: str, legacy: bool) -> tuple[JSON, bool]:
    """The value of a text, and whether it is a 2.0 file."""
    tree = read(text, legacy=legacy)
    if legacy and isinstance(tree, dict) and "minor" in tree:
        # Yet a 2.1 file: in flow style, say [VER-1].
        return read(text, legacy=False), False
    return tree, legacy


def refusal(code: str, problem: str, name: str, line: int | None) -> CassetteError:
    """The error for a problem of a file, with the step to take."""
    step = f"{remedy(code)} promptecho has not changed the file."
    return CassetteError(code, problem, step, path=name, line=line)
