"""One open cassette at work: the session, the file, the clock and the warnings, behind one lock.

Every backend talks to a `OpenCassette` and to nothing else::

    asked = opened.answer(request)          # raises CassetteMiss
    if isinstance(asked, Playable):   # play it
    else:                             # a Capture: make the call and feed it
        asked.head(...); asked.chunk(...); asked.end()

Any thread and any event loop may do so at once.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from types import FrameType
from typing import Callable

from .._base.errors import CassetteError
from .._base.model import CassetteFile, Interaction, RecordedRequest, RecordedResponse, Request
from .._base.warnings import (
    PromptechoDriftWarning,
    PromptechoInterceptionWarning,
    PromptechoRecordingWarning,
    PromptechoSecretWarning,
    PromptechoUnusedWarning,
    RecordedErrorResponse,
)
from .._format.lazy_reader import headings
from .._matching.key import Matching
from .._matching.normalize import is_registered
from .._matching.rekey import rekeyed, upgrade_body, upgrade_key
from .._matching.request import Prepared, prepare
from .._matching.rules import (
    RecordingPolicy,
    UserRules,
    default_match_on,
    matching,
    passthrough,
    rules,
    secret_values,
)
from .._redaction.places import Found
from .._storage.store import Store
from .miss import CassetteMiss, Miss
from .modes import Mode, State
from .options import Options
from .response import LiveResponse, ReplayResponse, playable, record
from .session import CallUpstream, Decision, Replay, Save, Session, Setup, Unchanged

_FIRST_ERROR = 400

#: Modules of HTTP libraries that reach the network without one that is intercepted.
_UNSEEN = (
    "grpc",
    "pycurl",
    "curl_cffi",
    "websockets",
    "websocket",
    "niquests",
    "tornado.httpclient",
)


class OpenCassette:
    """A cassette that is open."""

    def __init__(
        self, path: str | os.PathLike[str], options: Options, mode: Mode, environ: Mapping[str, str]
    ) -> None:
        self.path = os.fspath(path)
        self.options = options
        self.mode = mode
        self._lock = threading.RLock()
        self._store = Store(path)
        self._rules = session_rules(options, environ)
        self._passthrough = passthrough(options.passthrough)
        self._captures: list[Capture] = []
        #: What was raised into the block: misses, refused answers, secrets.
        self.raised: list[BaseException] = []
        #: Warnings that a filter made errors; they are raised when the block ends.
        self.held: list[Warning] = []
        #: Makes another exception of one that is about to be raised into the block.
        self.raising: Callable[[BaseException], BaseException] = _as_it_is
        self._closed = False
        self._process = os.getpid()
        try:
            self._file, setup = self._open()
            self.session = Session(setup)
        except BaseException:
            self._store.release()
            raise

    # What a backend calls

    def passes(self, url: str) -> bool:
        """Whether a call is none of the cassette's business [PASS-1]."""
        return self._passthrough.match(url)

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Warn that the calls of a library are not seen."""
        self._warn(
            PromptechoInterceptionWarning,
            f"{self.path}: calls through {library} are not seen, since this version of it is not "
            f"known ({type(error).__name__}: {error}); SUPPORT.md lists those that are",
        )

    def answer(self, request: Request) -> ReplayResponse | Capture:
        """What answers a request: a recording, or a live call that is captured.

        Raises:
            CassetteMiss: no recording answers, and a live call is not allowed.
            CassetteError: `secret.found`, under `on_secret="raise"`.
        """
        prepared = prepare(request, self._rules, self.session.setup.matching)
        with self._lock:
            decision = self._decide(prepared)
            if isinstance(decision, Miss):
                raise self.raising(self._remember(CassetteMiss(decision)))
            if isinstance(decision, CallUpstream):
                self._check_secrets(prepared.secrets, prepared, decision.ticket)
                capture = Capture(self, decision.ticket, prepared)
                self._captures.append(capture)
                return capture
        self._warn_of_drift(decision)
        return playable(decision.interaction, self._rules)

    def _decide(self, prepared: Prepared) -> Decision:
        try:
            return self.session.decide(prepared)
        except CassetteError as error:  # a recording that is read only now, and cannot be
            raise self.raising(self._remember(error)) from None

    def captured(self, capture: Capture, received: LiveResponse | None) -> None:
        """Take what a capture has collected; None when there was no answer."""
        with self._lock:
            if self._closed or capture not in self._captures:
                return
            self._captures.remove(capture)
            if received is None:
                self.session.discard(capture.ticket)
                return
            response, redacted, secrets = record(received, self._rules)
            self._check_secrets(secrets, capture.prepared, capture.ticket)
            interaction = self.session.record(
                capture.ticket, response, redacted, capture.started_at
            )
            if interaction is not None:
                replacing = self.mode is Mode.ALL
                self._store.append(interaction, self._file, replacing=replacing)
        self._warn_of_error(capture.prepared.request, response)

    def refuses(self, status: int) -> bool:
        """Whether an answer of this status must not be recorded (`on_record_error="raise"`)."""
        return status >= _FIRST_ERROR and self.options.on_record_error == "raise"

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Drop an error answer; returns the exception to raise."""
        with self._lock:
            self.captured(capture, None)
            request = capture.prepared.request
            text = self._rules.redactor.document(body.decode("utf-8", "replace"))
            error = RecordedErrorResponse(self.path, request.method, request.url, status, text)
            return self.raising(self._remember(error))

    # Opening and closing

    def abandon(self) -> None:
        """End a session that nothing was asked of: let go of its journals and write nothing."""
        self._store.release()

    def close(self, error: BaseException | None) -> None:
        """End the session: write what is to be written, and let nothing pass in silence.

        Args:
            error: what the block raised, or None.

        Raises:
            CassetteError: the file could not be written.
            CassetteMiss, RecordedErrorResponse, CassetteError: one that was raised inside the block
                and swallowed there [MISS-6].
        """
        with self._lock:
            for capture in list(self._captures):
                with suppress(CassetteError):  # a secret; it is remembered
                    capture.stop()
            self._closed = True
            swallowed = next((e for e in self.raised if not carries(error, e)), None)
            failed = error is not None or bool(self.raised)
            try:
                outcome = self.session.close(failed=failed)
                if os.getpid() == self._process:  # a forked child holds a copy of all this
                    self._write(outcome)
            finally:
                self._store.release()
        if error is None and not self.session.sent:
            self._warn_of_no_request()
        if swallowed is not None and not any(carries(error, e) for e in self.raised):
            raise swallowed
        if self.held and error is None:
            raise self.held[0]

    def _open(self) -> tuple[CassetteFile, Setup]:
        replacing = self.mode is Mode.ALL
        opened = self._store.open(recording=self.mode is not Mode.NONE, replacing=replacing)
        state = State.ABSENT
        if opened.file is not None:
            state = State.INCOMPLETE if opened.file.incomplete else State.PRESENT
        if opened.file is None or replacing:
            chosen = self.options.match_on or default_match_on()
            extras = opened.file.extras if opened.file is not None else ()
            file, rules = CassetteFile(chosen, extras=extras), matching(chosen)
        else:
            file, rules = self._current(opened.file, mixed=opened.mixed)
        setup = Setup(
            name=self.path,
            file=file,
            state=state,
            mode=self.mode,
            matching=rules,
            keep_query=self._rules.keep_query,
            repeat=self.options.on_exhausted == "repeat",
            drift_is_miss=self.options.on_drift == "raise",
            taken_up=opened.taken_up,
        )
        return file, setup

    def _current(self, file: CassetteFile, *, mixed: bool) -> tuple[CassetteFile, Matching]:
        """A file under the rules of matching that are in force [MATCH-6, V20-3]."""
        for index, heading in enumerate(headings(file.interactions)):
            name = heading.dialect
            if name is not None and not is_registered(name):
                raise _unregistered(name, self.path, self._store.line_of_dialect(index))
        legacy = file.minor == 0
        chosen = self.options.match_on or file.match_on
        rules = matching(chosen, legacy=legacy)
        if not legacy and not mixed and chosen == file.match_on:
            return file, rules
        keep, renew = self._rules.keep_query, upgrade_key if legacy else rekeyed
        interactions = tuple(renew(item, rules, keep) for item in file.interactions)
        return file._replace(match_on=chosen, interactions=interactions), rules

    def _write(self, outcome: Unchanged | Save) -> None:
        if not isinstance(outcome, Save):
            if self.mode is Mode.ALL:
                self._store.forget()
            return
        match_on, recorded = self._file.match_on, outcome.recorded
        if self._file.minor == 0 and self.session.setup.matching.lenient:
            match_on = default_match_on()  # V20-8: a default list stays one
            rules, keep = matching(match_on), self._rules.keep_query
            recorded = tuple(rekeyed(item, rules, keep) for item in recorded)

        def written(file: CassetteFile) -> Sequence[Interaction]:
            return self._written(file, match_on)

        file = self._file._replace(
            match_on=match_on,
            minor=1,
            incomplete=outcome.incomplete,
            interactions=written(self._file),
        )
        self._store.save(recorded, file, written, replacing=outcome.replace)

    def _written(self, file: CassetteFile, match_on: tuple[str, ...]) -> Sequence[Interaction]:
        """The recordings of a file in the form and with the keys that are written."""
        rules, keep = matching(match_on), self._rules.keep_query
        if file.minor == 0:
            return tuple(upgrade_body(upgrade_key(item, rules, keep)) for item in file.interactions)
        if file.match_on != match_on:
            return tuple(rekeyed(item, rules, keep) for item in file.interactions)
        return file.interactions

    # Warnings and errors

    def _remember(self, error: BaseException) -> BaseException:
        self.raised.append(error)
        return error

    def _check_secrets(self, found: tuple[Found, ...], prepared: Prepared, ticket: int) -> None:
        if not found:
            return
        request = prepared.request
        places = ", ".join(f"{place} ({', '.join(shapes)})" for place, shapes in found[:8])
        what = f"{request.method} {request.url}: what looks like a secret at {places}"
        if self.options.on_secret == "raise":
            self.session.discard(ticket)
            error = CassetteError(
                "secret.found",
                what,
                "Take it out of the request, or allow redaction (on_secret=redact).",
                path=self.path,
            )
            raise self.raising(self._remember(error))
        done = "was redacted" if self.options.on_secret == "redact" else "is in the cassette"
        self._warn(PromptechoSecretWarning, f"{self.path}: {what} {done}")

    def _warn_of_error(self, request: RecordedRequest, response: RecordedResponse) -> None:
        if response.status < _FIRST_ERROR or self.options.on_record_error != "warn":
            return
        self._warn(
            PromptechoRecordingWarning,
            f"{self.path}: recorded an error answer, {response.status}, of {request.method} "
            f"{request.url}; on_record_error='record' says that it is meant",
        )

    def _warn_of_no_request(self) -> None:
        unseen = ", ".join(each for each in _UNSEEN if each in sys.modules)
        also = f" In use here, and never intercepted: {unseen}." if unseen else ""
        self._warn(
            PromptechoUnusedWarning,
            f"{self.path}: no request was made while this cassette was open, or none that is "
            f"intercepted and not handed on.{also}",
        )

    def _warn_of_drift(self, decision: Replay) -> None:
        if not decision.drift or self.options.on_drift != "warn":
            return
        request = decision.interaction.request
        places = ", ".join(difference.path for difference in decision.drift[:8])
        self._warn(
            PromptechoDriftWarning,
            f"{self.path}: replayed {request.method} {request.url}, though the request differs "
            f"from the recorded one at {places}, which is not matched",
        )

    def _warn(self, category: type[Warning], text: str) -> None:
        try:
            warnings.warn(text, category, stacklevel=_caller_level())
        except category as warning:
            # An error by the user's filter. Here an SDK would take it for a network failure.
            with self._lock:
                self.held.append(warning)


