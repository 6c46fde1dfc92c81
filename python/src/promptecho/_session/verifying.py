"""Mode ``verify``: recordings are played, and compared with what live calls answer.

Nothing is written. A live answer is compared in the form in which it would be stored.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Callable, NamedTuple

from .._base.model import RecordedResponse
from .._checks.answer_shape import compared
from .._matching.rules import RecordingPolicy
from .response import LiveAnswer, LiveResponse, record

if TYPE_CHECKING:
    from .._matching.request import Prepared
    from .session import Replay

#: The live call got no answer.
UNREACHED = "unreached"
#: It was not made.
NOT_VERIFIED = "not verified"


class Verified(NamedTuple):
    """What the live call of a replayed request has shown.

    Attributes:
        number: the position of the recording in the file, from 1.
        method: of the request.
        url: of the request, redacted.
        result: ``same``, ``reworded`` (of the same shape), ``changed``, ``gone`` (404 or 410),
            ``unreached`` (no answer), or ``not verified`` (no call was made).
        changes: what has changed, or why no call was made, each as a line.
    """

    number: int
    method: str
    url: str
    result: str
    changes: tuple[str, ...] = ()


class Budget:
    """How many live calls a process may make for comparison; None is no limit."""

    def __init__(self, most: int | None = None) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more call may be made."""
        with self._lock:
            if self._left is None:
                return True
            self._left -= 1
            return self._left >= 0


class Verifying:
    """The comparisons of one session.

    Attributes:
        results: in the order in which the answers came.
    """

    def __init__(self, budget: Budget) -> None:
        self.results: list[Verified] = []
        self._budget = budget

    def of(self, replay: Replay, prepared: Prepared, rules: RecordingPolicy) -> LiveAnswer | None:
        """What compares a replayed answer with a live one; None if no call is made."""
        response = replay.answer.response
        add = partial(self._add, replay)
        if response is None:
            add(NOT_VERIFIED, ("the recording has no answer",))
        elif "jsonrpc" in prepared.request.body:
            add(NOT_VERIFIED, ("a call of JSON-RPC belongs to a session with its server",))
        elif response.truncated or response.after is not None:
            add(NOT_VERIFIED, ("the recording is a stream that does not end",))
        elif not self._budget.take():
            add(NOT_VERIFIED, ("--promptecho-verify-max",))
        else:
            return LiveAnswer(
                partial(_compare, add, response, rules, prepared),
                lambda kind: add(UNREACHED, (kind,)),
            )
        return None

    def _add(self, replay: Replay, result: str, changes: tuple[str, ...]) -> None:
        heading = replay.recording.heading
        number = replay.recording.index + 1
        self.results.append(Verified(number, heading.method, heading.url, result, changes))


def _compare(
    add: Callable[[str, tuple[str, ...]], None],
    recorded: RecordedResponse,
    rules: RecordingPolicy,
    prepared: Prepared,
    status: int,
    body: bytes,
) -> None:
    kinds = dict(recorded.headers).get("content-type", ())
    headers = tuple(("content-type", kind) for kind in kinds)
    if status != recorded.status:
        headers = ()
    live = record(
        LiveResponse(status, "", headers, (body,)), rules, conversation=prepared.conversation
    )
    add(*compared(recorded, live.response))
