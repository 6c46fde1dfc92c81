"""Faults: what a session does to a replayed answer, and which faults have happened.

A fault is applied to a call that a recording answers, and never to a live call or to a miss. So a
fault can neither hide a changed request nor change what is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .._base.model import JSON, STREAMS, Answer
from .._bodies.forms import count_events

#: The kind of failure of a response whose body cannot be decoded.
DECODE = "decode"


class Fault(NamedTuple):
    """What happens to a replayed call; nothing of it is stored.

    Attributes:
        on: which call, from 1: of all calls of the session, of those to the endpoint, or of those
            that the recording answers. None is each of them.
        endpoint: a path, perhaps with a method before it; ``*`` is any characters.
        recording: the place of a recording in the file, from 1.
        status: the status of an answer in place of the recorded one.
        headers: the headers of this answer.
        body: the body of this answer; None is the error of the provider.
        cut_after_events: after how many events the recorded answer breaks off.
        delay_ms: how long the client waits for the answer, in milliseconds.
        failure: how the call fails, or breaks off: a kind of `failure-kinds.json`.
    """

    on: int | None = None
    endpoint: str | None = None
    recording: int | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: JSON = None
    cut_after_events: int | None = None
    delay_ms: int | None = None
    failure: str | None = None

    @property
    def is_delay_only(self) -> bool:
        """Whether the client gets the recorded answer, as it was recorded."""
        return self.status is None and self.failure is None and self.cut_after_events is None

    def __str__(self) -> str:
        effects = ("status", "cut_after_events", "failure", "delay_ms")
        named = {name: getattr(self, name) for name in effects}
        what = ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)
        calls = "each call" if self.on is None else f"call {self.on}"
        if self.recording is not None:
            return f"{what} on {calls} that recording {self.recording} answers"
        return f"{what} on {calls}" + (f" to {self.endpoint}" if self.endpoint else "")


class Unhappened(NamedTuple):
    """A fault that has not happened.

    Attributes:
        number: its place among the faults, from 1.
        fault: the fault.
        why: why it has not happened.
    """

    number: int
    fault: Fault
    why: str


class _Watched:
    """A fault, and the calls that it is for."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.calls = 0
        self.obstacle = ""
        self.has_happened = False
        parts = (fault.endpoint or "").split("*")
        self._matches = re.compile(".*".join(map(re.escape, parts)), re.DOTALL).fullmatch

    def is_for(self, method: str, path: str) -> bool:
        endpoint = self.fault.endpoint
        if endpoint is None:
            return True
        return self._matches(path if endpoint[:1] in "/*" else f"{method} {path}") is not None

    @property
    def is_due(self) -> bool:
        return self.fault.on in (None, self.calls)

    def cannot_cut(self, answer: Answer) -> bool:
        """Note that an answer has not as many events as the fault lets through."""
        wanted = self.fault.cut_after_events
        if wanted is None:
            return False
        response = answer.response
        if response is None:
            self.obstacle = "the recorded call has no answer that could break off"
            return True
        is_stream = isinstance(response.body, STREAMS)
        events = count_events(response.body) if is_stream else 1
        if wanted <= events:
            return False
        self.obstacle = f"the recorded answer has {_events(events)}"
        if not is_stream:
            self.obstacle += ", since it is not a stream"
        return True


class Faults:
    """The faults of one session; the session asks for each call.

    Attributes:
        happened: the faults that have happened, in order; one may happen several times.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._watched = [_Watched(fault) for fault in faults]
        self._now: list[_Watched] = []
        self.happened: list[Fault] = []

    def call(self, method: str, path: str) -> None:
        """Count a call, whatever answers it."""
        self._now = []
        for each in self._watched:
            if each.fault.recording is None and each.is_for(method, path):
                each.calls += 1
                self._now.append(each)

    def live(self) -> None:
        """The call that was counted last is live, so no fault is applied to it."""
        for each in self._now:
            if each.is_due:
                each.obstacle = "the call was live, and live calls have no faults"

    def due(self, number: int, answer: Answer) -> Fault | None:
        """The fault of the call that was counted last, or None.

        Args:
            number: the place in the file of the recording that answers the call, from 1.
            answer: its answer.
        """
        of_recording = [each for each in self._watched if each.fault.recording == number]
        for each in of_recording:
            each.calls += 1
        for each in self._watched:
            is_counted = each in self._now or each in of_recording
            if is_counted and each.is_due and not each.cannot_cut(answer):
                each.has_happened = True
                self.happened.append(each.fault)
                return each.fault
        return None

    def unhappened(self) -> list[Unhappened]:
        """The faults that have not happened."""
        return [
            Unhappened(number, each.fault, each.obstacle or _too_few(each.calls))
            for number, each in enumerate(self._watched, 1)
            if not each.has_happened
        ]


def _too_few(calls: int) -> str:
    if calls == 0:
        return "no such call was made"
    return f"{calls} such call{' was' if calls == 1 else 's were'} made"


def _events(count: int) -> str:
    return f"{count} event{'' if count == 1 else 's'}"