class Capture:
    """A live call that is being recorded; the client never waits for it."""

    def __init__(self, run: OpenCassette, ticket: int, prepared: Prepared) -> None:
        self.ticket = ticket
        self.prepared = prepared
        self._run = run
        self._timing = run.options.record_timing
        self.started_at = _now() if self._timing else None  # FILE-7
        self._head: tuple[int, str, tuple[tuple[str, str], ...]] | None = None
        self._chunks: list[bytes] = []
        self._arrivals: list[int] = []
        self._started = 0.0

    def head(self, status: int, reason: str, headers: tuple[tuple[str, str], ...]) -> None:
        """The status line and headers have come."""
        self._head = status, reason, headers
        self._started = time.monotonic()

    def chunk(self, data: bytes) -> None:
        """A piece of the body has come, its content-encoding still in place."""
        self._chunks.append(data)
        if self._timing:
            self._arrivals.append(round((time.monotonic() - self._started) * 1000))

    def end(self) -> None:
        """The body is complete."""
        self._run.captured(self, self._received(stopped=False))

    def stop(self) -> None:
        """The body was left before its end; what came of it is recorded [BODY-9]."""
        self._run.captured(self, self._received(stopped=True))

    def fail(self) -> None:
        """There was no answer; nothing is recorded."""
        self._run.captured(self, None)

    def _received(self, *, stopped: bool) -> LiveResponse | None:
        if self._head is None:
            return None
        arrivals = tuple(self._arrivals) if self._timing else None
        return LiveResponse(*self._head, tuple(self._chunks), stopped, arrivals)


