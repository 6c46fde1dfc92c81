"""The live calls of an open cassette: begin, record or refuse, and learn what answers tell."""

from __future__ import annotations

from contextlib import suppress

from .._base.errors import CassetteError
from .._base.model import Failure, RecordedRequest, Request
from .._base.vocabulary import CANCELLED, FIRST_ERROR, FIRST_STATUS
from .._base.warnings import RecordedErrorResponse
from .._matching.request import Prepared
from .._matching.rules import RecordingPolicy
from .._redaction.places import Found
from .capture import Capture
from .digests import written
from .learning import Learning, stored_form
from .response import LiveResponse, Recorded
from .secret_parameters import SecretParameters
from .session_parts import SessionParts
from .taken_values import Memory


class LiveCalls:
    """The calls that go to the network and are recorded.

    Args:
        parts: of the cassette.
        memory: what is known of secret values at the start.
    """

    def __init__(self, parts: SessionParts, memory: Memory) -> None:
        self._learning = Learning(parts.stored.setup.policy, memory)
        self._parts = parts
        self._captures: dict[Capture, RecordingPolicy] = {}  # with the rules at their begin
        self._parameters = SecretParameters()
        self._closed = False

    @property
    def rules(self) -> RecordingPolicy:
        """Those in force, with the secret values of answers [RED-16]."""
        return self._learning.rules

    def before(self, request: Request) -> None:
        """Before the session decides about a request: learn what its client may have read."""
        if self._parts.session.only_replays:
            return
        self._learn_from_open_calls()
        self._learning.know(self._parts.family.news_of_values())
        self._learning.sent(request)

    @property
    def learned(self) -> tuple[str, ...]:
        """The values that were learned from answers."""
        return self._learning.values

    def begin(self, ticket: int, prepared: Prepared) -> Capture:
        """Capture a call that the session sends to the network.

        Raises:
            CassetteError: nothing can be recorded, or the request holds a secret.
        """
        self._parts.stored.look_at_folder()
        if self._parts.stored.refusal is not None:
            self._parts.session.discard(ticket)
            raise self._parts.raised.add(self._parts.stored.refusal)
        self._check_secrets(prepared.secrets, prepared, ticket)
        timing = self._parts.options.record_timing
        capture = Capture(
            ticket, prepared, self._captured, timing=timing, starts=self._parts.starts
        )
        self._captures[capture] = self.rules
        return capture

    def _captured(
        self, capture: Capture, received: LiveResponse | None, failure: Failure | None
    ) -> None:
        """Record what a capture has collected.

        A status below 200 is not recorded: a call that changes the protocol is not replayed.
        """
        with self._parts.lock:
            if self._closed or capture not in self._captures:
                return
            rules = self._captures.pop(capture)
            is_switch = received is not None and received.status < FIRST_STATUS
            if is_switch or (received is None and failure is None):
                self._parts.session.discard(capture.ticket)
                return
            fault = None if failure is None or failure.kind == CANCELLED else failure
            if fault is not None and self._parts.options.on_record_error == "raise":
                self._parts.session.discard(capture.ticket)
                raise self._parts.raised.add(self._refused(capture, failure=fault.kind))
            status = self._record(capture, rules, received, failure)
        if self._parts.options.on_record_error == "warn":
            if fault is not None:
                self._parts.warnings.failure_recorded(capture.prepared.request, fault.kind)
            elif status >= FIRST_ERROR:
                self._parts.warnings.error_recorded(capture.prepared.request, status)

    def _record(
        self,
        capture: Capture,
        rules: RecordingPolicy,
        received: LiveResponse | None,
        failure: Failure | None,
    ) -> int:
        """Record a response, a failure or both; returns the status, 0 if there is no response."""
        recorded = None
        if received is not None:
            tell = self._parts.family.tell
            recorded = self._learning.stored(capture.prepared, received, rules, tell)
            self._check_secrets(recorded.secrets, capture.prepared, capture.ticket)
        request, text = written(capture.prepared, self._parts.session.setup)
        interaction = self._parts.session.record(
            capture.ticket,
            recorded and recorded.response,
            recorded.redacted if recorded is not None else (),
            capture.started_at,
            failure,
            request,
        )
        if interaction is not None:
            self._parts.family.write(lambda: self._parts.stored.append(interaction, text))
        if recorded is None:
            return 0
        if interaction is not None:
            for parameter in self._parameters.decisive(capture.prepared, recorded.response):
                self._parts.warnings.secret_decides(parameter)
            if recorded.named:
                self._parts.warnings.replaced_by_name(interaction.request, recorded.named)
        return recorded.response.status

    # What answers tell [RED-16]

    def _learn(self, recorded: Recorded) -> None:
        """Know the secret values of an answer from now on."""
        self._parts.family.tell(self._learning.know(recorded.taken))

    def _learn_from_open_calls(self) -> None:
        """A client may use what it has read of an answer before the answer is complete."""
        for capture, rules in self._captures.items():
            received = capture.news(rules.redactor.surely_clean)
            if received is not None:
                self._learn(stored_form(capture.prepared, received, rules))

    def refuses(self, status: int) -> bool:
        """Whether a response of this status must not be recorded (`on_record_error="raise"`)."""
        return status >= FIRST_ERROR and self._parts.options.on_record_error == "raise"

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Discard an error response; returns the exception to raise."""
        with self._parts.lock:
            capture.discard()
            text = self.rules.redactor.body(body.decode("utf-8", "replace"))
            return self._parts.raised.add(self._refused(capture, status, text))

    def _refused(
        self,
        capture: Capture,
        status: int | None = None,
        text: str = "",
        failure: str | None = None,
    ) -> RecordedErrorResponse:
        request = capture.prepared.request
        return RecordedErrorResponse(
            self._parts.path, request.method, request.url, status, text, failure
        )

    def _check_secrets(self, found: tuple[Found, ...], prepared: Prepared, ticket: int) -> None:
        if not found:
            return
        request = prepared.request
        places = ", ".join(f"{place} ({', '.join(shapes)})" for place, shapes in found[:8])
        what = f"{request.method} {request.url} has what looks like a secret at {places}"
        if self._parts.options.on_secret == "raise":
            self._parts.session.discard(ticket)
            error = CassetteError(
                "secret.found",
                what,
                "Nothing was recorded. Remove the secret from the call, or pass "
                "on_secret='redact' to redact it.",
                path=self._parts.path,
            )
            raise self._parts.raised.add(error)
        self._parts.warnings.secret(what, redacted=self._parts.options.on_secret == "redact")

    # The end

    def stop(self) -> list[RecordedRequest]:
        """Record what the calls under way have received; returns those that are not complete."""
        unread = []
        for capture in list(self._captures):
            with suppress(CassetteError):  # a secret; `raised` has it
                capture.stop()
            capture.cut = True
            recorded = self._parts.session.recorded_as(capture.ticket)
            if recorded is None or recorded.response is None or recorded.response.truncated:
                unread.append(capture.prepared.request)
        self._closed = True
        return unread

    def forget(self) -> None:
        """In a forked child: the calls under way are those of the parent."""
        self._captures.clear()
