"""Why a request has no recording, and where a replayed one differs (spec section "Misses")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._base.model import JSON
from .._matching import normalize
from .._matching.differences import Difference, differences, query_differences
from .._matching.json_rpc import without_numbers
from .._matching.matched_names import fields_of, volatile_in
from .._matching.normalize.trace import trace
from .._matching.rekey import known_query
from .._matching.request import Prepared
from .._text.canonical import same
from .miss import Miss, Reason
from .modes import State
from .recordings import Recording, Setup


class Diagnosis:
    """Compares requests with the recordings of one session."""

    def __init__(self, setup: Setup, recordings: Sequence[Recording]) -> None:
        self._setup = setup
        self._recordings = recordings

    def drift(self, prepared: Prepared, recording: Recording) -> tuple[Difference, ...]:
        """Where a request differs from the recording that matches it."""
        path = prepared.path
        ours = _lasting(prepared.request.body, path)
        theirs = _lasting(recording.interaction.request.body, path)
        names = [*theirs, *(name for name in ours if name not in theirs)]
        changed = [name for name in names if _differ(name, prepared, recording)]
        if not changed:
            return ()
        return tuple(differences(theirs, without_numbers(_traced(prepared)), changed))

    def drift_miss(
        self, prepared: Prepared, recording: Recording, drift: tuple[Difference, ...]
    ) -> Miss:
        """The miss for a request that differs from its recording (`on_drift="raise"`)."""
        return self._describe(prepared, Reason.DRIFT, recording, drift)

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
        method = prepared.request.method
        near = [
            r for r in self._recordings if r.heading.method == method and r.path == prepared.path
        ]
        if not near:
            return self._describe(prepared, Reason.NO_ENDPOINT)
        return self._nearest(prepared, [r for r in near if not r.played] or near)

    def _nearest(self, prepared: Prepared, near: list[Recording]) -> Miss:
        incoming = _traced(prepared)
        best: tuple[Recording, tuple[Difference, ...]] | None = None
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
        self, prepared: Prepared, incoming: dict[str, object], recording: Recording
    ) -> Iterator[Difference]:
        request = recording.interaction.request
        body = request.body
        matching, path = self._setup.matching, prepared.path
        ours = matching.names_in(prepared.request.body, path)
        theirs = matching.names_in(body, path)
        names = (*theirs, *(name for name in ours if name not in theirs))
        if not recording.lacks_query:
            query = known_query(request, self._setup.policy)
            yield from query_differences(query, prepared.target.query)
        yield from differences(fields_of(body, names), fields_of(incoming, names), names)

    def _describe(
        self,
        prepared: Prepared,
        reason: Reason,
        recording: Recording | None = None,
        found: tuple[Difference, ...] = (),
    ) -> Miss:
        endpoints = {f"{r.heading.method} {r.path}": None for r in self._recordings}
        return Miss(
            cassette=self._setup.name,
            mode=self._setup.mode.value,
            reason=reason,
            request=prepared.request,
            recordings=len(self._recordings),
            played=sum(1 for r in self._recordings if r.played),
            endpoints=tuple(endpoints) if reason is Reason.NO_ENDPOINT else (),
            nearest=recording.interaction if recording else None,
            number=self._recordings.index(recording) + 1 if recording else 0,
            differences=found,
            patterns_not_run=self._setup.patterns_not_run,
        )


def _lasting(body: Mapping[str, JSON], path: str) -> dict[str, JSON]:
    """A canonical body without its volatile members [DRIFT-1]."""
    volatile = volatile_in(body, path)
    return {k: v for k, v in without_numbers(body).items() if k not in volatile}


def _differ(name: str, prepared: Prepared, recording: Recording) -> bool:
    """Whether two bodies differ in a member; equal values need no canonical text."""
    ours, theirs = prepared.request.body, recording.interaction.request.body
    if name in ours and name in theirs and same(ours[name], theirs[name]):
        return False
    return prepared.texts.get(name) != recording.texts.get(name)


def _traced(prepared: Prepared) -> dict[str, object]:
    """The canonical body, with values that know their place in the caller's body [MISS-5]."""
    if prepared.caller is None:
        return prepared.request.body
    body: dict[str, object] = normalize.normalize(
        prepared.path, trace(prepared.caller), prepared.request.method
    )[1]
    return body