def session_rules(options: Options, environ: Mapping[str, str]) -> RecordingPolicy:
    """The rules of the spec with what a caller and the environment add to them [RED-8, RED-9]."""
    additions = UserRules(
        options.redact_headers,
        options.keep_query,
        options.redact_members,
        options.redact_patterns,
        secret_values(environ),
    )
    return rules(additions, keep_shapes=options.on_secret == "warn")


def _unregistered(name: str, path: str, line: int | None) -> CassetteError:
    return CassetteError(
        "cassette.dialect",
        f"the cassette has recordings in the dialect {name}, which is not registered",
        "Call promptecho.register_dialect for it before the cassette is opened.",
        path=path,
        line=line,
    )


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _as_it_is(error: BaseException) -> BaseException:
    return error


def carries(error: BaseException | None, wanted: BaseException) -> bool:
    """Whether an exception is another one, was raised from it, or is a group that holds it."""
    seen = set()
    left = [error]
    while left:
        error = left.pop()
        if error is wanted:
            return True
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            left += [error.__cause__, *getattr(error, "exceptions", ())]
    return False


_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _caller_level() -> int:
    """The stack level of the first frame that is neither ours nor an installed library's."""
    level = 2
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_HERE) and "site-packages" not in name:
            return level
        level, frame = level + 1, frame.f_back
    return 2
