"""The operations that open a cassette: the real session over a real file, in a folder of its own.

The adapter takes the place of the HTTP library and the network; the rest is the real package.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .._base.errors import CassetteError
from .._base.model import CassetteFile, Empty, Interaction, RecordedResponse, Request
from .._base.warnings import (
    PromptechoDriftWarning,
    PromptechoJournalWarning,
    PromptechoOlderListsWarning,
    PromptechoQueryWarning,
    PromptechoRecordingWarning,
    PromptechoSecretWarning,
    PromptechoUnusedWarning,
    RecordedErrorResponse,
)
from .._intercept.chunks import without_waiting
from .._matching.differences import Absent, Difference
from .._matching.request import prepare
from .._matching.rules import default_match_on, matching, rules
from .._session.capture import Capture
from .._session.miss import CassetteMiss, Miss
from .._session.modes import Mode, State
from .._session.open_cassette import OpenCassette
from .._session.options import effective_mode
from .._session.recordings import Setup
from .._session.response import ReplayFailure, ReplayResponse
from .._session.session import CallUpstream, Session
from .values import Object, as_bytes, bytes_form, chunks, pairs, plain, session_options
from .values import request as as_request

_KINDS = {
    PromptechoDriftWarning: "drift",
    PromptechoJournalWarning: "journal",
    PromptechoOlderListsWarning: "lists",
    PromptechoQueryWarning: "query",
    PromptechoRecordingWarning: "recording",
    PromptechoSecretWarning: "secret",
    PromptechoUnusedWarning: "unused",
}


def modes(given: Object) -> Object:
    """Mode, file and match -> what is done with a request."""
    names = default_match_on()
    asked = prepare(
        Request("POST", "https://h/v1/x", (), b'{"input":"a"}'), rules(), matching(names)
    )
    recording = Interaction(asked.request, RecordedResponse(200, (), Empty()))
    session = Session(
        Setup(
            name="cassette.yaml",
            file=CassetteFile(names, () if given["match"] == "none" else (recording,)),
            state=State(given["file"]),
            mode=Mode(given["mode"]),
            matching=matching(names),
            policy=rules(),
            repeat=given.get("on_exhausted", "repeat") == "repeat",
        )
    )
    if given["match"] == "played":
        session.decide(asked)
    decision = session.decide(asked)
    if isinstance(decision, CallUpstream):
        return {"action": "record"}
    if isinstance(decision, Miss):
        return {"action": "miss"}
    return {"action": "repeat" if given["match"] == "played" else "replay"}


def replay(given: Object) -> Object:
    """One whole session."""
    with _folder(given) as path, _warnings() as caught:
        caller = _Caller(_open(path, given, given["mode"]), given["requests"])
        caller.ask_all()
        if given.get("meanwhile") is not None:  # STORE-7
            path.write_bytes(as_bytes(given["meanwhile"]))
        before = _identity(path)
        raised = caller.close(RuntimeError() if given.get("end") == "raises" else None)
        written = _identity(path) != before
        return {
            "outcomes": caller.outcomes,
            "upstream_calls": caller.calls,
            "drift": caller.drift,
            "responses": caller.responses,
            "waited": caller.waited,
            "file": bytes_form(path.read_bytes()) if written else "unchanged",
            "journals_left": len(list(Path().glob("*.partial"))),
            "warnings": [_KINDS[each.category] for each in caught if each.category in _KINDS],
            "messages": [_said(each) for each in caught if each.category in _KINDS],
            "raised": raised,
        }


def miss(given: Object) -> Object:
    """Cassette and request -> what a miss says."""
    with _folder(given) as path, _warnings():
        opened = _open(path, given, given.get("mode", "none"))
        try:
            _Caller(opened, [{"request": each} for each in given.get("before", ())]).ask_all()
            try:
                opened.answer(as_request(given["request"]))
            except CassetteMiss as found:
                return _report(opened, found)
            return {"reason": None, "nearest": None, "differences": [], "message": ""}
        finally:
            _close(opened, None)


class _Caller:
    """A client, and the network behind it."""

    def __init__(self, opened: OpenCassette, asked: list[Object]) -> None:
        self._opened = opened
        self._asked = asked
        self.calls = 0
        self.outcomes: list[Object] = [{} for _ in asked]
        self.drift: list[list[str]] = [[] for _ in asked]
        self.responses: list[Object | None] = [None for _ in asked]
        self.waited: list[list[int]] = [[] for _ in asked]

    def ask_all(self) -> None:
        """Ask each request, read each answer."""
        readings = []
        for index, each in enumerate(self._asked):
            reading = self._ask(index, each)
            next(reading, None)
            readings.append(reading)
        for reading in readings:
            next(reading, None)

    def close(self, error: BaseException | None) -> Object | None:
        """End the block; returns what is raised there."""
        return _close(self._opened, error)

    def _ask(self, index: int, each: Object) -> Iterator[None]:
        """Ask a request and read its answer; stops where the client reads on later."""
        request = as_request(each["request"])
        if self._opened.passes(request.url) or self._opened.is_telemetry(request):
            self.calls += 1
            self.outcomes[index] = {"passed": True}
            return
        try:
            asked = self._opened.answer(request)
        except (CassetteMiss, CassetteError) as error:
            self.outcomes[index] = _outcome(error)
            missed = error.differences if isinstance(error, CassetteMiss) else ()
            if isinstance(error, CassetteMiss) and error.reason == "drift":
                self.drift[index] = [difference.path for difference in missed]
            return
        if isinstance(asked, Capture):
            self.calls += 1
            yield from self._call(index, each, asked)
        else:
            yield from self._play(index, each, asked)

    def _play(
        self, index: int, each: Object, played: ReplayResponse | ReplayFailure
    ) -> Iterator[None]:
        session = self._opened.session
        decision = session.replays[-1]
        recordings = session.setup.file.interactions
        number = next((n for n, r in enumerate(recordings, 1) if r is decision.interaction), 0)
        self.outcomes[index] = {"replayed": number}
        self.drift[index] = [difference.path for difference in decision.drift]
        if isinstance(played, ReplayFailure):
            self.responses[index] = {"failure": played.failure.kind}
            return
        stop = _stop_after(each)
        left = without_waiting(played)
        read: list[bytes] = []
        while stop is None or len(read) < stop:
            if len(read) == _held(each):
                yield
            turns = played.turns
            if turns is not None and turns.has_chunks() and turns.has_to_wait():
                self.waited[index].append(len(read))
                turns.wait()
            chunk = next(left, None)
            if chunk is None:
                break
            read.append(chunk)
        end = "truncated" if played.truncated else "whole"
        if stop is None and played.failure is not None:
            end = "failed"
        failed = {"failure": played.failure.kind} if end == "failed" and played.failure else {}
        if end == "truncated" and stop is None:
            played.read_past()
        self.responses[index] = {
            **failed,
            "status": played.status,
            "reason": played.reason,
            "headers": [list(pair) for pair in played.headers],
            "chunks": [bytes_form(chunk) for chunk in read],
            "ends": end if stop is None else "stopped",
        }

    def _call(self, index: int, each: Object, capture: Capture) -> Iterator[None]:
        upstream = each.get("upstream")
        if each.get("held") is True:
            yield
        try:
            if upstream is None:
                kind = each.get("fails", "connect")
                self.outcomes[index] = {"failed": kind}
                capture.fail(_known(kind))
                return
            status = upstream["status"]
            self.outcomes[index] = {"live": status}
            if self._opened.refuses(status):
                raise self._opened.refuse(capture, status, b"".join(chunks(upstream)))
            yield from self._receive(upstream, each, capture)
        except (RecordedErrorResponse, CassetteError) as error:
            self.outcomes[index] = _outcome(error)

    def _receive(self, upstream: Object, each: Object, capture: Capture) -> Iterator[None]:
        stop = _stop_after(each)
        headers = pairs(upstream.get("headers", ()))
        capture.head(upstream["status"], upstream.get("reason", ""), headers)
        for at, chunk in enumerate(chunks(upstream)[:stop]):
            if at == _held(each) and each["held"] is not True:
                yield
            capture.chunk(chunk)
        if stop is None and "fails" in each:
            capture.fail(_known(each["fails"]))
        elif stop is None and not upstream.get("breaks"):
            capture.end()
        elif not (stop is not None and each["client"].get("leaves_open")):
            capture.stop()


def _known(kind: str) -> str | None:
    """The kind of a failure; None for one that is none of the kinds."""
    return None if kind == "other" else kind


def _held(each: Object) -> int:
    """How many chunks the client reads at once, if it reads the others later; else -1."""
    held = each.get("held", False)
    return 0 if held is True else -1 if held is False else int(held)


def _stop_after(each: Object) -> int | None:
    client = each.get("client", "read")
    return None if client == "read" else int(client["stop_after"])


def _close(opened: OpenCassette, error: BaseException | None) -> Object | None:
    try:
        opened.close(error)
    except (CassetteMiss, RecordedErrorResponse, CassetteError) as raised:
        return _outcome(raised)
    return None


def _outcome(error: CassetteMiss | RecordedErrorResponse | CassetteError) -> Object:
    if isinstance(error, CassetteMiss):
        return {"miss": error.reason}
    if isinstance(error, RecordedErrorResponse):
        return {"refused": error.failure or error.status}
    return {"error": error.code}


def _report(opened: OpenCassette, found: CassetteMiss) -> Object:
    recordings = opened.session.setup.file.interactions
    nearest = (i for i, each in enumerate(recordings, 1) if each is found.nearest)
    return {
        "reason": found.reason,
        "nearest": next(nearest, None),
        "differences": [_difference(each) for each in found.differences],
        "message": str(found),
    }


def _difference(difference: Difference) -> Object:
    sides = {"recorded": difference.recorded, "incoming": difference.incoming}
    shown = {side: plain(v) for side, v in sides.items() if not isinstance(v, Absent)}
    return {"path": difference.path, **shown}


# --- the file and the process ------------------------------------------------------------------


def _open(path: Path, given: Object, mode: str) -> OpenCassette:
    options = session_options(given, mode=mode)
    environ = given.get("environ", {})
    with _environment(environ):
        chosen = effective_mode(options.mode)
        return OpenCassette(path, options, chosen, environ, writes_digests=False)


@contextmanager
def _folder(given: Object) -> Iterator[Path]:
    """A folder to work in that holds the cassette and the journals, as they are given."""
    here = os.getcwd()
    with TemporaryDirectory(prefix="promptecho-", dir=_MEMORY) as folder:
        os.chdir(folder)
        try:
            path = Path("cassette.yaml")
            if given.get("cassette") is not None:
                path.write_bytes(as_bytes(given["cassette"]))
            for slot, journal in enumerate(given.get("journals", ()), 1):
                suffix = ".partial" if slot == 1 else f".{slot}.partial"
                Path(path.name + suffix).write_bytes(as_bytes(journal))
            yield path
        finally:
            os.chdir(here)


#: Many small files, each flushed to disk: in memory where there is such a folder.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def _warnings() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def _said(warning: warnings.WarningMessage) -> str:
    """The text of a warning, without the name of the folder to work in: it is another each time."""
    return str(warning.message).replace(os.path.join(os.getcwd(), ""), "")


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def _identity(path: Path) -> Any:
    """What changes when a file is replaced, and stays when it is not."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
