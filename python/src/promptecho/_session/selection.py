"""Which recordings answer a request (spec section "Selection and drift").

The key finds the candidates, and only candidates are parsed. Of several, those with the same whole
body come first, then those of the same host, then those with the same headers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Callable

from .._base.model import RecordedRequest
from .._matching import rekey
from .._matching.key import Texts
from .._matching.matched_names import fields_of, volatile_in
from .._matching.request_headers import drifting
from .._matching.rules import lists_version
from .._text.canonical import same
from .digests import Digests
from .recordings import Recording, Setup, digest

if TYPE_CHECKING:
    from .._matching.request import Prepared

#: Recordings by their keys, in file order.
_Index = Mapping[str, list[Recording]]


class Selection:
    """Finds the recordings of one session that may answer a request.

    Args:
        setup: what the session starts with.
        recordings: the recordings of the file, in order.
    """

    def __init__(self, setup: Setup, recordings: list[Recording]) -> None:
        self._setup = setup
        self._recordings = recordings
        self._by_key = _index(r for r in recordings if not r.lacks_query)
        self._without_query = _index(r for r in recordings if r.lacks_query)  # V20-4, V20-8
        self._digests = Digests(setup, recordings, self._by_key)
        self._renewed: _Index | None = None  # SEL-7
        self._renewed_without_query: _Index = {}

    def same(self, prepared: Prepared) -> list[Recording]:
        """The candidates, where the short way leads to them: they have this very request."""
        return self._digests.find(prepared)

    def candidates(self, prepared: Prepared) -> list[Recording]:
        """The recordings that are equally right, in file order [SEL-2]."""
        found = self._found(prepared, self._by_key, self._without_query)
        if not found and self._recordings and self.lists_are_older:
            index = self._renewed if self._renewed is not None else self._renew()
            found = self._found(prepared, index, self._renewed_without_query)
        return self._narrowed(prepared, found) if len(found) > 1 else found

    def stale(self, prepared: Prepared) -> Recording | None:
        """A recording with the key of a request that is not the key of what it holds [SEL-6]."""
        found = self._by_key.get(prepared.request.match_key, ())
        if self._without_query and not found:
            found = self._without_query.get(self._key_without_query(prepared), ())
        return next((r for r in found if self._is_stale(prepared, r)), None)

    @property
    def lists_are_older(self) -> bool:
        """Whether the file was recorded with older lists than the present ones [SEL-7]."""
        lists = self._setup.file.lists
        return lists is None or lists < lists_version()

    # Candidates [SEL-2.1]

    def _found(self, prepared: Prepared, by_key: _Index, without_query: _Index) -> list[Recording]:
        found = self._wanted(prepared, by_key.get(prepared.request.match_key, ()))
        if not found and without_query:
            key = self._key_without_query(prepared)
            found = self._wanted(prepared, without_query.get(key, ()))
        return found

    def _key_without_query(self, prepared: Prepared) -> str:
        return prepared.key_without_query(headers=self._setup.file.minor > 0)

    def _wanted(self, prepared: Prepared, found: Iterable[Recording]) -> list[Recording]:
        for recording in found:
            if recording.stale is None and self._digests.vouch_for(recording):
                recording.trust_key(prepared.in_key)
        return [
            recording
            for recording in found
            if recording.streaming is prepared.streaming and not self._is_stale(prepared, recording)
        ]

    def _is_stale(self, prepared: Prepared, recording: Recording) -> bool:
        """Whether a recording with the key of a request has another hashed text [SEL-6].

        All requests with one key have one hashed text, so it is compared once.
        """
        if recording.stale is None:
            recording.stale = not recording.legacy and not self._same_text(prepared, recording)
        return recording.stale

    def _same_text(self, prepared: Prepared, recording: Recording) -> bool:
        ours, theirs = prepared.request, recording.request
        if not _same_address(ours, theirs):
            target, wanted = rekey.target(theirs, self._setup.policy), prepared.target
            if recording.lacks_query:
                target, wanted = target._replace(query=()), wanted._replace(query=())
            if target != wanted:
                return False
        if same(ours.body, theirs.body):
            return True
        names = self._setup.matching.names_in(theirs.body, recording.path)
        if set(names) != set(ours.matched_on):
            return False
        one, other = fields_of(ours.body, names), fields_of(theirs.body, names)
        return same(one, other) or dict(Texts(one)) == dict(Texts(other))

    # Older lists [SEL-7]

    def _renew(self) -> _Index:
        """The recordings that the present lists would store otherwise, by their new keys."""
        setup = self._setup
        changed = []
        for recording in self._recordings:
            old = recording.interaction.request
            new = rekey.renewed(
                recording.interaction, setup.matching, setup.policy, legacy=recording.legacy
            ).request
            if (new.url, new.matched_on) != (old.url, old.matched_on) or not same(
                new.body, old.body
            ):
                changed.append(recording.renewed(setup.file, new))
        self._renewed = _index(r for r in changed if not r.lacks_query)
        self._renewed_without_query = _index(r for r in changed if r.lacks_query)
        return self._renewed

    # Of several [SEL-2.2] [SEL-2.3]

    def _narrowed(self, prepared: Prepared, found: list[Recording]) -> list[Recording]:
        volatile = volatile_in(prepared.request.body, prepared.path)
        whole = digest(prepared.texts, volatile)
        found = _best(found, lambda recording: recording.whole == whole)
        found = _best(found, lambda recording: recording.host == prepared.host)
        return _best(found, lambda recording: not self.header_drift(prepared, recording))

    def header_drift(
        self, prepared: Prepared, recording: Recording
    ) -> list[tuple[str, str | None, str | None]]:
        """Headers outside the key that differ: name, recorded and incoming value [DRIFT-3]."""
        rules = self._setup.policy.request_headers
        return drifting(
            recording.beside_key.headers, prepared.request.headers, rules, not self.lists_are_older
        )


def _index(recordings: Iterable[Recording]) -> _Index:
    index: dict[str, list[Recording]] = {}
    for recording in recordings:
        index.setdefault(recording.heading.match_key, []).append(recording)
    return index


def _best(found: list[Recording], fits: Callable[[Recording], bool]) -> list[Recording]:
    """Those that fit; all of them if none does."""
    if len(found) == 1:
        return found
    return [recording for recording in found if fits(recording)] or found


def _same_address(one: RecordedRequest, other: RecordedRequest) -> bool:
    """Whether two requests are the same but for their bodies; quicker than to compare targets."""
    return one.url == other.url and one.method == other.method and one.headers == other.headers
