"""An open cassette: what a backend asks, and what closes the session.

A backend talks to an `OpenCassette` and to nothing else::

    answer = opened.answer(request)         # raises CassetteMiss
    if isinstance(answer, ReplayResponse):  # replay it
    if isinstance(answer, ReplayFailure):   # raise the client's own exception of this kind
    else:                                   # a Capture: make the call and report it
        answer.head(...); answer.chunk(...); answer.end()

`Session` decides, `StoredCassette` opens and saves the file, `SessionWarnings` warns, and
`RaisedErrors` remembers. One lock guards them: threads and event loops may ask at the same time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from .._base.errors import CassetteError, OptionError
from .._base.model import Failure, RecordedRequest, RecordedResponse, Request
from .._base.vocabulary import CANCELLED, FIRST_ERROR, FIRST_STATUS
from .._base.warnings import RecordedErrorResponse
from .._matching.request import Prepared, prepare
from .._matching.rules import passthrough, secret_values
from .._matching.telemetry import is_telemetry, looks_like_telemetry
from .._matching.url import stored_url
from .._redaction.places import Found
from .capture import Capture
from .children import Children
from .decision_log import debug_logger, log_decision, log_passed
from .family import Family, Ticket
from .match_on_names import meaningless
from .miss import CassetteMiss, Miss
from .modes import Mode
from .options import Options
from .own_server import OwnServer
from .raised_errors import RaisedErrors
from .redirects import Redirects
from .response import (
    LiveResponse,
    Recorded,
    ReplayFailure,
    ReplayResponse,
    playable,
    record,
)
from .returned_values import with_returned, without_returned
from .secret_parameters import SecretParameters
from .session import CallUpstream, Decision, Replay, Session
from .session_warnings import SessionWarnings
from .sharing import ALONE, Sharing
from .stored_cassette import StoredCassette
from .taken_values import SentRequests
from .turns import Starts, Turns, waits

_INTERRUPTS = (KeyboardInterrupt, SystemExit, GeneratorExit)


class OpenCassette:
    """A cassette that is open.

    Attributes:
        path: the file, as the caller named it.
        is_shared: whether other tests of a run use the file too.
        is_disabled: whether all calls are live (`LiveCassette`).
        live: how many live calls it has passed through, if it is disabled.
        session: the state machine, with what was sent, replayed, recorded and missed.
        stored: the file and its journals.
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
    ) -> None:
        self.path = os.fspath(path)
        self.options = options
        self.mode = mode
        self.is_shared = sharing.shared
        self.raised = RaisedErrors()
        self.warnings = SessionWarnings(self.path)
        self._lock = threading.RLock()
        self._passthrough = passthrough(options.passthrough)
        self._captures: list[Capture] = []
        self._parameters = SecretParameters()
        self._own_server = OwnServer()
        self._redirects = Redirects()
        self._sent = SentRequests()
        self._closed = False
        self._starts = Starts()
        self._family = Family(self.path, self.raised, ticket)
        self.raised.report = self.warnings.report = self._family.report
        literals = secret_values(environ)
        self.stored = StoredCassette(path, options, mode, literals, sharing, ticket)
        self._rules = self.stored.setup.policy
        try:
            self.session = Session(self.stored.setup)
        except BaseException:
            self.stored.release()
            raise
        self._children = Children(
            self._family, self.stored, self.session, self.raised, self.warnings
        )
        for journal in self.stored.left:
            self.warnings.journal_left(journal)

    @classmethod
    def joined(cls, ticket: Ticket, environ: Mapping[str, str]) -> OpenCassette:
        """The cassette of another process, in a child that was spawned.

        Raises:
            CassetteClosed: it was closed meanwhile.
        """
        return cls(ticket.path, ticket.options, ticket.mode, environ, ticket=ticket)

    # Answering

    def passes(self, url: str) -> bool:
        """Whether calls of this URL pass through and are not recorded [PASS-1]."""
        if not self._passthrough.match(url) or self._redirects.sent_to(url):
            return False
        if debug_logger() is not None:
            log_passed(self.path, self._rules.redactor.url(stored_url(url, self._rules.query)))
        return True

    def is_telemetry(self, request: Request) -> bool:
        """Whether a request passes through because of its path and content [PASS-4]."""
        return is_telemetry(request) and not self._redirects.sent_to(request.url)

    def answer(self, request: Request) -> ReplayResponse | ReplayFailure | Capture:
        """What answers a request: a recording, or a live call that is captured.

        Raises:
            CassetteMiss: no recording answers, and a live call is not allowed.
            CassetteError: `secret.found`, under `on_secret="raise"`.
        """
        with self._lock:
            self._learn_from_open_calls()
            if not self.session.only_replays:
                self._sent.add(request)
        prepared = prepare(request, self._rules, self.session.setup.matching)
        decision: Decision | None = None
        try:
            with self._lock, self._family.deciding(self.session):
                decision = self._decide(prepared, request.url)
                if isinstance(decision, Miss):
                    raise self._miss(decision, request)
                self._notice_own_server(decision, request.url)
                if isinstance(decision, CallUpstream):
                    return self._capture(decision.ticket, prepared)
        finally:
            # Outside of the lock: the handler of a log may make calls, or wait for one.
            log_decision(self.path, prepared.request, decision, self.session)
        if decision.drift and self.options.on_drift == "warn":
            self.warnings.drift(decision)
        if decision.by_older_lists:
            self.warnings.older_lists()
        played = playable(decision.interaction, self._rules, decision.numbers)
        if played.failure is not None and played.failure.kind == CANCELLED:
            self._starts.wait_for_cancel()
        if isinstance(played, ReplayFailure):
            return played
        played = with_returned(played, prepared.query)
        self._redirects.note(request.url, played)
        recorded = decision.interaction.request
        played = played._replace(read_past=lambda: self.warnings.read_past(recorded))
        response = decision.interaction.response
        if response is None or not (decision.calls or waits(decision.interaction)):
            return played
        return played._replace(turns=self._turns(decision, response, played.chunks))

    def _turns(
        self, decision: Replay, response: RecordedResponse, chunks: tuple[bytes, ...]
    ) -> Turns:
        warns = self.options.on_drift == "warn"
        give_up = partial(self.warnings.waited, decision) if warns else _nothing
        after = response.after or ()
        return Turns(
            after,
            chunks,
            self._starts,
            give_up,
            truncated=response.truncated,
            calls=decision.calls,
        )

    def _miss(self, miss: Miss, request: Request) -> BaseException:
        miss = miss._replace(
            telemetry=looks_like_telemetry(request), own_server=self._own_server.has(request.url)
        )
        return self.raised.add(CassetteMiss(miss))

    def _notice_own_server(self, decision: Decision, url: str) -> None:
        own = self._own_server
        host = own.recorded(url) if isinstance(decision, CallUpstream) else own.replayed(url)
        if host is not None:
            self.warnings.own_server(host)

    def _decide(self, prepared: Prepared, url: str) -> Decision:
        # A URL that passes through gets here only if a replayed response sent the client to it.
        self._starts.add()
        try:
            return self.session.decide(prepared, live=not self._passthrough.match(url))
        except CassetteError as error:  # recordings are parsed late; this one is damaged
            raise self.raised.add(error) from None

    def _capture(self, ticket: int, prepared: Prepared) -> Capture:
        self.stored.look_at_folder()
        if self.stored.refusal is not None:
            self.session.discard(ticket)
            raise self.raised.add(self.stored.refusal)
        self._check_secrets(prepared.secrets, prepared, ticket)
        timing = self.options.record_timing
        capture = Capture(ticket, prepared, self._captured, timing=timing, starts=self._starts)
        self._captures.append(capture)
        return capture

    def _captured(
        self, capture: Capture, received: LiveResponse | None, failure: Failure | None
    ) -> None:
        """Record what a capture has collected.

        A status below 200 is not recorded: a call that changes the protocol is not replayed.
        """
        with self._lock:
            if self._closed or capture not in self._captures:
                return
            self._captures.remove(capture)
            is_switch = received is not None and received.status < FIRST_STATUS
            if is_switch or (received is None and failure is None):
                self.session.discard(capture.ticket)
                return
            fault = None if failure is None or failure.kind == CANCELLED else failure
            if fault is not None and self.options.on_record_error == "raise":
                self.session.discard(capture.ticket)
                raise self.raised.add(self._refused(capture, failure=fault.kind))
            status = self._record(capture, received, failure)
        if self.options.on_record_error == "warn":
            if fault is not None:
                self.warnings.failure_recorded(capture.prepared.request, fault.kind)
            elif status >= FIRST_ERROR:
                self.warnings.error_recorded(capture.prepared.request, status)

    def _record(
        self, capture: Capture, received: LiveResponse | None, failure: Failure | None
    ) -> int:
        """Record a response, a failure or both; returns the status, 0 if there is no response."""
        recorded = None if received is None else self._stored_form(capture, received)
        if recorded is not None:
            self._learn(recorded)
            self._check_secrets(recorded.secrets, capture.prepared, capture.ticket)
        interaction = self.session.record(
            capture.ticket,
            recorded and recorded.response,
            recorded.redacted if recorded is not None else (),
            capture.started_at,
            failure,
        )
        if interaction is not None:
            self._family.write(lambda: self.stored.append(interaction))
        if recorded is None:
            return 0
        if interaction is not None:
            for name in self._parameters.decisive(capture.prepared, recorded.response):
                self.warnings.secret_decides(name)
            if recorded.named:
                self.warnings.replaced_by_name(interaction.request, recorded.named)
        return recorded.response.status

    def _stored_form(self, capture: Capture, received: LiveResponse) -> Recorded:
        prepared = capture.prepared
        recorded = record(received, self._rules, conversation=prepared.conversation)
        response = without_returned(recorded.response, prepared.query)
        return recorded._replace(response=response)

    # What answers tell [RED-16]

    def _learn(self, recorded: Recorded) -> None:
        """Know the secret values of an answer again in later requests."""
        values = self._sent.without(recorded.taken)
        if values:
            self._rules = self._rules.knowing(values)

    def _learn_from_open_calls(self) -> None:
        """A client may use what it has read of an answer before the answer is complete."""
        for capture in self._captures:
            received = capture.news()
            if received is not None:
                self._learn(self._stored_form(capture, received))

    def refuses(self, status: int) -> bool:
        """Whether a response of this status must not be recorded (`on_record_error="raise"`)."""
        return status >= FIRST_ERROR and self.options.on_record_error == "raise"

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Discard an error response; returns the exception to raise."""
        with self._lock:
            capture.discard()
            text = self._rules.redactor.body(body.decode("utf-8", "replace"))
            return self.raised.add(self._refused(capture, status, text))

    def _refused(
        self,
        capture: Capture,
        status: int | None = None,
        text: str = "",
        failure: str | None = None,
    ) -> RecordedErrorResponse:
        request = capture.prepared.request
        return RecordedErrorResponse(self.path, request.method, request.url, status, text, failure)

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Warn that the calls of a library are not seen."""
        self.warnings.not_intercepted(library, error)

    def _check_secrets(self, found: tuple[Found, ...], prepared: Prepared, ticket: int) -> None:
        if not found:
            return
        request = prepared.request
        places = ", ".join(f"{place} ({', '.join(shapes)})" for place, shapes in found[:8])
        what = f"{request.method} {request.url} has what looks like a secret at {places}"
        if self.options.on_secret == "raise":
            self.session.discard(ticket)
            error = CassetteError(
                "secret.found",
                what,
                "Nothing was recorded. Remove the secret from the call, or pass "
                "on_secret='redact' to redact it.",
                path=self.path,
            )
            raise self.raised.add(error)
        self.warnings.secret(what, redacted=self.options.on_secret == "redact")

    # Closing

    def abandon(self) -> None:
        """End a session that saw no request: unlock its journals and write nothing."""
        self.stored.release()
        self._family.end()

    def close(self, error: BaseException | None) -> None:
        """End the session: write the file, and raise what the block swallowed.

        Args:
            error: what the block raised, or None.

        Raises:
            CassetteError: the file could not be written.
            OptionError: a name in `match_on` means nothing [MATCH-9].
            CassetteMiss, RecordedErrorResponse, CassetteError: one that was raised inside the block
                and swallowed there [MISS-6].
            Warning: one that the user's filters turned into an error.
        """
        self._starts.close()
        with self._lock:
            unread = self._stop_captures()
            self._closed = True
            try:
                asked_by_children = self._children.take_up(error)
                meaningless = None if asked_by_children else self._meaningless_names()
                failed = error is not None or bool(self.raised.errors) or meaningless is not None
                outcome = self.session.close(failed=failed, others=self.stored.others())
                if not self._family.is_child:
                    self.stored.save(outcome)
            finally:
                self.stored.release()
                self._family.end()
        if error is None:
            self._warn_at_the_end(unread, asked_by_children)
        if meaningless is not None and not isinstance(error, _INTERRUPTS):
            raise meaningless
        swallowed = self.raised.swallowed(error)
        if swallowed is not None:
            raise swallowed
        if self.warnings.held and error is None:
            raise self.warnings.held[0]

    def _stop_captures(self) -> list[RecordedRequest]:
        """Record what the calls under way have received; returns those that are not complete."""
        unread = []
        for capture in list(self._captures):
            with suppress(CassetteError):  # a secret; `raised` has it
                capture.stop()
            capture.cut = True
            recorded = self.session.recorded_as(capture.ticket)
            if recorded is None or recorded.response is None or recorded.response.truncated:
                unread.append(capture.prepared.request)
        return unread

    def _warn_at_the_end(self, unread: list[RecordedRequest], asked_by_children: int) -> None:
        if not self.session.sent and not asked_by_children:
            self.warnings.no_request()
        for request in unread:
            self.warnings.unread(request)
        if self.session.only_failures:
            self.warnings.only_failures(self.session.recorded[0])

    # Child processes

    def before_child(self) -> None:
        """Before a fork: no thread is in the middle of a decision, and the counts are shared."""
        self._lock.acquire()
        with suppress(OSError):
            self._family.grow(self.session)

    def after_child(self) -> None:
        """After a fork, in the parent."""
        self._lock.release()

    def become_child(self) -> None:
        """After a fork, in the child: what threads of the parent were doing goes on there only."""
        self._lock = threading.RLock()
        self._captures.clear()
        self.raised.errors.clear()
        self.warnings.held.clear()
        self._family.become_child()
        self._starts.become_child()
        self.stored.leave()

    def ticket(self) -> Ticket:
        """A ticket for a child that is spawned.

        Raises:
            OSError: there is no temporary folder.
        """
        with self._lock:
            return self._family.ticket(self)

    def _meaningless_names(self) -> OptionError | None:
        return meaningless(self.options.match_on or (), self.session.sent)


def _nothing() -> None:
    """Nobody wants to know."""
