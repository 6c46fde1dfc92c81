"""What must hold of one implementation by itself.

What was redacted is clean: redacted again, a request and its answer stay as they are. What was
normalized is normalized: a canonical body is its own canonical body.
"""

from __future__ import annotations

from .pairs import Found, Pair
from .questions import Question


def broken(pair: Pair, questions: list[Question]) -> list[Found]:
    """The questions for which a property does not hold."""
    return []
