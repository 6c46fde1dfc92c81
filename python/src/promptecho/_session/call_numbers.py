"""The numbers of JSON-RPC calls: an answer is played with the number of the call that asks.

A recording is played as it is stored, byte for byte. The one exception is here: the tokens of `id`
and `progressToken` [RPC-3] to [RPC-6].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .._base.model import JSON, Number, RecordedRequest
from .._base.vocabulary import ARRAY
from .._matching.rpc_call import is_call
from .._text.canonical import comparable

#: Canonical texts of recorded numbers, and of those that take their places.
Tokens = Mapping[str, str]


class Numbers(NamedTuple):
    """What replaces the numbers in an answer.

    Attributes:
        ids: those of calls.
        progress: progress tokens.
    """

    ids: Tokens
    progress: Tokens

    def __bool__(self) -> bool:
        return bool(self.ids or self.progress)


class CallNumbers:
    """The notes of one session, for each host and path [RPC-3]."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], tuple[dict[str, str], dict[str, str]]] = {}

    def has_notes(self, place: tuple[str, str]) -> bool:
        """Whether the numbers of some call were noted; if not, equal calls need no note."""
        return place in self._notes

    def note(
        self, place: tuple[str, str], recorded: RecordedRequest, incoming: RecordedRequest
    ) -> Numbers | None:
        """Take note of the numbers of a call, and return what replaces those of its answer.

        Args:
            place: the host text and the key path of the recording.
            recorded: the request that is played.
            incoming: the request that it answers.
        """
        calls = list(_calls(recorded.body, incoming.body))
        if not calls and place not in self._notes:
            return None
        ids, progress = self._notes.setdefault(place, ({}, {}))
        for theirs, ours in calls:
            _note(ids, theirs.get("id"), ours.get("id"))
            _note(progress, _progress_token(theirs), _progress_token(ours))
        return Numbers(ids, progress) if ids or progress else None


def paired_numbers(recorded: Mapping[str, JSON], incoming: Mapping[str, JSON]) -> Numbers:
    """The recorded numbers of the calls of a body, each with that of the incoming one."""
    ids: dict[str, str] = {}
    progress: dict[str, str] = {}
    for theirs, ours in _calls(recorded, incoming):
        _pair(ids, theirs.get("id"), ours.get("id"))
        _pair(progress, _progress_token(theirs), _progress_token(ours))
    return Numbers(ids, progress)


def numbers_of(body: Mapping[str, JSON]) -> Numbers:
    """The numbers of the calls of a body."""
    return paired_numbers(body, body)


def _pair(pairs: dict[str, str], recorded: JSON, incoming: JSON) -> None:
    if is_number(recorded):
        theirs = comparable(recorded)
        pairs[theirs] = comparable(incoming) if is_number(incoming) else theirs


def _note(notes: dict[str, str], recorded: JSON, incoming: JSON) -> None:
    """Note a number; one that stays needs no note, and voids an earlier one."""
    if not (is_number(recorded) and is_number(incoming)):
        return
    theirs, ours = comparable(recorded), comparable(incoming)
    if theirs == ours:
        notes.pop(theirs, None)
    else:
        notes[theirs] = ours


def may_call(body: Mapping[str, JSON]) -> bool:
    """Whether a body may have calls: itself, or in an array."""
    return is_call(body) or ARRAY in body


def is_number(value: JSON) -> bool:
    """Whether a value is what JSON-RPC numbers calls with: a string or a number."""
    return isinstance(value, (str, int, float, Number)) and not isinstance(value, bool)


def _calls(
    recorded: Mapping[str, JSON], incoming: Mapping[str, JSON]
) -> Iterator[tuple[Mapping[str, JSON], Mapping[str, JSON]]]:
    """The calls of two requests that are equal but for their numbers, in pairs."""
    if is_call(recorded) and is_call(incoming):
        yield recorded, incoming
    theirs, ours = recorded.get(ARRAY), incoming.get(ARRAY)
    if isinstance(theirs, list) and isinstance(ours, list):
        yield from (pair for pair in zip(theirs, ours) if all(map(is_call, pair)))


def _progress_token(call: Mapping[str, JSON]) -> JSON:
    params = call.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta.get("progressToken") if isinstance(meta, dict) else None
