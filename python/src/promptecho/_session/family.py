"""A session in several processes: the one that opened the cassette, and its children.

A forked child has a copy of the session; a spawned child gets it by a `Ticket`. All of them answer
from the recordings that were there when the cassette was opened, and count in one place how often
each was played. A child writes what it records into a journal of its own, beside the file. The
process that opened the cassette saves the file: when it closes the cassette, it takes up the
journals, and from then on no child gets an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Callable, NamedTuple

from .._base.errors import CassetteError
from .raised_errors import RaisedErrors
from .ticket import CassetteClosed, Ticket

if TYPE_CHECKING:
    from .._storage.shared_state import SharedState
    from .session import Session


class State(NamedTuple):
    """What the processes of a session share.

    Attributes:
        plays: how many requests each recording of the file has answered.
        journals: the files of what children recorded.
        errors: what was raised in children, in order; their code may have swallowed it.
        asked: how many requests the children made.
        learned: secret values that were learned from answers, sealed [RED-16].
        closed: whether the cassette was closed.
    """

    plays: tuple[int, ...]
    journals: tuple[str, ...] = ()
    errors: tuple[BaseException, ...] = ()
    asked: int = 0
    learned: tuple[bytes, ...] = ()
    closed: bool = False


class Family:
    """The processes of one session; there is one process until the first child.

    Args:
        path: the cassette, for messages.
        raised: remembers errors of the family itself.
        ticket: of a child that was spawned; None for the process that opens the cassette.

    Attributes:
        is_child: whether this process is a child.
        is_lost: whether somebody has deleted the folder in which the processes met.
    """

    def __init__(self, path: str, raised: RaisedErrors, ticket: Ticket | None = None) -> None:
        self.is_child = ticket is not None
        self._path = path
        self._raised = raised
        self._shared: SharedState | None = None
        self._mine: _Turn | None = None
        self._reported = 0  # of the errors of children
        self.is_lost = False
        self._key = b""
        self._heard = 0
        if ticket is not None:
            from .._storage.shared_state import SharedState

            self._shared, self._key = SharedState(ticket.folder), ticket.key

    def grow(self, session: Session, learned: Iterable[str]) -> None:
        """Before a child is started: share what the processes share.

        Args:
            session: the state machine.
            learned: secret values that this process has learned from answers.

        Raises:
            OSError: there is no temporary folder. A forked child then has counts of its own, and
                cannot record.
        """
        if self._shared is not None and not self.is_child and not self._shared.has("state"):
            self._lose()
        if self._shared is None:
            from .._storage.sealed import new_key
            from .._storage.shared_state import SharedState

            self._key = new_key()
            state = State(tuple(session.plays), learned=self._sealed(learned))
            self._shared = SharedState.create(state)

    def meet(self, session: Session, learned: Iterable[str]) -> tuple[str, bytes]:
        """Where children that are spawned meet this process, and the key of what is sealed.

        `setup_of` reads the setup there.

        Raises:
            OSError: there is no temporary folder.
        """
        self.grow(session, learned)
        assert self._shared is not None
        if not self._shared.has("setup"):
            # The policy knows secret values of the environment, and stays here.
            setup = session.setup._replace(policy=None)  # type: ignore[arg-type]
            self._shared.write("setup", setup)
        return self._shared.folder, self._key

    @contextmanager
    def deciding(self, session: Session) -> Iterator[None]:
        """While the session decides about a request: other processes wait.

        Raises:
            CassetteClosed: this is a child, and the cassette was closed.
            CassetteError: the processes cannot share the session.
        """
        if self._shared is None:  # there is no other process
            yield
            return
        with self._turn() as turn:
            if turn.is_shared:
                session.plays[:] = turn.state.plays
            try:
                yield
            finally:
                plays, asked = tuple(session.plays), turn.state.asked + self.is_child
                turn.state = turn.state._replace(plays=plays, asked=asked)

    def write(self, append: Callable[[], str]) -> None:
        """Write a recording of this process into its journal.

        Args:
            append: does it, and returns the file.

        Raises:
            CassetteClosed: this is a child, and nobody will take up what it records.
            CassetteError: the journal cannot be written.
        """
        if not self.is_child:
            append()
            return
        with self._turn() as turn:
            if not turn.is_shared:
                raise CassetteClosed(self._path)
            journal = append()
            if not journal:
                raise self._raised.add(_unwritable(self._path))
            if journal not in turn.state.journals:
                turn.state = turn.state._replace(journals=(*turn.state.journals, journal))

    def report(self, error: BaseException) -> None:
        """In a child: an exception is about to be raised, and the parent must hear of it."""
        if not self.is_child:
            return
        # The parent may have closed the cassette. Then it says so to nobody but this child.
        with suppress(CassetteClosed, CassetteError), self._turn() as turn:
            turn.state = turn.state._replace(errors=(*turn.state.errors, error))

    def news(self) -> tuple[BaseException, ...]:
        """In the parent: what was raised in children since the last call; it waits for nobody."""
        shared = self._shared
        if shared is None or self.is_child:
            return ()
        try:
            state: State = shared.read("state")
        except OSError:
            return ()
        new = state.errors[self._reported :]
        self._reported = len(state.errors)
        return new

    def tell(self, values: Iterable[str]) -> None:
        """Tell the other processes what this one has learned from an answer [RED-27].

        Raises:
            CassetteClosed: this is a child, and the cassette was closed.
            CassetteError: the processes cannot share the session.
        """
        sealed = self._sealed(values)
        if self._shared is None or not sealed:
            return
        with self._turn() as turn:
            turn.state = turn.state._replace(learned=(*turn.state.learned, *sealed))

    def news_of_values(self) -> list[str]:
        """What processes of the session have learned from answers since the last time.

        Raises:
            CassetteClosed: this is a child, and the cassette was closed.
            CassetteError: the processes cannot share the session.
        """
        if self._shared is None:
            return []
        from .._storage.sealed import unseal

        with self._turn() as turn:
            new = turn.state.learned[self._heard :]
        self._heard += len(new)
        return [unseal(each, self._key) for each in new]

    def _sealed(self, values: Iterable[str]) -> tuple[bytes, ...]:
        from .._storage.sealed import seal

        return tuple(seal(value, self._key) for value in values)

    def close(self) -> State | None:
        """End the session for the children; returns what they left, or None if that is nothing."""
        left: State | None = None
        if self._shared is not None and not self.is_child:
            with suppress(CassetteError), self._turn() as turn:  # `raised` has it
                left = turn.state if turn.is_shared else None
                turn.state = turn.state._replace(closed=True)
        return left

    def become_child(self) -> None:
        """After a fork, in the child."""
        self.is_child = True
        self._mine = None

    def end(self) -> None:
        """Delete what the processes share."""
        if self._shared is not None and not self.is_child:
            self._shared.remove()

    @contextmanager
    def _turn(self) -> Iterator[_Turn]:
        """A turn of this process. Inside of one, the same thread gets the same turn again."""
        mine = self._mine
        if mine is not None and mine.thread == threading.get_ident():
            yield mine
            return
        with ExitStack() as stack:
            before = self._begin(stack)
            turn = _Turn(before or State(()), is_shared=before is not None)
            self._mine = turn
            try:
                yield turn
            finally:
                self._mine = None
                if before is not None and turn.state != before:
                    self._save(turn.state)

    def _begin(self, stack: ExitStack) -> State | None:
        """Wait for the turn; returns None if there is nobody to share with."""
        if self._shared is None:
            return None
        try:
            stack.enter_context(self._shared.turn())
            state: State = self._shared.read("state")
        except FileNotFoundError:
            if self.is_child:
                raise CassetteClosed(self._path) from None
            self._lose()
            return None
        except OSError as error:
            raise self._unshared(error) from error
        if state.closed:
            raise CassetteClosed(self._path)
        return state

    def _lose(self) -> None:
        """Somebody has deleted the folder: no child that was started gets an answer now."""
        self._shared, self.is_lost = None, True
        self._heard = self._reported = 0

    def _save(self, state: State) -> None:
        assert self._shared is not None
        try:
            self._shared.write("state", state)
        except OSError as error:
            raise self._unshared(error) from error

    def _unshared(self, error: OSError) -> CassetteError:
        folder = self._shared.folder if self._shared is not None else ""
        problem = CassetteError(
            "cassette.unwritable",
            f"the processes of the session cannot share it in the folder {folder}: "
            f"{error.strerror or error}",
            "Free disk space, or set TMPDIR to a folder of a local disk, then run again.",
            path=self._path,
        )
        self._raised.errors.append(problem)
        return problem


class _Turn:
    """One turn: the state, which may be replaced until the end of the turn.

    Attributes:
        is_shared: whether other processes can see the state.
    """

    def __init__(self, state: State, *, is_shared: bool) -> None:
        self.state = state
        self.is_shared = is_shared
        self.thread = threading.get_ident()


def _unwritable(path: str) -> CassetteError:
    return CassetteError(
        "cassette.unwritable",
        "a child process cannot write what it recorded beside the file",
        "Free disk space or fix the permissions, then run again.",
        path=path,
    )
