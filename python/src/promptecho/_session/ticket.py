"""What a spawned child needs to join the session of its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._base.errors import CassetteError
from .._base.stop import Stop
from .modes import Mode
from .options import Options

if TYPE_CHECKING:
    from .recordings import Setup


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


class Ticket(NamedTuple):
    """What a spawned child needs to join a session.

    It reaches the child through a pipe, and is never written to a file.

    Attributes:
        path: the cassette, absolute.
        options: as the caller named them.
        mode: the record mode in force.
        folder: where the processes of the session meet.
        key: opens what the processes tell each other about secret values.
        owner: the number of the process that opened the cassette.
        refusal: why nothing may be added to the file, or None.
    """

    path: str
    options: Options
    mode: Mode
    folder: str
    key: bytes
    owner: int
    refusal: CassetteError | None

    def __repr__(self) -> str:
        # A report that shows variables gets no key.
        return f"<Ticket {self.path}>"


def setup_of(ticket: Ticket) -> Setup:
    """The setup of the session that a child joins, without its policy.

    Raises:
        CassetteClosed: the session is over.
    """
    from .._storage.shared_state import SharedState

    try:
        setup: Setup = SharedState(ticket.folder).read("setup")
    except FileNotFoundError:
        raise CassetteClosed(ticket.path) from None
    return setup
