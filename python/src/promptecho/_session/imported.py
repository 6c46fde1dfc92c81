"""The calls of another recorder's file -> the recordings that this one would have made of them.

The pipeline is that of a live call: the same redaction, headers, layouts, events, keys. A call
whose own request would not find its answer again is named, like one that no cassette can hold.
"""

from __future__ import annotations

import os
from typing import Callable, NamedTuple

from .._base.errors import CassetteError
from .._base.model import CassetteFile, Interaction, Provenance, Request
from .._base.vocabulary import FOREIGN
from .._foreign.calls import Call, Lost, Source, Unreadable
from .._foreign.members import label
from .._foreign.reader import read
from .._format.remedies import remedy
from .._matching.request import Prepared, prepare
from .._matching.rules import passthrough
from .._matching.telemetry import is_telemetry
from .._storage.files import MAX_BYTES
from .._views.provenance import is_synthetic
from .digests import written
from .learning import Learning
from .modes import Mode, State
from .recordings import Setup
from .response import LiveResponse
from .session import Replay, Session
from .taken_values import Memory

#: What a file of another recorder without a signature [ERR-6] seems to be.
_PERHAPS_FOREIGN = ("cassette.version", "cassette.not-a-mapping")


class Imported(NamedTuple):
    """What became of a file.

    Attributes:
        file: the recordings of the calls that came over, in order.
        lost: the calls that did not, by their numbers in the source, from 1.
        notes: how many calls were changed, by the names of `calls.NOTES`.
        redacted: how many values were replaced.
    """

    file: CassetteFile
    lost: tuple[tuple[int, Lost], ...]
    notes: tuple[tuple[str, int], ...]
    redacted: int


class _Kept(NamedTuple):
    number: int
    prepared: Prepared
    interaction: Interaction


def imported(
    source: Source,
    setup: Setup,
    passes: Callable[[Request], bool],
    origin: str | None = None,
) -> Imported:
    """The recordings of a file of another recorder.

    Args:
        source: the file.
        setup: has the head of the new file, and the rules.
        passes: whether a request passes through, so that no recording would answer it.
        origin: what a recording says that it was made from.
    """
    learning = Learning(setup.policy, Memory())
    kept: list[_Kept] = []
    lost: list[tuple[int, Lost]] = []
    notes: dict[str, int] = {}
    for number, call in enumerate(source.calls, 1):
        if isinstance(call, Lost):
            lost.append((number, call))
            continue
        if passes(call.request):
            lost.append((number, _lost("passthrough", call.request.method, call.request.url)))
            continue
        kept.append(_kept(number, call, learning, setup, origin))
        for note in call.notes:
            notes[note] = notes.get(note, 0) + 1
    items = tuple(each.interaction for each in kept)
    file = setup.file._replace(interactions=items)
    ready = setup._replace(file=file, policy=learning.rules, state=State.PRESENT, mode=Mode.NONE)
    lost += [(each.number, _not_found(each)) for each in _unanswered(kept, ready)]
    redacted = sum(len(item.redacted) for item in items)
    return Imported(file, tuple(sorted(lost)), tuple(sorted(notes.items())), redacted)


def as_foreign(error: CassetteError, data: Callable[[], bytes]) -> CassetteError | None:
    """The error that a file is of another recorder; None if it is not.

    Args:
        error: why the file cannot be read as a cassette.
        data: reads the file.
    """
    if error.code == FOREIGN:
        return error
    if error.code not in _PERHAPS_FOREIGN:
        return None
    try:
        kind = read(data(), None, most=MAX_BYTES).kind
    except Unreadable:
        return None
    problem = f"this file is one of {kind}, not a promptecho cassette"
    return CassetteError(FOREIGN, problem, remedy(FOREIGN), path=error.path, line=error.line)


def read_as_is(
    data: bytes, setup: Setup, patterns: tuple[str, ...], refusal: CassetteError
) -> Imported:
    """What a session replays of a file of another recorder.

    Args:
        data: the file.
        setup: as for `imported`.
        patterns: hosts that pass through, besides those of the spec.
        refusal: the error for such a file.

    Raises:
        CassetteError: the file is damaged.
    """
    try:
        source = read(data, None, most=MAX_BYTES)
    except Unreadable as error:
        problem = f"{refusal.problem}, and {error}"
        raise CassetteError(
            refusal.code, problem, refusal.remedy, path=refusal.path, line=refusal.line
        ) from None
    return imported(source, setup, passes(patterns), os.path.basename(setup.name))


def passes(patterns: tuple[str, ...]) -> Callable[[Request], bool]:
    """Whether a request passes through, with these patterns of the user [PASS-1] [PASS-4]."""
    hosts = passthrough(patterns)
    return lambda request: bool(hosts.match(request.url)) or is_telemetry(request)


def _kept(number: int, call: Call, learning: Learning, setup: Setup, origin: str | None) -> _Kept:
    learning.sent(call.request)
    rules = learning.rules
    prepared = prepare(call.request, rules, setup.matching)
    received = LiveResponse(call.status, call.reason, call.headers, (call.body,))
    recorded = learning.stored(prepared, received, rules)
    request, _ = written(prepared, setup)
    redacted = prepared.redacted + recorded.redacted
    if origin is not None and is_synthetic(origin):
        origin = f"./{origin}"  # a file of this name [FILE-35]
    provenance = Provenance(origin=origin)
    interaction = Interaction(
        request, recorded.response, call.recorded_at, redacted, provenance=provenance
    )
    return _Kept(number, prepared, interaction)


def _unanswered(kept: list[_Kept], ready: Setup) -> list[_Kept]:
    """The calls whose own requests, made again in order, do not find their answers."""
    session = Session(ready)
    found = []
    for each in kept:
        prepared = each.prepared
        if prepared.rules is not ready.policy:
            prepared = prepare(prepared.sent, ready.policy, ready.matching)
        decision = session.decide(prepared)
        answer = decision.answer if isinstance(decision, Replay) else None
        if answer != each.interaction.answer:
            found.append(each)
    return found


def _not_found(kept: _Kept) -> Lost:
    request = kept.interaction.request
    return _lost("own-replay", request.method, request.url)


def _lost(reason: str, method: str, url: str) -> Lost:
    return Lost(reason, label(method, url))
