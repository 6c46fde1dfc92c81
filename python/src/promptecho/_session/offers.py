"""Which recording could answer a request that has none, if a person accepts the edit.

A prompt was edited, and the recorded answer is still good. An offer is the nearest recording that
no request has used. A person decides; what the answer must follow from is an obstacle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Callable, NamedTuple

from .._base.model import JSON, RecordedRequest
from .._matching.differences import Difference
from .._text.canonical import comparable
from .miss import Miss, Reason
from .modes import Misses
from .recordings import Recording, Setup

if TYPE_CHECKING:
    from .._matching.request import Prepared


class Offer(NamedTuple):
    """A recording that could answer.

    Attributes:
        number: its position in the file, from 1.
        key: its key.
        differences: where its request and the incoming one differ.
        obstacle: why it is not accepted without being asked for; empty if nothing is against it.
    """

    number: int
    key: str
    differences: tuple[Difference, ...]
    obstacle: str


class NotedMiss(NamedTuple):
    """A request without a recording.

    Attributes:
        request: what would be stored of it.
        redacted: the places of secrets in it.
        reason: why there is no recording.
        offer: what could answer it, or None.
        is_accepted: whether that has answered.
    """

    request: RecordedRequest
    redacted: tuple[str, ...]
    reason: str
    offer: Offer | None
    is_accepted: bool = False


#: The nearest of some recordings, and where it differs from a request.
Nearest = Callable[["Prepared", Sequence[Recording]], "tuple[Recording, tuple[Difference, ...]]"]


class Offers:
    """The offers of one session.

    Args:
        setup: what the session starts with.
        recordings: those of the file.
        nearest_of: finds the nearest of some of them.

    Attributes:
        noted: the requests without a recording, if the run notes them.
    """

    def __init__(self, setup: Setup, recordings: Sequence[Recording], nearest_of: Nearest) -> None:
        self.noted: list[NotedMiss] = []
        self._misses = setup.misses
        self._repeats = setup.repeat
        self._recordings = recordings
        self._nearest_of = nearest_of
        self._accepted: dict[str, Recording] = {}

    def forget(self) -> None:
        """In a forked child, of which nobody reads what it notes."""
        self._misses = Misses.PLAIN

    def accepted(self, prepared: Prepared, miss: Miss) -> Recording | None:
        """The recording that answers a request in place of a miss; None if none does."""
        if self._misses is Misses.PLAIN:
            return None
        known = self._accepted.get(prepared.request.match_key)
        if known is not None and self._repeats:
            return known
        found = None
        if miss.reason is Reason.NEAREST:
            found = offer(prepared, self._recordings, self._nearest_of)
        accepts = self._misses is Misses.ACCEPTED and found is not None and not found.obstacle
        self.noted.append(
            NotedMiss(prepared.request, prepared.redacted, miss.reason.value, found, accepts)
        )
        if found is None or not accepts:
            return None
        recording = self._recordings[found.number - 1]
        self._accepted[prepared.request.match_key] = recording
        return recording


def offer(prepared: Prepared, recordings: Sequence[Recording], nearest_of: Nearest) -> Offer | None:
    """The nearest unplayed recording of the same endpoint and stream intent; None without one."""
    fresh = [
        each
        for each in recordings
        if not each.played
        and each.heading.method == prepared.request.method
        and each.path == prepared.path
        and each.streaming is prepared.streaming
    ]
    if not fresh:
        return None
    found, differences = nearest_of(prepared, fresh)
    obstacle = _obstacle(prepared, found.request)
    return Offer(found.index + 1, found.heading.match_key, differences, obstacle)


def _obstacle(prepared: Prepared, recorded: RecordedRequest) -> str:
    if not prepared.conversation:
        return "it is not a conversation with a model"
    if prepared.request.body.get("model") != recorded.body.get("model"):
        return "it is for another model"
    if _tool_results(prepared.request.body) != _tool_results(recorded.body):
        return "it holds another tool result"
    return ""


def _tool_results(body: JSON) -> list[str]:
    """The canonical texts of the results of tools in a body, in order."""
    return [comparable(value) for value in _results(body)]


def _results(value: JSON) -> Iterator[JSON]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if _is_result(value):
                yield value
                continue
            waiting += reversed(list(value.values()))
        elif isinstance(value, list):
            waiting += reversed(value)


def _is_result(value: dict[str, JSON]) -> bool:
    kind = value.get("type")
    if isinstance(kind, str) and kind.endswith(_RESULT_TYPES):
        return True
    return value.get("role") in _RESULT_ROLES or not _RESULT_MEMBERS.isdisjoint(value)


#: How a result of a tool shows in a canonical body [NORM-8] [NORM-24], or in one kept as sent.
_RESULT_TYPES = ("tool_result", "_call_output")
_RESULT_ROLES = ("tool", "function")
_RESULT_MEMBERS = frozenset(("functionResponse", "function_response", "toolResult"))
