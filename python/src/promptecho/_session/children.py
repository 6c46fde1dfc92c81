"""What a session takes up from its child processes when it ends.

Nothing here may keep the session from saving its own recordings. So what cannot be read is an error
that the end of the session raises, and the file is marked as incomplete.
"""

from __future__ import annotations

from .._base.errors import CassetteError
from .family import Family, State
from .miss import CassetteMiss
from .raised_errors import RaisedErrors
from .session import Session
from .session_warnings import SessionWarnings
from .stored_cassette import StoredCassette


class Children:
    """The children of one session, as its end sees them.

    Args:
        family: the processes of the session.
        stored: the file and its journals.
        session: gets what the children played, missed and recorded.
        raised: gets what was raised in them.
        warnings: gets the warnings that are errors in them.
    """

    def __init__(
        self,
        family: Family,
        stored: StoredCassette,
        session: Session,
        raised: RaisedErrors,
        warnings: SessionWarnings,
    ) -> None:
        self._family = family
        self._stored = stored
        self._session = session
        self._raised = raised
        self._warnings = warnings

    def take_up(self, error: BaseException | None) -> int:
        """Take up what they left; returns how many requests they made.

        Args:
            error: what the block of the cassette ends with. It may be the error of a child.
        """
        left = self._family.close()
        if left is None:
            if self._family.is_lost:
                self._look_for_journals()
            return 0
        self._session.plays[:] = left.plays
        self._take_up_errors(left.errors, error)
        self._take_up_recordings(left)
        return left.asked

    def _take_up_errors(
        self, errors: tuple[BaseException, ...], error: BaseException | None
    ) -> None:
        misses = [each for each in errors if isinstance(each, CassetteMiss)]
        self._session.missed.extend(each.args[0] for each in misses)  # a `Miss`
        self._warnings.held.extend(each for each in errors if isinstance(each, Warning))
        others = (each for each in errors if not isinstance(each, Warning))
        self._raised.of_children(others, error)

    def _take_up_recordings(self, left: State) -> None:
        count = 0
        for journal in left.journals:
            try:
                recorded = self._stored.of_child(journal)
            except CassetteError as problem:
                self._raised.errors.append(problem)
                continue
            self._session.take_up(recorded)
            count += len(recorded)
        if count:
            self._warnings.of_children(count)

    def _look_for_journals(self) -> None:
        """The folder is gone in which children said what they recorded; their journals may be."""
        for journal in self._stored.left_behind():
            self._raised.errors.append(
                CassetteError(
                    "cassette.unreadable",
                    "a program deleted the temporary folder of this session, so the session does "
                    "not know whether this journal is of a child process",
                    "Let no program delete it while the cassette is open. The next session that "
                    "may record takes the journal up.",
                    path=journal,
                )
            )
