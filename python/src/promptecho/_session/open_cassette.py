"""An open cassette: what a backend asks, and what closes the session.

A backend talks to an `OpenCassette` and to nothing else::

    answer = opened.answer(request)         # raises CassetteMiss
    if isinstance(answer, ReplayResponse):  # replay it
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

from .._base.errors import CassetteError, OptionError
from .._base.model import Request
from .._base.vocabulary import FIRST_STATUS
from .._base.warnings import RecordedErrorResponse
from .._matching.request import Prepared, prepare
from .._matching.rules import passthrough, secret_values
from .._redaction.places import Found
from .capture import Capture
from .match_on_names import meaningless
from .miss import CassetteMiss, Miss
from .modes import Mode
from .options import Options
from .raised_errors import RaisedErrors
from .redirects import Redirects
from .response import LiveResponse, ReplayResponse, playable, record
from .secret_parameters import SecretParameters
from .session import CallUpstream, Decision, Session
from .session_warnings import SessionWarnings
from .stored_cassette import StoredCassette

_FIRST_ERROR = 400
_INTERRUPTS = (KeyboardInterrupt, SystemExit, GeneratorExit)


class OpenCassette:
    """A cassette that is open.

    Attributes:
        path: the file, as the caller named it.
        session: the state machine, with what was sent, replayed, recorded and missed.
        raised: what was raised into the block.
        warnings: the warnings, with those that wait for the end of the block.
    """

    def __init__(
        self, path: str | os.PathLike[str], options: Options, mode: Mode, environ: Mapping[str, str]
    ) -> None:
        self.path = os.fspath(path)
        self.options = options
        self.mode = mode
        self.raised = RaisedErrors()
        self.warnings = SessionWarnings(self.path)
        self._lock = threading.RLock()
        self._passthrough = passthrough(options.passthrough)
        self._captures: list[Capture] = []
        self._parameters = SecretParameters()
        self._redirects = Redirects()
        self._closed = False
        self._stored = StoredCassette(path, options, mode, secret_values(environ))
        self._rules = self._stored.setup.policy
        try:
            self.session = Session(self._stored.setup)
        except BaseException:
            self._stored.release()
            raise
        for journal in self._stored.left:
            self.warnings.journal_left(journal)

    # Answering

    def passes(self, url: str) -> bool:
        """Whether calls of this URL pass through and are not recorded [PASS-1]."""
        return self._passthrough.match(url) and not self._redirects.sent_to(url)

    def answer(self, request: Request) -> ReplayResponse | Capture:
        """What answers a request: a recording, or a live call that is captured.

        Raises:
            CassetteMiss: no recording answers, and a live call is not allowed.
            CassetteError: `secret.found`, under `on_secret="raise"`.
        """
        prepared = prepare(request, self._rules, self.session.setup.matching)
        with self._lock:
            decision = self._decide(prepared, request.url)
            if isinstance(decision, Miss):
                raise self.raised.add(CassetteMiss(decision))
            if isinstance(decision, CallUpstream):
                return self._capture(decision.ticket, prepared)
        if decision.drift and self.options.on_drift == "warn":
            self.warnings.drift(decision)
        if decision.by_older_lists:
            self.warnings.older_lists()
        answer = playable(decision.interaction, self._rules, decision.numbers)
        self._redirects.note(request.url, answer)
        return answer

    def _decide(self, prepared: Prepared, url: str) -> Decision:
        # A URL that passes through gets here only if a replayed response sent the client to it.
        try:
            return self.session.decide(prepared, live=not self._passthrough.match(url))
        except CassetteError as error:  # recordings are parsed late; this one is damaged
            raise self.raised.add(error) from None

    def _capture(self, ticket: int, prepared: Prepared) -> Capture:
        if self._stored.refusal is not None:
            self.session.discard(ticket)
            raise self.raised.add(self._stored.refusal)
        self._check_secrets(prepared.secrets, prepared, ticket)
        timing = self.options.record_timing
        capture = Capture(ticket, prepared, self._captured, timing=timing)
        self._captures.append(capture)
        return capture

    def _captured(self, capture: Capture, received: LiveResponse | None) -> None:
        """Record what a capture has collected; None when there was no response.

        A status below 200 is not recorded: a call that changes the protocol is not replayed.
        """
        with self._lock:
            if self._closed or capture not in self._captures:
                return
            self._captures.remove(capture)
            if received is None or received.status < FIRST_STATUS:
                self.session.discard(capture.ticket)
                return
            response, redacted, secrets = record(received, self._rules)
            self._check_secrets(secrets, capture.prepared, capture.ticket)
            interaction = self.session.record(
                capture.ticket, response, redacted, capture.started_at
            )
            if interaction is not None:
                self._stored.append(interaction)
                for name in self._parameters.decisive(capture.prepared, response):
                    self.warnings.secret_decides(name)
        if response.status >= _FIRST_ERROR and self.options.on_record_error == "warn":
            self.warnings.error_recorded(capture.prepared.request, response.status)

    def refuses(self, status: int) -> bool:
        """Whether a response of this status must not be recorded (`on_record_error="raise"`)."""
        return status >= _FIRST_ERROR and self.options.on_record_error == "raise"

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Discard an error response; returns the exception to raise."""
        with self._lock:
            capture.fail()
            request = capture.prepared.request
            text = self._rules.redactor.document(body.decode("utf-8", "replace"))
            error = RecordedErrorResponse(self.path, request.method, request.url, status, text)
            return self.raised.add(error)

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
        self._stored.release()

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
        with self._lock:
            for capture in list(self._captures):
                with suppress(CassetteError):  # a secret; `raised` has it
                    capture.stop()
            self._closed = True
            meaningless = self._meaningless_names()
            failed = error is not None or bool(self.raised.errors) or meaningless is not None
            try:
                self._stored.save(self.session.close(failed=failed))
            finally:
                self._stored.release()
        if error is None and not self.session.sent:
            self.warnings.no_request()
        if meaningless is not None and not isinstance(error, _INTERRUPTS):
            raise meaningless
        swallowed = self.raised.swallowed(error)
        if swallowed is not None:
            raise swallowed
        if self.warnings.held and error is None:
            raise self.warnings.held[0]

    def _meaningless_names(self) -> OptionError | None:
        return meaningless(self.options.match_on or (), self.session.sent)
