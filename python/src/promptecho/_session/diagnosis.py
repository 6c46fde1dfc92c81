"""Why a request has no recording, and where a replayed one differs (spec section "Misses")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Callable

from .._base.model import JSON, RecordedRequest
from .._matching import normalize, rekey, url
from .._matching.differences import (
    ABSENT,
    Absent,
    Difference,
    ShownQuery,
    differences,
    query_differences,
)
from .._matching.json_rpc import without_numbers
from .._matching.key import Target
from .._matching.matched_names import fields_of, volatile_in
from .._matching.normalize.trace import trace
from .._matching.query import Field, Kind
from .._matching.rules import lists_version
from .._text.canonical import same
from .miss import Miss, Reason
from .modes import State
from .recordings import Recording, Setup
from .selection import Selection

if TYPE_CHECKING:
    from .._matching.request import Prepared

Count = Callable[[Recording], int]


class Diagnosis:
    """Compares requests with the recordings of one session."""

    def __init__(self, setup: Setup, recordings: Sequence[Recording], selection: Selection) -> None:
        self._setup = setup
        self._recordings = recordings
        self._selection = selection
        self._hosts: frozenset[str] | None = None

    # Drift [DRIFT-1..3]

    def drift(self, prepared: Prepared, recording: Recording) -> tuple[Difference, ...]:
        """Where a request differs from the recording that matches it."""
        return (
            *self._host_drift(prepared, recording),
            *self._header_drift(prepared, recording),
            *_body_drift(prepared, recording),
        )

    def _host_drift(self, prepared: Prepared, recording: Recording) -> Iterator[Difference]:
        if prepared.host != recording.host and prepared.host in self._hosts_of_the_file():
            yield Difference("url.host", recording.host, prepared.host)

    def _hosts_of_the_file(self) -> frozenset[str]:
        if self._hosts is None:
            self._hosts = frozenset(recording.host for recording in self._recordings)
        return self._hosts

    def _header_drift(self, prepared: Prepared, recording: Recording) -> Iterator[Difference]:
        for name, recorded, incoming in self._selection.header_drift(prepared, recording):
            yield Difference(f"headers.{name}", _there(recorded), _there(incoming))

    def drift_miss(
        self, prepared: Prepared, recording: Recording, drift: tuple[Difference, ...]
    ) -> Miss:
        """The miss for a request that differs from its recording (`on_drift="raise"`)."""
        return self._describe(prepared, Reason.DRIFT, recording, drift)

    def two_streams(self, request: RecordedRequest) -> Miss:
        """The miss where two open streams play one recording [RPC-10]."""
        return Miss(
            cassette=self._setup.name,
            mode=self._setup.mode.value,
            reason=Reason.ALL_PLAYED,
            request=request,
            recordings=len(self._recordings),
            played=sum(1 for r in self._recordings if r.played),
            two_streams=True,
        )

    # Misses [MISS-1..5]

    def miss(self, prepared: Prepared, found: Sequence[Recording]) -> Miss:
        """The miss for a request that no recording may answer.

        Args:
            prepared: the request.
            found: the recordings that match it; all of them were played.
        """
        if self._setup.state is State.ABSENT:
            return self._describe(prepared, Reason.NO_FILE)
        if not self._recordings:
            return self._describe(prepared, Reason.EMPTY)
        if found:
            return self._describe(prepared, Reason.ALL_PLAYED)
        incoming = _traced(prepared)
        stale = self._selection.stale(prepared)
        if stale is not None:
            differ = tuple(self._differences(prepared, incoming, stale))
            return self._describe(prepared, Reason.STALE_KEY, stale, differ)
        return self._unmatched(prepared, incoming)

    def _unmatched(self, prepared: Prepared, incoming: dict[str, object]) -> Miss:
        method = prepared.request.method
        near = [
            recording
            for recording in self._recordings
            if recording.heading.method == method and recording.path == prepared.path
        ]
        if not near:
            return self._describe(prepared, Reason.NO_ENDPOINT)

        differences_of = self._differences_of(prepared, incoming)
        rough, least, exact = counts = self._counts(prepared, differences_of)
        for recording in near:
            if rough(recording) or least(recording) or exact(recording):
                continue
            if self._has_another_key(prepared, recording):
                return self._describe(prepared, Reason.STALE_KEY, recording)
        from .nearest import nearest

        fresh = [each for each in near if not each.played] or near
        recording = nearest(fresh, *counts)
        found = differences_of(recording)
        if found:
            return self._describe(prepared, Reason.NEAREST, recording, found)
        return self._describe(prepared, Reason.STREAM_INTENT, recording)

    def nearest_of(
        self, prepared: Prepared, recordings: Sequence[Recording]
    ) -> tuple[Recording, tuple[Difference, ...]]:
        """The nearest of some recordings of one endpoint, and where it differs [MISS-2]."""
        differences_of = self._differences_of(prepared, _traced(prepared))
        from .nearest import nearest

        found = nearest(recordings, *self._counts(prepared, differences_of))
        return found, differences_of(found)

    def _differences_of(
        self, prepared: Prepared, incoming: dict[str, object]
    ) -> Callable[[Recording], tuple[Difference, ...]]:
        return cache(lambda recording: tuple(self._differences(prepared, incoming, recording)))

    def _counts(
        self,
        prepared: Prepared,
        differences_of: Callable[[Recording], tuple[Difference, ...]],
    ) -> tuple[Count, Count, Count]:
        """How many differences a recording has: two bounds, and the number."""
        from .nearest import Bounds

        bounds = Bounds(self._matched_members(prepared))
        return cache(bounds.rough), cache(bounds.least), lambda each: len(differences_of(each))

    def _matched_members(self, prepared: Prepared) -> dict[str, JSON]:
        """Members of the body of a request of which all is in its key."""
        body = prepared.request.body
        return {name: body[name] for name in prepared.in_key}

    def _has_another_key(self, prepared: Prepared, recording: Recording) -> bool:
        """Whether a recording with the hashed text of a request has another key [MISS-1]."""
        if recording.legacy:
            return False
        key = prepared.request.match_key
        if recording.lacks_query:
            key = prepared.key_without_query()
        return recording.heading.match_key != key

    def _differences(
        self, prepared: Prepared, incoming: dict[str, object], recording: Recording
    ) -> Iterator[Difference]:
        """Where the hashed texts of a recording and of a request differ [MISS-3]."""
        request = recording.request
        body = request.body
        matching, path = self._setup.matching, prepared.path
        ours = matching.names_in(prepared.request.body, path)
        theirs = matching.names_in(body, path)
        names = (*theirs, *(name for name in ours if name not in theirs))
        yield from self._target_differences(prepared, recording)
        yield from differences(fields_of(body, names), fields_of(incoming, names), names)

    def _target_differences(self, prepared: Prepared, recording: Recording) -> Iterator[Difference]:
        request, policy = recording.request, self._setup.policy
        theirs, ours = rekey.target(request, policy, self._setup.stored_under), prepared.target
        if theirs.host != ours.host:
            yield Difference("url.host", _there(theirs.host), _there(ours.host))
        if not recording.lacks_query:
            fields = url.query_fields(request.url, policy.query)
            yield from query_differences(
                ShownQuery(theirs.query, self._shown(fields, stored=True)),
                ShownQuery(ours.query, self._shown(prepared.query)),
            )
        if not recording.legacy:
            yield from _key_header_differences(theirs, ours)

    def _shown(self, fields: Sequence[Field], *, stored: bool = False) -> list[tuple[str, str]]:
        """The pairs of a query that are in a key, with their values; none of them is a secret.

        A stored value of the class other is shown as the file has it: most are digests [MISS-3].
        """
        clean = self._setup.policy.redactor.text
        return [
            (
                field.name,
                clean(field.written if stored and field.kind is Kind.OTHER else field.value),
            )
            for field in fields
            if field.kind in (Kind.CLEAR, Kind.OTHER)
        ]

    def _describe(
        self,
        prepared: Prepared,
        reason: Reason,
        recording: Recording | None = None,
        found: tuple[Difference, ...] = (),
    ) -> Miss:
        endpoints = self._endpoints() if reason is Reason.NO_ENDPOINT else ()
        lists = self._setup.file.lists
        return Miss(
            cassette=self._setup.name,
            mode=self._setup.mode.value,
            reason=reason,
            request=prepared.request,
            recordings=len(self._recordings),
            played=sum(1 for r in self._recordings if r.played),
            endpoints=endpoints,
            nearest=recording.interaction if recording else None,
            number=recording.index + 1 if recording else 0,
            differences=found,
            patterns_not_run=self._setup.patterns_not_run,
            newer_lists=lists is not None and lists > lists_version(),
        )

    def _endpoints(self) -> tuple[str, ...]:
        return tuple({f"{r.heading.method} {r.path}": None for r in self._recordings})


def _body_drift(prepared: Prepared, recording: Recording) -> Iterator[Difference]:
    if _same_beside_key(prepared, recording) or same(prepared.request.body, recording.request.body):
        return
    path = prepared.path
    ours = _lasting(prepared.request.body, path)
    theirs = _lasting(recording.request.body, path)
    names = [*theirs, *(name for name in ours if name not in theirs)]
    changed = [name for name in names if _differ(name, prepared, recording)]
    if changed:
        yield from differences(theirs, without_numbers(_traced(prepared)), changed)


def _same_beside_key(prepared: Prepared, recording: Recording) -> bool:
    """Whether a request and a recording are the same in what their key does not cover."""
    if not recording.left_out.issubset(prepared.in_key):
        return False
    body = prepared.request.body
    ours = {name: value for name, value in body.items() if name not in recording.left_out}
    return same(ours, recording.beside_key.body)


def _lasting(body: Mapping[str, JSON], path: str) -> dict[str, JSON]:
    """A canonical body without its volatile members [DRIFT-1]."""
    volatile = volatile_in(body, path)
    return {k: v for k, v in without_numbers(body).items() if k not in volatile}


def _differ(name: str, prepared: Prepared, recording: Recording) -> bool:
    """Whether two bodies differ in a member; equal values need no canonical text."""
    ours, theirs = prepared.request.body, recording.request.body
    if name in ours and name in theirs and same(ours[name], theirs[name]):
        return False
    return prepared.texts.get(name) != recording.texts.get(name)


def _key_header_differences(recorded: Target, incoming: Target) -> Iterator[Difference]:
    theirs, ours = dict(recorded.headers), dict(incoming.headers)
    for name in sorted({*theirs, *ours}):
        if theirs.get(name) != ours.get(name):
            yield Difference(f"headers.{name}", _there(theirs.get(name)), _there(ours.get(name)))


def _there(value: str | None) -> str | Absent:
    return ABSENT if value is None else value


def _traced(prepared: Prepared) -> dict[str, object]:
    """The canonical body, with values that know their place in the caller's body [MISS-5].

    Only a JSON object is normalized; other bodies are compared as they are stored.
    """
    caller = prepared.caller
    if caller is None or not isinstance(caller, dict):
        return prepared.request.body
    body: dict[str, object] = normalize.normalize(
        prepared.path, trace(caller), prepared.request.method
    )[1]
    return body
