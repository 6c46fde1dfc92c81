"""An answer beside what is expected of it: one level or one scorer decides."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .._base.model import JSON
from .._checks.answer_shape import shape_changes
from .._text.canonical import same
from . import lexical
from .scorers import Scorer
from .values import SnapshotError, as_text

Level = Literal["exact", "structure", "text"]
LEVELS = ("exact", "structure", "text")

#: A score this close to the threshold is no clear answer.
MARGIN = 0.05
_MOST_LINES = 40


class Verdict(NamedTuple):
    """Whether an answer passes, and why.

    Attributes:
        passed: whether it does.
        by: the level, or the name of the scorer.
        score: from 0 to 1.
        threshold: the score from which an answer passes.
        expected: as a text.
        answer: as a text.
        reasons: what differs, or what a judge said, each as a line.
    """

    passed: bool
    by: str
    score: float
    threshold: float
    expected: str
    answer: str
    reasons: tuple[str, ...] = ()

    @property
    def is_close(self) -> bool:
        """Whether the score is close to the threshold, where there are scores between 0 and 1."""
        graded = self.by not in ("exact", "structure")
        return graded and abs(self.score - self.threshold) < MARGIN

    @property
    def line(self) -> str:
        """The score, the threshold and the margin."""
        margin = self.score - self.threshold
        return f"{self.by}: score {self.score:.2f}, threshold {self.threshold:.2f} ({margin:+.2f})"

    def lines(self) -> Iterator[str]:
        """What a failure shows: the score, what differs, both texts, and their difference."""
        yield self.line
        yield from (f"  {reason}" for reason in self.reasons)
        expected, answer = self.expected.splitlines(), self.answer.splitlines()
        for title, lines in (("expected", expected), ("answer", answer)):
            if len(lines) < 2:
                yield f"{title}: {''.join(lines)}"
            else:
                yield f"{title}:"
                yield from _cut([f"  {line}" for line in lines])
        if len(expected) + len(answer) > 2:
            yield "difference:"
            found = difflib.unified_diff(expected, answer, lineterm="", n=1)
            yield from _cut([f"  {line}" for line in list(found)[2:]])


def verdict(
    expected: JSON,
    answer: JSON,
    *,
    level: Level | None = None,
    by: Scorer | None = None,
    threshold: float | None = None,
) -> Verdict:
    """Compare an answer.

    Args:
        expected: what is expected.
        answer: what there is.
        level: how; by default ``text`` for a text, and ``structure`` for any other value.
        by: a scorer that decides in place of a level.
        threshold: the score from which an answer passes; by default that of the level.

    Raises:
        SnapshotError: the level does not fit the values, or the scorer cannot run.
    """
    if by is not None:
        return _graded(expected, answer, by, threshold)
    return _BY_LEVEL[level or _level_of(expected)](expected, answer, threshold)


def _level_of(expected: JSON) -> Level:
    return "text" if isinstance(expected, str) else "structure"


def _exact(expected: JSON, answer: JSON, threshold: float | None) -> Verdict:
    texts = as_text(expected), as_text(answer)
    return _made("exact", float(same(expected, answer)), 1.0, texts)


def _structure(expected: JSON, answer: JSON, threshold: float | None) -> Verdict:
    one, other = _tree(expected, "expectation"), _tree(answer, "answer")
    changes = tuple(shape_changes(one, other))
    texts = as_text(one), as_text(other)
    return _made("structure", float(not changes), 1.0, texts, changes)


def _text(expected: JSON, answer: JSON, threshold: float | None) -> Verdict:
    texts = as_text(expected), as_text(answer)
    found = lexical.scored(*texts)
    reasons = []
    if found.missing:
        reasons.append(f"words that the answer does not have: {', '.join(found.missing)}")
    if found.added:
        reasons.append(f"negations that only the answer has: {', '.join(found.added)}")
    limit = lexical.THRESHOLD if threshold is None else threshold
    return _made("text", found.score, limit, texts, tuple(reasons))


_BY_LEVEL = {"exact": _exact, "structure": _structure, "text": _text}


def _graded(expected: JSON, answer: JSON, by: Scorer, threshold: float | None) -> Verdict:
    texts = as_text(expected), as_text(answer)
    try:
        grade = by.grade(*texts)
    except ModuleNotFoundError as error:
        raise SnapshotError(
            f"the scorer {by.name} needs the package {error.name}, which is not installed",
            f"Install it: pip install {error.name}",
        ) from error
    limit = by.threshold if threshold is None else threshold
    reasons = (grade.reason,) if grade.reason else ()
    return _made(by.name, grade.score, limit, texts, reasons)


def _made(
    by: str, score: float, limit: float, texts: tuple[str, str], reasons: tuple[str, ...] = ()
) -> Verdict:
    # Sums of products of floats end a little below 1.
    return Verdict(score >= limit - 1e-9, by, score, limit, *texts, reasons)


def _tree(value: JSON, what: str) -> JSON:
    """A JSON value, or the one that a text spells."""
    found = value
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = value
    if not isinstance(found, (dict, list)):
        raise SnapshotError(
            f"the level structure compares JSON objects and arrays, and the {what} is none: "
            f"{as_text(value)[:80]!r}",
            "Use the level text, or pass the whole answer.",
        )
    return found


def _cut(lines: list[str]) -> Iterator[str]:
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"  ... and {len(lines) - _MOST_LINES} more lines"
