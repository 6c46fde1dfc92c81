"""What ``llm_snapshot(...)`` returns: the right side of an assertion."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, Protocol

from .._base.model import JSON
from .._base.printable import printable
from .._base.warnings import PromptechoSnapshotWarning
from .scorers import Known, Scorer
from .values import SnapshotError, as_text, plain
from .verdict import Level, Verdict, verdict

MISSING = "there is no snapshot"


class Slot(Protocol):
    """The place of a stored snapshot.

    Attributes:
        stored: a list of its value, or an empty one.
        may_fill: whether a value may be stored where there is none.
        updates: whether a value that fails is replaced.
        where: the file and the name, for a message.
    """

    stored: list[JSON]
    may_fill: bool
    updates: bool
    where: str

    def record(self, value: JSON) -> None:
        """Store a value when the test has passed."""


class How(NamedTuple):
    """How a snapshot is compared; see `verdict.verdict`."""

    level: Level | None = None
    scorer: Scorer | None = None
    threshold: float | None = None


class Snapshot:
    """What is expected of an answer; compare it with ``==``.

    Args:
        expected: what is expected, or a value of inline-snapshot; without use if there is a slot.
        slot: where the value is stored, or None for one in the code.
        how: it is compared.

    Attributes:
        verdicts: of the comparisons that were made.
    """

    __module__ = "promptecho"

    def __init__(self, expected: Any, slot: Slot | None, how: How) -> None:
        self._expected = expected
        self._slot = slot
        self._how = how
        self.verdicts: list[Verdict] = []
        self._refused = ""

    # A value that is equal to many others has no hash.
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, answer: object) -> bool:
        if isinstance(answer, Snapshot):
            return NotImplemented
        value = plain(answer)
        if _is_inline(self._expected):
            from .inline import compared

            return compared(self._expected, value, self._judge)
        if self._slot is not None:
            return self._with_slot(self._slot, value)
        return self._judge(plain(self._expected), value)

    async def matches(self, answer: object) -> bool:
        """The same as ``==``, for a scorer whose function is a coroutine function.

        Returns:
            True: ``assert await llm_snapshot("...", scorer=judge).matches(answer)``.

        Raises:
            AssertionError: the answer does not pass.
            SnapshotError: the expectation is a value of inline-snapshot.
        """
        if _is_inline(self._expected):
            raise SnapshotError(
                "matches cannot compare with a value of inline-snapshot", "Compare with ==."
            )
        wanted = [plain(self._expected)] if self._slot is None else self._slot.stored
        by = self._how.scorer
        if by is not None and wanted and hasattr(by, "grade_async"):
            grade = await by.grade_async(as_text(wanted[0]), as_text(plain(answer)))
            self._how = self._how._replace(scorer=Known(by, grade))
        if self != answer:
            raise AssertionError("\n".join(map(printable, self.explanation())))
        return True

    def __repr__(self) -> str:
        if self._refused:
            return f"llm_snapshot({self._refused})"
        if self.verdicts:
            return f"llm_snapshot({self.verdicts[-1].expected!r}, {self.verdicts[-1].line})"
        return f"llm_snapshot({'' if self._slot else repr(self._expected)})"

    def explanation(self) -> list[str]:
        """Why the last comparison failed, line by line."""
        if self._refused:
            return [self._refused]
        return list(self.verdicts[-1].lines()) if self.verdicts else []

    def _with_slot(self, slot: Slot, value: JSON) -> bool:
        if not slot.stored:
            if slot.may_fill:
                slot.record(value)
                return True
            self._refused = (
                f"{MISSING} {slot.where}, and none is made in CI. Run the test on your machine, "
                "review the value, and commit the file."
            )
            return False
        if self._judge(slot.stored[0], value):
            return True
        if slot.updates:
            slot.record(value)
            return True
        return False

    def _judge(self, expected: JSON, answer: JSON) -> bool:
        found = verdict(
            expected,
            answer,
            level=self._how.level,
            by=self._how.scorer,
            threshold=self._how.threshold,
        )
        self.verdicts.append(found)
        if found.passed and found.is_close:
            warnings.warn(
                PromptechoSnapshotWarning(
                    f"a snapshot passes by little: {found.line}. Expected {_short(expected)}, and "
                    f"the answer is {_short(answer)}. Make the expectation clearer, or set "
                    "threshold."
                ),
                stacklevel=4,
            )
        return found.passed


def _short(value: JSON) -> str:
    text = as_text(value)
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def _is_inline(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "inline_snapshot"
