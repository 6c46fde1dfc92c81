"""A session in several processes: the one that opened the cassette, and its children.

A forked child has a copy of the session; a spawned child gets it by a `Ticket`. All of them answer
from the recordings that were there when the cassette was opened, and count in one place how often
each was played. A child writes what it records into a journal of its own, beside the file. The
process that opened the cassette saves the file: when it closes the cassette, it takes up the
journals, and from then on no child gets an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, NamedTuple

from .._base.errors import CassetteError
from .._base.stop import Stop
from .miss import Miss

if TYPE_CHECKING:
    from .._storage.shared_state import SharedState
    from .recordings import Setup
    from .session import Session


class CassetteClosed(Stop):
    """A child process made a call after its parent had closed the cassette."""

    __module__ = "promptecho"

    def __init__(self, path: str) -> None:
        self.path = path
        BaseException.__init__(self, path)

    def __str__(self) -> str:
        return (
            f"the cassette {self.path} was closed by the process that opened it, and this process "
            "was started while it was open\n"
            "End the process inside the block, or start it after the block."
        )


class State(NamedTuple):
    """What the processes of a session share.

    Attributes:
        plays: how many requests each recording of the file has answered.
        journals: the files of what children recorded.
        missed: the misses of children.
        asked: how many requests the children made.
        closed: whether the cassette was closed.
    """

    plays: tuple[int, ...]
    journals: tuple[str, ...] = ()
    missed: tuple[Miss, ...] = ()
    asked: int = 0
    closed: bool = False


class Family:
    """The processes of one session; there is one process until the first child.

    Args:
        path: the cassette, for messages.
        folder: where a child that was spawned meets the others; None for the process that opens
            the cassette.

    Attributes:
        is_child: whether this process is a child.
    """

    def __init__(self, path: str, folder: str | None = None) -> None:
        self.is_child = folder is not None
        self._path = path
        self._shared: SharedState | None = None
        if folder is not None:
            from .._storage.shared_state import SharedState

            self._shared = SharedState(folder)

    def grow(self, session: Session) -> None:
        """Before a child is started: share what the processes share.

        Raises:
            OSError: there is no temporary folder. A forked child then has counts of its own, and
                cannot record.
        """
        if self._shared is None:
            from .._storage.shared_state import SharedState

            self._shared = SharedState.create(State(tuple(session.plays)))

    def meet(self, session: Session) -> str:
        """Where children that are spawned meet this process; `setup_of` reads the setup there.

        Raises:
            OSError: there is no temporary folder.
        """
        self.grow(session)
        assert self._shared is not None
        if not self._shared.has("setup"):
            # The policy knows secret values of the environment, and stays here.
            setup = session.setup._replace(policy=None)  # type: ignore[arg-type]
            self._shared.write("setup", setup)
        return self._shared.folder

    @contextmanager
    def deciding(self, session: Session) -> Iterator[None]:
        """While the session decides about a request: other processes wait.

        Raises:
            CassetteClosed: this is a child, and the cassette was closed.
        """
        if self._shared is None:
            yield
            return
        with self._turn(self._shared) as change:
            session.plays[:] = change.state.plays
            missed = len(session.missed)
            try:
                yield
            finally:
                state = change.state._replace(plays=tuple(session.plays))
                if self.is_child:
                    new = tuple(session.missed[missed:])
                    state = state._replace(asked=state.asked + 1, missed=state.missed + new)
                change.state = state

    def write(self, append: Callable[[], str]) -> None:
        """Write a recording of this process into its journal.

        Args:
            append: does it, and returns the file.

        Raises:
            CassetteClosed: this is a child, and nobody will take up what it records.
        """
        if not self.is_child:
            append()
            return
        if self._shared is None:
            raise CassetteClosed(self._path)
        with self._turn(self._shared) as change:
            journal = append()
            if not journal:
                raise _unwritable(self._path)
            if journal not in change.state.journals:
                change.state = change.state._replace(journals=(*change.state.journals, journal))

    def close(self) -> State | None:
        """End the session for the children; returns what they left, or None without children."""
        if self._shared is None or self.is_child:
            return None
        with self._turn(self._shared) as change:
            state = change.state
            change.state = state._replace(closed=True)
        return state

    def end(self) -> None:
        """Delete what the processes share."""
        if self._shared is not None and not self.is_child:
            self._shared.remove()

    @contextmanager
    def _turn(self, shared: SharedState) -> Iterator[_Change]:
        try:
            with shared.turn():
                before: State = shared.read("state")
                if before.closed:
                    raise CassetteClosed(self._path)
                change = _Change(before)
                try:
                    yield change
                finally:
                    if change.state != before:
                        shared.write("state", change.state)
        except FileNotFoundError:
            raise CassetteClosed(self._path) from None


class _Change:
    """The shared state during one turn."""

    def __init__(self, state: State) -> None:
        self.state = state


def _unwritable(path: str) -> CassetteError:
    return CassetteError(
        "cassette.unwritable",
        "a child process cannot write what it recorded beside the file",
        "Free disk space or fix the permissions, then run again.",
        path=path,
    )


def setup_of(path: str, folder: str) -> Setup:
    """The setup of the session that a child joins, without its policy.

    Args:
        path: the cassette, for messages.
        folder: where the processes of the session meet.

    Raises:
        CassetteClosed: the session is over.
    """
    from .._storage.shared_state import SharedState

    try:
        setup: Setup = SharedState(folder).read("setup")
    except FileNotFoundError:
        raise CassetteClosed(path) from None
    return setup
