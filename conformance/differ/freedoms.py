"""The differences that the specification allows, each by the requirement that leaves the choice."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from runner.cases import HERE

from .pairs import Found

FREEDOMS = HERE / "freedoms.json"


class Freedom(NamedTuple):
    """A choice that the specification leaves.

    Attributes:
        name: its name, and `spec`, the requirement that gives it.
        why: what the requirement leaves open.
        ops: the operations in which it shows.
        pointer, want, got: patterns of the place and of both sides; the sides may change places.
        given: a pattern that occurs in the question; empty: any question.
    """

    name: str
    spec: str
    why: str
    ops: list[str]
    pointer: str
    want: str = ""
    got: str = ""
    given: str = ""

    def allows(self, found: Found) -> bool:
        """Whether a difference is this choice."""
        sides = (found.difference.want, found.difference.got)
        question = json.dumps(found.question.given) if self.given else ""
        return (
            found.question.op in self.ops
            and re.search(self.pointer, found.difference.pointer) is not None
            and any(
                re.search(self.want, one) and re.search(self.got, other)
                for one, other in (sides, sides[::-1])
            )
            and re.search(self.given, question) is not None
        )


def freedoms() -> list[Freedom]:
    """The rows of the data file."""
    rows = json.loads(FREEDOMS.read_text(encoding="ascii"))["freedoms"]
    return [Freedom(**row) for row in rows]


def allowed_by(found: Found, every: list[Freedom]) -> str:
    """The name of the first freedom that allows a difference; empty if none does."""
    return next((each.name for each in every if each.allows(found)), "")
