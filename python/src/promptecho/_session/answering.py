"""What answers a request: a recording, or a live call that is captured.

`Session` decides. What is decided for here is what a replayed response brings with it: its turns,
its redirects, and the warnings about it.
"""

from __future__ import annotations

import sys
from functools import partial

from .._base.errors import CassetteError
from .._base.model import Answer, RecordedResponse, Request
from .._base.vocabulary import CANCELLED
from .._matching.request import Prepared, prepare
from .._matching.rules import passthrough
from .._matching.telemetry import is_telemetry, looks_like_telemetry
from .._matching.url import stored_url
from .capture import Capture
from .decision_log import debug_logger, log_decision, log_passed
from .faults import Fault
from .live_calls import LiveCalls
from .miss import CassetteMiss, Miss
from .own_server import OwnServer
from .recordings import Recording
from .redirects import Redirects
from .response import ReplayFailure, ReplayResponse, playable
from .returned_values import with_returned
from .session import CallUpstream, Decision, Replay
from .session_parts import SessionParts
from .turns import Turns, waits


class Answering:
    """Answers the requests of one open cassette.

    Args:
        parts: of the cassette.
        live: its live calls.
    """

    def __init__(self, parts: SessionParts, live: LiveCalls) -> None:
        self._parts = parts
        self._live = live
        self._passthrough = passthrough(parts.options.passthrough)
        self._own_server = OwnServer()
        self._redirects = Redirects()
        self._fuzzy_shown = 0

    def passes(self, url: str) -> bool:
        """Whether calls of this URL pass through and are not recorded [PASS-1]."""
        if not self._passthrough.match(url) or self._redirects.sent_to(url):
            return False
        if debug_logger() is not None:
            log_passed(
                self._parts.path,
                self._live.rules.redactor.url(stored_url(url, self._live.rules.query)),
            )
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
        with self._parts.lock:
            self._live.before(request)
        session = self._parts.session
        prepared = prepare(request, self._live.rules, session.setup.matching)
        same = session.same(prepared)
        if not same:
            prepared.content  # noqa: B018 (made here: others wait while a session decides)
        decision: Decision | None = None
        try:
            with self._parts.lock, self._parts.family.deciding(self._parts.session):
                decision = self._decide(prepared, request.url, same)
                if isinstance(decision, Miss):
                    raise self._miss(decision, request)
                self._notice_own_server(decision, request.url)
                if isinstance(decision, CallUpstream):
                    return self._live.begin(decision.ticket, prepared)
        finally:
            # Outside of the lock: the handler of a log may make calls, or wait for one.
            log_decision(self._parts.path, prepared, decision, session)
        if decision.drift and self._parts.options.on_drift == "warn":
            self._parts.warnings.drift(decision)
        self._show_fuzzy()
        if decision.by_older_lists:
            self._parts.warnings.older_lists()
        return self._played(decision, prepared, request.url)

    def _played(
        self, decision: Replay, prepared: Prepared, url: str
    ) -> ReplayResponse | ReplayFailure:
        answer, wait_ms = self._as_played(decision.answer, decision.fault, prepared)
        response = answer.response
        live = None
        if self._parts.verifying is not None:
            live = self._parts.verifying.of(decision, prepared, self._live.rules)
        is_whole = decision.fault is None or decision.fault.is_delay_only
        in_turns = is_whole and (decision.calls is not None or waits(answer))
        joined = not in_turns and not self._is_paced(response)
        played = playable(answer, self._live.rules, decision.numbers, joined=joined)
        if played.failure is not None and played.failure.kind == CANCELLED:
            self._parts.starts.wait_for_cancel()
        if isinstance(played, ReplayFailure):
            return played._replace(wait_ms=wait_ms)
        played = with_returned(played, prepared.query)
        self._redirects.note(url, played)
        turns = None
        if response is not None and in_turns:
            turns = self._turns(decision, response, played.chunks)
        return played._replace(
            live=live,
            turns=turns,
            read_past=partial(self._parts.warnings.read_past, decision),
            wait_ms=wait_ms,
        )

    def _show_fuzzy(self) -> None:
        said = self._parts.session.fuzzy
        while self._fuzzy_shown < len(said):
            print(said[self._fuzzy_shown], file=sys.stderr)
            self._fuzzy_shown += 1

    def _is_paced(self, response: RecordedResponse | None) -> bool:
        if response is None or response.delays_ms is None:
            return False
        return self._parts.options.replay_timing

    def _as_played(
        self, answer: Answer, fault: Fault | None, prepared: Prepared
    ) -> tuple[Answer, int]:
        """The answer that a client gets, and how many milliseconds it waits for it."""
        options = self._parts.options
        if fault is None and options.speed is None and not options.fast_retries:
            return answer, 0
        from . import faulted_answers

        if options.speed is not None:
            answer = faulted_answers.at_speed(answer, options.speed)
        if fault is not None:
            answer = faulted_answers.faulted(answer, fault, prepared)
        if options.fast_retries:
            answer = faulted_answers.retried_at_once(answer)
        return answer, 0 if fault is None else fault.delay_ms or 0

    def _turns(
        self, decision: Replay, response: RecordedResponse, chunks: tuple[bytes, ...]
    ) -> Turns:
        warns = self._parts.options.on_drift == "warn"
        give_up = partial(self._parts.warnings.waited, decision) if warns else _nothing
        after = response.after or ()
        return Turns(
            after,
            chunks,
            self._parts.starts,
            give_up,
            truncated=response.truncated,
            calls=decision.calls,
            conflict=partial(self._two_streams, decision),
        )

    def _two_streams(self, decision: Replay) -> None:
        with self._parts.lock:
            miss = self._parts.session.two_streams(decision)
        raise self._parts.raised.add(CassetteMiss(miss))

    def _miss(self, miss: Miss, request: Request) -> BaseException:
        miss = miss._replace(
            telemetry=looks_like_telemetry(request),
            own_server=self._own_server.has(request.url),
            is_foreign=self._parts.stored.is_foreign,
        )
        return self._parts.raised.add(CassetteMiss(miss))

    def _notice_own_server(self, decision: Decision, url: str) -> None:
        own = self._own_server
        host = own.recorded(url) if isinstance(decision, CallUpstream) else own.replayed(url)
        if host is not None:
            self._parts.warnings.own_server(host)

    def _decide(self, prepared: Prepared, url: str, same: list[Recording]) -> Decision:
        # A URL that passes through gets here only if a replayed response sent the client to it.
        self._parts.starts.add()
        try:
            live = not self._passthrough.match(url)
            return self._parts.session.decide(prepared, live=live, same=same)
        except CassetteError as error:  # recordings are parsed late; this one is damaged
            raise self._parts.raised.add(error) from None


def _nothing() -> None:
    """Nobody wants to know."""
