"""What a session takes up from its child processes when it ends.

Nothing here may keep the session from saving its own recordings. So what cannot be read is an error
that the end of the session raises, and the file is marked as incomplete.
"""

from __future__ import annotations

from .._base.errors import CassetteError
from .miss import CassetteMiss
from .session_parts import SessionParts


def take_up(parts: SessionParts, error: BaseException | None) -> int:
    """Take up what child processes played, missed and recorded; returns their requests.

    Args:
        parts: of the cassette.
        error: what the block of the cassette ends with. It may be the error of a child.
    """
    left = parts.family.close()
    if parts.family.is_lost:
        _look_for_journals(parts, left.journals if left is not None else ())
    if left is None:
        return 0
    parts.session.plays[:] = left.plays
    _take_up_errors(parts, left.errors, error)
    _take_up_recordings(parts, left.journals)
    return left.asked


def _take_up_errors(
    parts: SessionParts, errors: tuple[BaseException, ...], error: BaseException | None
) -> None:
    misses = [each for each in errors if isinstance(each, CassetteMiss)]
    parts.session.missed.extend(each.args[0] for each in misses)  # a `Miss`
    parts.warnings.held.extend(each for each in errors if isinstance(each, Warning))
    parts.raised.of_children((each for each in errors if not isinstance(each, Warning)), error)


def _take_up_recordings(parts: SessionParts, journals: tuple[str, ...]) -> None:
    count = 0
    for journal in journals:
        try:
            recorded = parts.stored.of_child(journal)
        except CassetteError as problem:
            parts.raised.errors.append(problem)
            continue
        parts.session.take_up(recorded)
        count += len(recorded)
    if count:
        parts.warnings.of_children(count)


def _look_for_journals(parts: SessionParts, known: tuple[str, ...]) -> None:
    """The folder is gone in which children said what they recorded; their journals may be there."""
    for journal in set(parts.stored.left_behind()).difference(known):
        parts.raised.errors.append(
            CassetteError(
                "cassette.unreadable",
                "a program deleted the temporary folder of this session, so the session does not "
                "know whether this journal is of a child process",
                "Let no program delete it while the cassette is open. The next session that may "
                "record takes the journal up.",
                path=journal,
            )
        )
