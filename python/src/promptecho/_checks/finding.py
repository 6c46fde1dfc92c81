"""A finding, and the step to take for each code of one. [ERR-1]"""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import Steps
from .._format import reader

ERROR = "error"
WARNING = "warning"


class Finding(NamedTuple):
    """One thing that is wrong with a file.

    Attributes:
        file: its name.
        line: where, from 1; None where it is about the file as a whole.
        code: of the spec's list, such as ``finding.key-mismatch``.
        problem: one sentence that says what is wrong.
        remedy: one sentence that says what to do.
        severity: ``error`` or ``warning``.
    """

    file: str
    line: int | None
    code: str
    problem: str
    remedy: str
    severity: str = ERROR


class Note(NamedTuple):
    """A finding whose line is not known yet."""

    path: Steps
    code: str
    problem: str
    remedy: str
    severity: str = ERROR
    at_name: bool = False
    line: int = 0


def remedy(code: str) -> str:
    """The step to take for a problem of a file."""
    return _REMEDIES.get(code) or reader.remedy(code)


_REMEDIES = {
    "yaml.encoding": "Save it as UTF-8.",
    "yaml.directive": "Remove the line that begins with %.",
    "yaml.merge-key": "Write the members out.",
    "yaml.duplicate-key": "Remove one of the two.",
    "yaml.key": "Put quotes around the name.",
    "yaml.depth": "Store the body as a string.",
    "yaml.multiple-documents": "Make it one document: one file is one cassette.",
    "yaml.empty": "Delete the file, then record again.",
    "cassette.not-a-mapping": "This is not a cassette: take it out of the folder.",
    "cassette.unknown-member": "Correct the name, or let it begin with x-.",
    "cassette.missing-member": "Restore it from version control, or record again.",
    "cassette.type": "Correct the value; put quotes around what is a string.",
    "cassette.value": "Correct the value.",
    "cassette.key": "Put quotes around the key, restore it, or record again.",
    "cassette.base64": "Restore it from version control, or record again.",
    "cassette.body-form": "Leave the members of one form of body [BODY-1] and take out the others.",
}
