"""The state machine of one cassette, without I/O (spec sections "Modes", "Selection and drift").

`OpenCassette` asks what to do with a request and does it::

    session.decide(prepared)          -> Replay | CallUpstream | Miss
    session.record(ticket, response)  -> the finished interaction, for the journal
    session.close(failed)             -> Unchanged | Save

A request never replays what the same session has just recorded: a retry reaches the network, and
both answers are kept in order [MODE-2]. The machine is not thread-safe: `OpenCassette` locks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Union

from .._base.model import (
    Answer,
    Failure,
    Interaction,
    Provenance,
    RecordedRequest,
    RecordedResponse,
)
from .._matching import envelope
from .._matching.differences import Difference
from .._matching.last_errors import without_last_errors
from .._matching.request import Prepared
from .call_numbers import CallNumbers, Numbers, may_call
from .diagnosis import Diagnosis
from .faults import Fault, Faults
from .miss import Miss, Reason
from .modes import TABLE, Action, Mode, Row, State
from .offers import Offers
from .order import after
from .outcome import NO_OTHERS, RunSoFar, Save, Unchanged
from .recorder_name import recorded_by
from .recordings import Recording, Setup, recordings
from .selection import Selection
from .stream_calls import Ask, Handed, StreamCalls, stream_calls


class Replay(NamedTuple):
    """Replay this recording.

    Attributes:
        recording: the recording.
        drift: where the request differs outside the key.
        numbers: what replaces the numbers of JSON-RPC calls in it, or None [RPC-4].
        calls: the calls that the events of a stream belong to, or None [RPC-7].
        fault: what happens to the answer, or None.
    """

    recording: Recording
    drift: tuple[Difference, ...]
    numbers: Numbers | None = None
    calls: StreamCalls | None = None
    fault: Fault | None = None

    @property
    def interaction(self) -> Interaction:
        """The whole recording, as the file holds it."""
        return self.recording.interaction

    @property
    def answer(self) -> Answer:
        """What it answers with."""
        return self.recording.answer

    @property
    def by_older_lists(self) -> bool:
        """Whether it was found by the second look [SEL-7]."""
        return self.recording.is_renewed


class CallUpstream(NamedTuple):
    """Make the call, then report its response under this ticket: `record` or `discard`."""

    ticket: int


#: What to do with a request. For a `Miss`, raise a `CassetteMiss`.
Decision = Union[Replay, CallUpstream, Miss]


class Session:
    """Decides about the requests of one open cassette."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._row = TABLE[setup.mode, setup.state]
        #: How many requests each recording of the file has answered; processes may share it.
        self.plays: list[int] = []
        self._recordings = recordings(setup.file, self.plays)
        self._selection = Selection(setup, self._recordings)
        self._diagnosis = Diagnosis(setup, self._recordings, self._selection)
        self.offers = Offers(setup, self._recordings, self._diagnosis.nearest_of)
        self._numbers = CallNumbers()
        self._asks: dict[int, list[Ask]] = {}
        self._handed: Handed = {}
        self.faults = Faults(setup.faults)
        self._faulted: set[int] = set()
        #: The requests that the session got, in order.
        self.prepared: list[Prepared] = []
        self._recorded: dict[int, Interaction] = {}
        self._first_plays: dict[int, int] = {}
        self._open: dict[int, Prepared] = {}
        self.replays: list[Replay] = []
        self.missed: list[Miss] = []
        #: What is said about requests that another recording has answered.
        self.fuzzy: list[str] = []

    @property
    def sent(self) -> list[RecordedRequest]:
        """The canonical requests that the session got, in order."""
        return [prepared.request for prepared in self.prepared]

    @property
    def only_replays(self) -> bool:
        """Whether no request of this session can become a live call [MODE-1]."""
        return Action.RECORD not in self._row and self.setup.mode is not Mode.VERIFY

    @property
    def played(self) -> list[Interaction]:
        """Recordings that answered a request, in order; a repeated one is listed again."""
        return [replay.interaction for replay in self.replays]

    @property
    def recorded(self) -> list[Interaction]:
        """What this session recorded, in the order in which the requests started [MODE-6]."""
        return [self._recorded[ticket] for ticket in sorted(self._recorded)]

    @property
    def unplayed(self) -> list[Interaction]:
        """Recordings of the file that have not been played."""
        return [r.interaction for r in self._recordings if not self._is_used(r)]

    @property
    def left(self) -> int:
        """How many recordings of the file have not been played; this parses none of them."""
        return sum(not self._is_used(recording) for recording in self._recordings)

    @property
    def used(self) -> list[int]:
        """The recordings that a request has found, by their places in the file, from 1."""
        return [r.index + 1 for r in self._recordings if self._is_used(r)]

    @property
    def only_failures(self) -> bool:
        """Whether no call that this session recorded got an answer [FAIL-9]."""
        recorded = self._recorded.values()
        return bool(recorded) and all(each.response is None for each in recorded)

    def same(self, prepared: Prepared) -> list[Recording]:
        """The recordings of this very request, where they are found without its body being parsed.

        A session that records everything again has none.
        """
        return self._selection.same(prepared) if self._row.matched is Action.REPLAY else []

    def decide(
        self, prepared: Prepared, *, live: bool = True, same: list[Recording] | None = None
    ) -> Decision:
        """What to do with a request.

        Args:
            prepared: the request.
            live: whether it may become a live call, if the mode allows that.
            same: what `same` gives for it, where that is known.
        """
        same = self.same(prepared) if same is None else same
        row = self._row if live else TABLE[Mode.NONE, self.setup.state]
        ticket = len(self.prepared)
        self.prepared.append(prepared)
        self.faults.call(prepared.target.method, prepared.target.path)
        replays = row.matched is Action.REPLAY
        found = same or (self._selection.candidates(prepared) if replays else [])
        action = self._action(found, row)
        if action is Action.RECORD:
            self._open[ticket] = prepared
            self.faults.live()
            return CallUpstream(ticket)
        if action is Action.MISS:
            return self._unanswered(prepared, found)
        return self._play(prepared, self._select(found), is_same=bool(same))

    def two_streams(self, replay: Replay) -> Miss:
        """The miss where two open streams play one recording, and a call may be of either."""
        return self._refuse(self._diagnosis.two_streams(replay.interaction.request))

    def record(
        self,
        ticket: int,
        response: RecordedResponse | None,
        redacted: tuple[str, ...],
        at: str | None,
        failure: Failure | None = None,
        request: RecordedRequest | None = None,
    ) -> Interaction | None:
        """Take the response of a call, its failure, or both.

        Args:
            ticket: of the call.
            response: the response, or None.
            redacted: places of secrets that were taken out of it.
            at: when the call began, or None.
            failure: the failure, or None.
            request: the request with its digest, if it has one.

        Returns:
            The finished interaction; None after `close`.
        """
        prepared = self._open.pop(ticket, None)
        if prepared is None:
            return None
        places = prepared.redacted + redacted
        request = request or prepared.request
        by = recorded_by(prepared) if at is not None else None
        provenance = Provenance(by, self.setup.origin)
        interaction = Interaction(
            request, response, at, places, provenance=provenance, failure=failure
        )
        self._recorded[ticket] = interaction
        return interaction

    def recorded_as(self, ticket: int) -> Interaction | None:
        """The finished interaction of a call; None if there is none."""
        return self._recorded.get(ticket)

    def take_up(self, interactions: Iterable[Interaction]) -> None:
        """Add what child processes have recorded."""
        for interaction in interactions:
            self._recorded[len(self.prepared) + len(self._recorded)] = interaction

    def discard(self, ticket: int) -> None:
        """Forget a call without a response, or with one that must not be recorded."""
        self._open.pop(ticket, None)

    def close(self, *, failed: bool, others: RunSoFar = NO_OTHERS) -> Unchanged | Save:
        """What to write at the end of the block [MODE-4, MODE-5].

        Args:
            failed: whether the block has not ended well.
            others: what other tests of the run have done, if they share the file.
        """
        self._open.clear()
        mode, state = self.setup.mode, self.setup.state
        recorded = tuple(self.recorded)
        if not mode.writes or (mode is Mode.MISSING and failed):
            return Unchanged()
        if failed:
            recorded = tuple(without_last_errors(recorded))
        marks = failed and others.wrote  # they did not know that this test would fail
        if self.only_failures:
            recorded = ()
            if not marks:
                return Unchanged()
        if mode is Mode.ALL:
            keep = not recorded or (failed and state is not State.ABSENT)
            incomplete = failed or others.failed
            return Save(recorded, True, incomplete) if marks or not keep else Unchanged()
        failed = failed or others.failed
        incomplete = failed and state is not State.PRESENT
        cleared = state is State.INCOMPLETE and not failed
        if recorded or cleared or marks or self.setup.taken_up:
            return Save(recorded, False, incomplete, self._after() if recorded else ())
        return Unchanged()

    def _after(self) -> tuple[int, ...]:
        """Where the new recordings go: to the end, except in mode ``missing``."""
        count, tickets = len(self._recordings), sorted(self._recorded)
        is_placed = self.setup.mode is Mode.MISSING
        return after(self._first_plays, tickets, count) if is_placed else ()

    # Selection [SEL-1..4]

    def _action(self, found: list[Recording], row: Row) -> Action:
        if not found:
            return row.unmatched
        if any(not recording.played for recording in found):
            return row.matched
        if row.used_up is Action.REPLAY and not self.setup.repeat:
            return row.unmatched
        return row.used_up

    def _select(self, found: list[Recording]) -> Recording:
        return next((r for r in found if not r.played), found[-1])

    def _play(
        self, prepared: Prepared, recording: Recording, *, is_same: bool, is_accepted: bool = False
    ) -> Replay | Miss:
        is_asked = not (is_same or is_accepted)
        drift = self._diagnosis.drift(prepared, recording) if is_asked else ()
        answer = recording.answer  # a damaged one is not played
        if drift and self.setup.drift_is_miss:
            return self._refuse(self._diagnosis.drift_miss(prepared, recording, drift))
        fault = self.faults.due(recording.index + 1, answer)
        if fault is not None and not fault.is_delay_only:
            # The recording is not used up: it answers the request when a client makes it again.
            self._faulted.add(recording.index)
            return Replay(recording, drift, fault=fault)
        if not recording.played:
            self._first_plays[len(self.prepared) - 1] = recording.index
        recording.play()
        place, numbers = (recording.host, recording.path), None
        if self._numbers.has_notes(place) or (not is_same and may_call(prepared.request.body)):
            numbers = self._numbers.note(place, recording.request, prepared.request)
        at = len(self.prepared)
        self._asks.setdefault(recording.index, []).append(Ask(at, prepared))
        calls = stream_calls(
            recording, at, self._recordings, self._asks, self._stored_url, self._handed
        )
        self.replays.append(Replay(recording, drift, numbers, calls, fault))
        return self.replays[-1]

    def _unanswered(self, prepared: Prepared, found: list[Recording]) -> Replay | Miss:
        miss = self._diagnosis.miss(prepared, found)
        accepted = self.offers.accepted(prepared, miss)
        if accepted is None:
            accepted = self._close_one(prepared, miss)
        if accepted is None:
            return self._refuse(miss)
        return self._play(prepared, accepted, is_same=False, is_accepted=True)

    def _close_one(self, prepared: Prepared, miss: Miss) -> Recording | None:
        """The recording that answers in place of a miss, if the cassette is fuzzy."""
        if self.setup.fuzzy is None or miss.reason is not Reason.NEAREST:
            return None
        from . import fuzzy

        close = fuzzy.closest(prepared, self._recordings, self.setup.fuzzy)
        if close is None:
            return None
        _, differences = self._diagnosis.nearest_of(prepared, [close.recording])
        self.fuzzy.append(fuzzy.said(miss, close, len(self.prepared), differences))
        return close.recording

    def _is_used(self, recording: Recording) -> bool:
        return bool(recording.played) or recording.index in self._faulted

    def _stored_url(self, url: str) -> str:
        policy = self.setup.policy
        return envelope.address(url, policy.redactor, policy.detector, policy.query).url

    def _refuse(self, miss: Miss) -> Miss:
        self.missed.append(miss)
        return miss
