"""A finding: one thing that is wrong with a file. [ERR-1] [ERR-4]"""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import Steps

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
