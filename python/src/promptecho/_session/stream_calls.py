"""The events of a replayed stream that answer other requests: each goes to its own call. [RPC-7]

A client of MCP over HTTP with SSE gets all answers on one stream; its calls get an empty response.
The first event of the stream, `endpoint`, says where it sends them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Callable, NamedTuple
from urllib.parse import urljoin

from .._base.model import JSON, NDJSON, EventStream
from .._bodies import forms
from .._matching.request import Prepared
from .call_numbers import Numbers, numbers_of, paired_numbers
from .recordings import Recording
from .renumbered import event_data, numbers_in, renumbered

_endpoint_line = re.compile(r"^event: *endpoint *$", re.MULTILINE).search


class Ask(NamedTuple):
    """A request that a recording answered.

    Attributes:
        at: how many requests the session had got, this one included.
        prepared: the request.
    """

    at: int
    prepared: Prepared

    @property
    def body(self) -> Mapping[str, JSON]:
        """The canonical body of the request."""
        return self.prepared.request.body


#: The stream that has handed out an event, by the places of its recording, of the event, and of the
#: request that the event answers.
Handed = dict[tuple[int, int, int], "StreamCalls"]


class _Call(NamedTuple):
    """A call that an event belongs to.

    Attributes:
        kind: `ids` or `progress`, the number that they share.
        number: the canonical text of this number.
        recordings: those of requests with such a call.
    """

    kind: str
    number: str
    recordings: tuple[Recording, ...]


class StreamCalls:
    """The calls that the events of one stream belong to, and whether a client has made them.

    Args:
        body: the recorded stream.
        calls: those of each event; of most events there is none.
        index: the place of the stream's recording in the file.
        answered: for each of these events, the last of the requests that do not count.
        asks: what the session's recordings have answered so far; it changes.
        opened: how many requests the session had got when the stream was opened, itself included.
        handed: which stream has handed out an event for a request; the streams of a session share
            it.
    """

    def __init__(
        self,
        body: EventStream,
        calls: Mapping[int, tuple[_Call, ...]],
        index: int,
        answered: Mapping[int, int],
        asks: Mapping[int, Sequence[Ask]],
        opened: int,
        handed: Handed,
    ) -> None:
        self._body = body
        self._opened = opened
        self._handed = handed
        self._calls = calls
        self._index = index
        self._asks = asks
        self._answered = dict(answered)

    @property
    def events(self) -> int:
        """How many events the stream has; a chunk behind them is its tail."""
        return len(self._body.events)

    def has(self, event: int) -> bool:
        """Whether an event belongs to a call."""
        return event in self._calls

    def are_made(self, event: int) -> bool:
        """Whether a client has made all calls of an event, since the event was handed out last."""
        return all(self._made(call, event) is not None for call in self._calls[event])

    def is_of_another(self, event: int) -> bool:
        """Whether another stream of this recording hands out the event for the same requests.

        Both streams were open when these requests came. So nobody knows to whom the answer belongs.
        """
        made = [self._made(call, event) for call in self._calls[event]]
        found = [each[1].at for each in made if each is not None and each[1].at > self._opened]
        first = [self._handed.setdefault((self._index, event, at), self) for at in found]
        return any(each is not self for each in first)

    def skipped(self, event: int) -> int:
        """How many recordings before the call of an event have not been played [RPC-8]."""
        made = [self._made(call, event) for call in self._calls[event]]
        last = max(each[0].index for each in made if each is not None)
        return sum(index not in self._asks for index in range(self._index + 1, last))

    def take(self, event: int) -> bytes:
        """Hand out an event, with the numbers of the calls that a client has made."""
        found: dict[str, dict[str, str]] = {"ids": {}, "progress": {}}
        latest = 0
        for call in self._calls[event]:
            made = self._made(call, event)
            assert made is not None
            recording, ask = made
            latest = max(latest, ask.at)
            own = paired_numbers(recording.request.body, ask.body)
            found[call.kind][call.number] = getattr(own, call.kind)[call.number]
        self._answered[event] = latest
        alone = self._body._replace(events=(self._body.events[event],), tail="")
        return b"".join(forms.decode(renumbered(alone, Numbers(**found))))

    def _made(self, call: _Call, event: int) -> tuple[Recording, Ask] | None:
        """The first request with a call that an event has not answered yet, or None."""
        made = [
            (recording, ask)
            for recording in call.recordings
            for ask in self._asks.get(recording.index, ())
            if ask.at > self._answered[event]
        ]
        return min(made, key=lambda each: each[1].at, default=None)


def stream_calls(
    recording: Recording,
    at: int,
    recordings: Sequence[Recording],
    asks: Mapping[int, Sequence[Ask]],
    stored_url: Callable[[str], str],
    handed: Handed,
) -> StreamCalls | None:
    """The calls that a recorded stream answers, or None if it answers none of the file.

    Args:
        recording: that of the stream.
        at: how many requests the session has got, the one for the stream included.
        recordings: all of the file.
        asks: what they have answered so far.
        stored_url: makes the stored form of a URL.
        handed: see `StreamCalls`.
    """
    if recording.heading.method != "GET":
        return None
    response = recording.answer.response
    body = None if response is None else response.body
    if not isinstance(body, EventStream):
        return None
    if body.framing == NDJSON or not body.events:
        return None
    wanted = {i: found for i, found in enumerate(map(numbers_in, body.events)) if any(found)}
    if not wanted:
        return None
    url = recording.interaction.request.url
    has_endpoint = _endpoint_line(body.events[0]) is not None
    if has_endpoint:
        url = stored_url(urljoin(url, event_data(body.events[0])))
    senders = _senders([each for each in recordings if each.heading.url == url])
    calls: dict[int, tuple[_Call, ...]] = {}
    answered: dict[int, int] = {}
    for event, numbers in wanted.items():
        found = [(kind, number) for kind, each in numbers._asdict().items() for number in each]
        known = tuple(_Call(*each, tuple(senders[each])) for each in found if each in senders)
        if known:
            calls[event] = known
            answered[event] = at if has_endpoint else min(_last(call, asks) for call in known) - 1
    if not calls:
        return None
    return StreamCalls(body, calls, recording.index, answered, asks, at, handed)


def _senders(recordings: Sequence[Recording]) -> dict[tuple[str, str], list[Recording]]:
    """The recordings that have a call, by the kind and the text of its number."""
    found: dict[tuple[str, str], list[Recording]] = {}
    for recording in recordings:
        for kind, numbers in numbers_of(recording.request.body)._asdict().items():
            for number in numbers:
                found.setdefault((kind, number), []).append(recording)
    return found


def _last(call: _Call, asks: Mapping[int, Sequence[Ask]]) -> int:
    """The last request so far with a call; it counts where calls need no stream."""
    made = (ask.at for each in call.recordings for ask in asks.get(each.index, ()))
    return max(made, default=1)
