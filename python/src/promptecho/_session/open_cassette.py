"""An open cassette: what a backend asks, and what closes the session.

A backend talks to an `OpenCassette` and to nothing else::

    answer = opened.answer(request)         # raises CassetteMiss
    if isinstance(answer, ReplayResponse):  # replay it
    if isinstance(answer, ReplayFailure):   # raise the client's own exception of this kind
    else:                                   # a Capture: make the call and report it
        answer.head(...); answer.chunk(...); answer.end()

Its parts have modules of their own: `answering`, `live_calls` and `closing` use `Session`, which
decides, `StoredCassette`, which opens and saves the file, `SessionWarnings` and `RaisedErrors`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from .._base.model import Request
from .._matching.rules import secret_values
from . import closing
from .answering import Answering
from .capture import Capture
from .family import Family
from .live_calls import LiveCalls
from .modes import Misses, Mode
from .options import Options
from .raised_errors import RaisedErrors
from .response import ReplayFailure, ReplayResponse
from .session import Session
from .session_parts import SessionParts
from .session_warnings import SessionWarnings
from .sharing import ALONE, Sharing
from .stored_cassette import StoredCassette
from .taken_values import Memory
from .ticket import Ticket
from .turns import Starts

if TYPE_CHECKING:
    from .verifying import Budget, Verified, Verifying


class OpenCassette:
    """A cassette that is open.

    Attributes:
        path: the file, as the caller named it.
        is_shared: whether other tests of a run use the file too.
        is_disabled: whether all calls are live (`LiveCassette`).
        live: how many live calls it has passed through, if it is disabled.
        session: the state machine, with what was sent, replayed, recorded and missed.
        stored: the file and its journals.
        owner: the number of the process that opened it; this may be a child of that process.
        raised: what was raised into the block.
        warnings: the warnings, with those that wait for the end of the block.
    """

    is_shared = False
    is_disabled = False
    live = 0

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: Options,
        mode: Mode,
        environ: Mapping[str, str],
        *,
        ticket: Ticket | None = None,
        sharing: Sharing = ALONE,
        writes_digests: bool = True,
        misses: Misses = Misses.PLAIN,
        budget: Budget | None = None,
        fuzzy: float | None = None,
        origin: str | None = None,
    ) -> None:
        self.path = os.fspath(path)
        self.options = options
        self.mode = mode
        self.is_shared = sharing.shared
        self.owner = os.getpid() if ticket is None else ticket.owner
        self.raised = RaisedErrors()
        self.warnings = SessionWarnings(self.path)
        literals = secret_values(environ)
        self.stored = StoredCassette(path, options, mode, literals, sharing, ticket)
        try:
            given = self.stored.setup
            setup = given._replace(
                writes_digests=writes_digests,
                misses=misses,
                fuzzy=fuzzy,
                origin=origin,
                # Mode ``verify`` shows what a provider answers now.
                faults=() if mode is Mode.VERIFY else options.faults,
            )
            self.session = Session(setup)
        except BaseException:
            self.stored.release()
            raise
        self._parts = SessionParts(
            self.path,
            options,
            threading.RLock(),
            self.session,
            self.stored,
            Family(self.path, self.raised, ticket),
            self.raised,
            self.warnings,
            Starts(),
            _verifying(budget) if mode is Mode.VERIFY else None,
        )
        self.raised.report = self.warnings.report = self._parts.family.report
        self._live = LiveCalls(self._parts, sharing.memory or Memory())
        self._answering = Answering(self._parts, self._live)
        for journal in self.stored.left:
            self.warnings.journal_left(journal)
        if self.stored.not_read:
            self.warnings.not_read(self.stored.not_read)

    @classmethod
    def joined(cls, ticket: Ticket, environ: Mapping[str, str]) -> OpenCassette:
        """The cassette of another process, in a child that was spawned.

        Raises:
            CassetteClosed: it was closed meanwhile.
        """
        return cls(ticket.path, ticket.options, ticket.mode, environ, ticket=ticket)

    # Calls

    def passes(self, url: str) -> bool:
        """Whether calls of this URL pass through and are not recorded [PASS-1]."""
        return self._answering.passes(url)

    def is_telemetry(self, request: Request) -> bool:
        """Whether a request passes through because of its path and content [PASS-4]."""
        return self._answering.is_telemetry(request)

    def answer(self, request: Request) -> ReplayResponse | ReplayFailure | Capture:
        """What answers a request: a recording, or a live call that is captured.

        Raises:
            CassetteMiss: no recording answers, and a live call is not allowed.
            CassetteError: `secret.found`, under `on_secret="raise"`.
        """
        return self._answering.answer(request)

    def refuses(self, status: int) -> bool:
        """Whether a response of this status must not be recorded (`on_record_error="raise"`)."""
        return self._live.refuses(status)

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Discard an error response; returns the exception to raise."""
        return self._live.refuse(capture, status, body)

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Warn that the calls of a library are not seen."""
        self.warnings.not_intercepted(library, error)

    @property
    def verified(self) -> list[Verified]:
        """What live calls have shown, in mode ``verify``."""
        verifying = self._parts.verifying
        return [] if verifying is None else list(verifying.results)

    # Closing

    def abandon(self) -> None:
        """End a session that saw no request: unlock its journals and write nothing."""
        self.stored.release()
        self._parts.family.end()

    def close(self, error: BaseException | None) -> None:
        """End the session: write the file, and raise what the block swallowed.

        Args:
            error: what the block raised, or None.

        Raises:
            BaseException: see `closing.close`.
        """
        closing.close(self._parts, self._live, error)

    # Child processes

    def before_child(self) -> None:
        """Before a fork: no thread is in the middle of a decision, and the counts are shared."""
        self._parts.lock.acquire()
        with suppress(OSError):
            self._parts.family.grow(self.session, self._live.learned)

    def after_child(self) -> None:
        """After a fork, in the parent."""
        self._parts.lock.release()

    def become_child(self) -> None:
        """After a fork, in the child: what threads of the parent were doing goes on there only."""
        self._live.forget()
        self.session.offers.forget()
        self.raised.errors.clear()
        self.warnings.held.clear()
        self._parts.family.become_child()
        self._parts.starts.become_child()
        self.stored.leave()
        self._parts.lock.release()

    def ticket(self) -> Ticket:
        """A ticket for a child that is spawned.

        Raises:
            OSError: there is no temporary folder.
        """
        with self._parts.lock:
            folder, key = self._parts.family.meet(self.session, self._live.learned)
        stored = self.stored
        return Ticket(stored.path, self.options, self.mode, folder, key, self.owner, stored.refusal)

    def raised_in_children(self) -> tuple[BaseException, ...]:
        """What was raised in child processes since the last call."""
        return self._parts.family.news()


def _verifying(budget: Budget | None) -> Verifying:
    from .verifying import Budget, Verifying

    return Verifying(budget or Budget())
