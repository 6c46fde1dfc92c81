"""The machine: one cassette, one record mode, no I/O (spec sections "Record modes", "Selection").

`OpenCassette` asks what to do with a request and does it::

    session.decide(prepared)          -> Replay | CallUpstream | Miss
    session.record(ticket, response) -> the finished interaction, to be written down
    session.close(failed)          -> Unchanged | Save

A request never replays what the same session has just recorded: a retry reaches the network, and
both answers are kept in order [MODE-2]. The machine is not thread-safe: `OpenCassette` locks it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Union

from .._base.model import CassetteFile, Interaction, RecordedRequest, RecordedResponse
from .._format.lazy_reader import Heading, headings
from .._matching import normalize, url
from .._matching.differences import Difference, differences, query_differences
from .._matching.key import Matching, Texts
from .._matching.normalize.trace import trace
from .._matching.rekey import known_query
from .._matching.request import Prepared, wants_stream, whole_text
from .._matching.rules import RecordingPolicy
from .._text.json import same
from .miss import Miss, Reason
from .modes import TABLE, Action, Mode, State


class Replay(NamedTuple):
    """Answer with this recording; `drift` says where the request differs outside the key."""

    interaction: Interaction
    drift: tuple[Difference, ...]


class CallUpstream(NamedTuple):
    """Make the call, then tell the session under this ticket how it went."""

    ticket: int


#: A `Miss` means: neither replay nor call, but raise a `CassetteMiss`.
Decision = Union[Replay, CallUpstream, Miss]


class Unchanged(NamedTuple):
    """Nothing to write."""


class Save(NamedTuple):
    """Write the file.

    Attributes:
        recorded: this session's interactions, in the order in which the requests started.
        replace: whether they stand instead of what was in the file (mode ``all``).
        incomplete: whether the block raised before the cassette was whole [MODE-5].
    """

    recorded: tuple[Interaction, ...]
    replace: bool
    incomplete: bool


class Setup(NamedTuple):
    """What a session is opened with.

    Attributes:
        name: the cassette's path, for messages.
        file: what the file says (no interactions where it is absent).
        state: whether it was there.
        matching: the `match_on` in force; the keys of `file` are taken under it.
        policy: how requests are stored, under the options of the file that are in force.
        repeat: whether a recording may answer more than once (`on_exhausted="repeat"`).
        drift_is_miss: whether a difference outside the key is a miss (`on_drift="raise"`).
        taken_up: how many recordings came from the journal of a session that died.
    """

    name: str
    file: CassetteFile
    state: State
    mode: Mode
    matching: Matching
    policy: RecordingPolicy
    repeat: bool = True
    drift_is_miss: bool = False
    taken_up: int = 0


class _Recording:
    """A recording of the file and what this session knows of it."""

    __slots__ = ("_file", "_index", "_streaming", "_texts", "_whole", "heading", "played")

    def __init__(self, file: Sequence[Interaction], index: int, heading: Heading) -> None:
        self.heading = heading
        self.played = 0
        self._file = file
        self._index = index
        self._streaming: bool | None = None
        self._texts: Texts | None = None
        self._whole: bytes | None = None

    @property
    def interaction(self) -> Interaction:
        """All of it; perhaps it is read only now."""
        return self._file[self._index]

    @property
    def path(self) -> str:
        return url.key_path(self.heading.url)

    @property
    def streaming(self) -> bool:
        if self._streaming is None:
            self._streaming = wants_stream(self.path, self.interaction.request.body)
        return self._streaming

    @property
    def texts(self) -> Texts:
        """Canonical text of each member of the body."""
        if self._texts is None:
            self._texts = Texts(self.interaction.request.body)
        return self._texts

    def whole(self, volatile: frozenset[str]) -> bytes:
        """The body, volatile members aside, as a digest: many may have one key."""
        if self._whole is None:
            self._whole = _digest(self.texts, volatile)
        return self._whole


class Session:
    """One open cassette."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._row = TABLE[setup.mode, setup.state]
        self._legacy = setup.file.minor == 0
        held = setup.file.interactions
        self._recordings = [_Recording(held, i, each) for i, each in enumerate(headings(held))]
        self._by_key: dict[str, list[_Recording]] = {}
        self._without_query: dict[str, list[_Recording]] = {}  # V20-4, V20-8
        for recording in self._recordings:
            heading = recording.heading
            index = self._without_query if self._lacks_query(heading) else self._by_key
            index.setdefault(heading.match_key, []).append(recording)
        self._asked: list[RecordedRequest] = []
        self._recorded: dict[int, Interaction] = {}
        self._open: dict[int, Prepared] = {}
        self.replays: list[Replay] = []
        self.missed: list[Miss] = []

    @property
    def sent(self) -> list[RecordedRequest]:
        """The canonical requests that came in, in order."""
        return list(self._asked)

    @property
    def only_replays(self) -> bool:
        """Whether no request of this session can become a live call [MODE-1]."""
        return Action.RECORD not in self._row

    @property
    def played(self) -> list[Interaction]:
        """Recordings that answered a request, in order; one that answered twice stands twice."""
        return [replay.interaction for replay in self.replays]

    @property
    def recorded(self) -> list[Interaction]:
        """What this session recorded, in the order in which the requests started [MODE-6]."""
        return [self._recorded[ticket] for ticket in sorted(self._recorded)]

    @property
    def unplayed(self) -> list[Interaction]:
        """Recordings of the file that no request has asked for."""
        return [r.interaction for r in self._recordings if not r.played]

    @property
    def left(self) -> int:
        """How many recordings of the file no request has asked for; none is read to tell."""
        return sum(not recording.played for recording in self._recordings)

    def decide(self, prepared: Prepared) -> Decision:
        """What to do with a request."""
        ticket = len(self._asked)
        self._asked.append(prepared.request)
        found = self._candidates(prepared) if self._row.matched is Action.REPLAY else []
        action = self._action(found)
        if action is Action.RECORD:
            self._open[ticket] = prepared
            return CallUpstream(ticket)
        if action is Action.MISS:
            return self._refuse(self._miss(prepared, found))
        return self._play(prepared, self._select(found))

    def record(
        self, ticket: int, response: RecordedResponse, redacted: tuple[str, ...], at: str | None
    ) -> Interaction | None:
        """Take the answer of a call; returns the interaction to write down, None after close."""
        prepared = self._open.pop(ticket, None)
        if prepared is None:
            return None
        interaction = Interaction(prepared.request, response, at, prepared.redacted + redacted)
        self._recorded[ticket] = interaction
        return interaction

    def discard(self, ticket: int) -> None:
        """Forget a call that got no answer, or whose answer is not to be kept."""
        self._open.pop(ticket, None)

    def close(self, *, failed: bool) -> Unchanged | Save:
        """What is to be written at the end of the block [MODE-4, MODE-5]."""
        self._open.clear()
        mode, state = self.setup.mode, self.setup.state
        recorded = tuple(self.recorded)
        if mode is Mode.ALL:
            keep = not recorded or (failed and state is not State.ABSENT)
            return Unchanged() if keep else Save(recorded, replace=True, incomplete=failed)
        if mode is Mode.NONE:
            return Unchanged()
        incomplete = failed and state is not State.PRESENT
        cleared = state is State.INCOMPLETE and not failed
        if recorded or cleared or self.setup.taken_up:
            return Save(recorded, replace=False, incomplete=incomplete)
        return Unchanged()

    def _lacks_query(self, heading: Heading) -> bool:
        return self._legacy or heading.lacks_query

    # Selection [SEL-1..4]

    def _candidates(self, prepared: Prepared) -> list[_Recording]:
        found = self._wanted(prepared, self._by_key, prepared.request.match_key)
        if not found and self._without_query:
            key = prepared.key_without_query(headers=not self._legacy)
            found = self._wanted(prepared, self._without_query, key)
        if len(found) > 1:
            volatile = self.setup.matching.volatile
            whole = _digest(prepared.texts, volatile)
            alike = [r for r in found if r.whole(volatile) == whole]
            return alike or found
        return found

    def _wanted(
        self, prepared: Prepared, index: dict[str, list[_Recording]], key: str
    ) -> list[_Recording]:
        return [r for r in index.get(key, ()) if r.streaming is prepared.streaming]

    def _action(self, found: list[_Recording]) -> Action:
        if not found:
            return self._row.unmatched
        if any(not recording.played for recording in found):
            return self._row.matched
        if self._row.used_up is Action.REPLAY and not self.setup.repeat:
            return self._row.unmatched
        return self._row.used_up

    def _select(self, found: list[_Recording]) -> _Recording:
        return next((r for r in found if not r.played), found[-1])

    def _play(self, prepared: Prepared, recording: _Recording) -> Replay | Miss:
        drift = tuple(self._drift(prepared, recording))
        if drift and self.setup.drift_is_miss:
            return self._refuse(self._describe(prepared, Reason.DRIFT, recording, drift))
        recording.played += 1
        self.replays.append(Replay(recording.interaction, drift))
        return self.replays[-1]

    # Drift and misses

    def _drift(self, prepared: Prepared, recording: _Recording) -> Iterator[Difference]:
        ours, theirs = prepared.request.body, recording.interaction.request.body
        volatile = self.setup.matching.volatile
        changed = [
            name
            for name in [*theirs, *(name for name in ours if name not in theirs)]
            if name not in volatile and _differ(name, prepared, recording)
        ]
        if changed:
            yield from differences(theirs, _traced(prepared), changed)

    def _refuse(self, miss: Miss) -> Miss:
        self.missed.append(miss)
        return miss

    def _miss(self, prepared: Prepared, found: list[_Recording]) -> Miss:
        if self.setup.state is State.ABSENT:
            return self._describe(prepared, Reason.NO_FILE)
        if not self._recordings:
            return self._describe(prepared, Reason.EMPTY)
        if found:
            return self._describe(prepared, Reason.ALL_PLAYED)
        method = prepared.request.method
        near = [
            r for r in self._recordings if r.heading.method == method and r.path == prepared.path
        ]
        if not near:
            return self._describe(prepared, Reason.NO_ENDPOINT)
        return self._nearest(prepared, [r for r in near if not r.played] or near)

    def _nearest(self, prepared: Prepared, near: list[_Recording]) -> Miss:
        incoming = _traced(prepared)
        best: tuple[_Recording, tuple[Difference, ...]] | None = None
        for recording in near:
            found = tuple(self._differences(prepared, incoming, recording))
            if best is None or len(found) < len(best[1]):
                best = recording, found
        assert best is not None  # `near` is not empty
        recording, found = best
        if found:
            return self._describe(prepared, Reason.NEAREST, recording, found)
        intent = Difference("stream", recording.streaming, prepared.streaming)
        return self._describe(prepared, Reason.STREAM_INTENT, recording, (intent,))

    def _differences(
        self, prepared: Prepared, incoming: dict[str, object], recording: _Recording
    ) -> Iterator[Difference]:
        request = recording.interaction.request
        body = request.body
        matching = self.setup.matching
        ours = matching.names_in(prepared.request.body, prepared.path)
        theirs = matching.names_in(body, recording.path)
        names = [*theirs, *(name for name in ours if name not in theirs)]
        if not self._lacks_query(recording.heading):
            query = known_query(request, self.setup.policy)
            yield from query_differences(query, prepared.target.query)
        yield from differences(body, incoming, names)

    def _describe(
        self,
        prepared: Prepared,
        reason: Reason,
        recording: _Recording | None = None,
        found: tuple[Difference, ...] = (),
    ) -> Miss:
        endpoints = {f"{r.heading.method} {r.path}": None for r in self._recordings}
        return Miss(
            cassette=self.setup.name,
            mode=self.setup.mode.value,
            reason=reason,
            request=prepared.request,
            recordings=len(self._recordings),
            played=sum(1 for r in self._recordings if r.played),
            endpoints=tuple(endpoints) if reason is Reason.NO_ENDPOINT else (),
            nearest=recording.interaction if recording else None,
            number=self._recordings.index(recording) + 1 if recording else 0,
            differences=found,
        )


def _differ(name: str, prepared: Prepared, recording: _Recording) -> bool:
    """Whether two bodies differ in a member; values that are spelled alike need no text."""
    ours, theirs = prepared.request.body, recording.interaction.request.body
    if name in ours and name in theirs and same(ours[name], theirs[name]):
        return False
    return prepared.texts.get(name) != recording.texts.get(name)


def _digest(texts: Mapping[str, str], volatile: frozenset[str]) -> bytes:
    return hashlib.sha256(whole_text(texts, volatile).encode()).digest()


def _traced(prepared: Prepared) -> dict[str, object]:
    """The canonical body once more, its values knowing where the caller wrote them [MISS-5]."""
    if prepared.caller is None:
        return prepared.request.body
    body: dict[str, object] = normalize.normalize(
        prepared.path, trace(prepared.caller), prepared.request.method
    )[1]
    return body
