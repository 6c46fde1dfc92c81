"""Reads the text of a cassette (spec sections "The YAML profile", "Files of format 2.0").

The full reader, through the whole YAML profile; whatever is wrong is named with its line and the
next step. `writer` is the inverse. Nothing here opens a file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._base.errors import CassetteError, YamlError
from .._base.model import JSON, CassetteFile
from .._text.yaml_places import places
from .._text.yaml_reader import ends_with_marker, read
from . import read_tree
from .cursor import Cursor, Notes, Problem

_HAS_MINOR = re.compile(r"^[\"']?minor[\"']?[ \t]*:", re.MULTILINE)


def load(data: bytes, name: str) -> CassetteFile:
    """What a cassette file says.

    Args:
        data: the bytes of the file.
        name: its path, for messages.

    Raises:
        CassetteError: the file is not a cassette that this version can read; nothing of it is used.
    """
    try:
        reading = read_all(data)
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


def read_all(data: bytes, *, strict: bool = False) -> Reading:
    """Read on past problems, so that all of them are known.

    Args:
        data: the bytes of the file.
        strict: also note what a reader accepts and no writer may write.

    Raises:
        YamlError: the text is outside the YAML profile; nothing more can be said about it.
    """
    text = _text(data)
    tree, legacy = _tree(text)
    notes = Notes(legacy=legacy, strict=strict)
    file = read_tree.file(Cursor(tree, notes))
    return Reading(text, tree, file, tuple(notes.problems))


def _tree(text: str) -> tuple[JSON, bool]:
    """The value of a text, and whether it is a 2.0 file."""
    legacy = _HAS_MINOR.search(text) is None
    if not legacy and not ends_with_marker(text):
        last = text.count("\n") + (not text.endswith("\n"))
        raise YamlError(
            "cassette.truncated", last, "the file does not end with its end marker `...`"
        )
    tree = read(text, legacy=legacy)
    if legacy and isinstance(tree, dict) and "minor" in tree:
        # Yet a 2.1 file: in flow style, say [VER-1].
        return read(text, legacy=False), False
    return tree, legacy


def refusal(code: str, problem: str, name: str, line: int | None) -> CassetteError:
    """The error for a problem of a file, with the step to take."""
    return CassetteError(code, problem, remedy(code), path=name, line=line)


def remedy(code: str) -> str:
    """The step to take after a refusal."""
    return _REMEDIES.get(code, _REMEDY)


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlError("yaml.encoding", line, "this is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise YamlError("yaml.encoding", 1, "two byte order marks")
    if not text.strip():
        raise YamlError("cassette.empty", 1, "the file is empty")
    return text


_REMEDY = (
    "Correct the file by hand, restore it from version control, or delete it and record again; "
    "it was left as it is."
)
_REMEDIES = {
    "cassette.empty": "An empty file is not an absent one: delete it, then record again.",
    "cassette.truncated": (
        "The end of the file is lost: restore it from version control, or delete it and record "
        "again; it was left as it is."
    ),
    "cassette.version": "Read it with a version of promptecho that knows this format.",
    "cassette.minor": "Update promptecho: the file was written by a newer version.",
    "cassette.dialect": "Register the dialect with promptecho.register_dialect before this.",
    "yaml.ambiguous-scalar": "Put quotes around it.",
    "yaml.anchor": "Write the value out: a cassette has no anchors and aliases.",
    "yaml.tag": "Remove the tag: a cassette holds plain values only.",
}
