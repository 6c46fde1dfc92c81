"""`llm_snapshot`: what a test expects of an answer of a model."""

from __future__ import annotations

from typing import Any

from .._snapshots.scorers import ScorerOption
from .._snapshots.scorers import scorer as _scorer
from .._snapshots.snapshot import How, Snapshot
from .._snapshots.values import SnapshotError
from .._snapshots.verdict import LEVELS, Level
from . import test_run

_STORED: Any = object()


def llm_snapshot(
    expected: Any = _STORED,
    *,
    level: Level | None = None,
    scorer: ScorerOption | None = None,
    threshold: float | None = None,
    name: str | None = None,
) -> Snapshot:
    """What a test expects of an answer: ``assert answer == llm_snapshot(...)``.

    Args:
        expected: what the answer must say, or a value of inline-snapshot. If you leave it out, the
            first run stores the answer in ``__llm_snapshots__`` beside the test, and later runs
            compare with it.
        level: ``exact``; ``structure`` (keys, types, tools, shapes of arguments, finish reason),
            the default for anything but a text; or ``text`` (its words), the default for a text.
        scorer: decides in place of a level: ``static``, an `EmbeddingScorer`, a `JudgeScorer`, or a
            function of two texts that returns a score from 0 to 1.
        threshold: the score from which an answer passes, from 0 to 1.
        name: of a stored snapshot; by default its number in the test.

    Raises:
        SnapshotError: an option is wrong, or a stored snapshot is asked for outside of a test.
    """
    _check(level, scorer, threshold)
    how = How(level, None if scorer is None else _scorer(scorer), threshold)
    if expected is not _STORED:
        return Snapshot(expected, None, how)
    run = test_run.current()
    slot = None if run is None else run.snapshot_slot(name)
    if slot is None:
        raise SnapshotError(
            "llm_snapshot() stores the answer beside the test, and no test is running",
            "Call it in a test of a run of pytest, or pass what you expect.",
        )
    return Snapshot(None, slot, how)


def _check(level: object, scorer: object, threshold: object) -> None:
    if level is not None and level not in LEVELS:
        raise SnapshotError(f"level is {level!r}", f"It must be one of {', '.join(LEVELS)}.")
    if level is not None and scorer is not None:
        raise SnapshotError(
            "level and scorer are both set",
            "Set one of them: each decides alone.",
        )
    if threshold is not None and (
        not isinstance(threshold, (int, float))
        or isinstance(threshold, bool)
        or not 0 <= threshold <= 1
    ):
        raise SnapshotError(f"threshold is {threshold!r}", "It must be a number from 0 to 1.")
    if threshold is not None and level in ("exact", "structure"):
        raise SnapshotError(
            f"threshold is set, and the level {level} has no scores between 0 and 1",
            "Remove threshold, or use the level text or a scorer.",
        )
