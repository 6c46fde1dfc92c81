"""The recording that answers a request which has none, while a developer works on a prompt.

It is asked for on a miss only, and never in CI (`fuzzy_option`). The score says how many of the
words of two requests are the same, in the same order; it depends on nothing but the two requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from .._base.printable import printable
from .._text.canonical import comparable
from .miss import Miss, shown_differences
from .recordings import Recording

if TYPE_CHECKING:
    from .._base.model import JSON, RecordedRequest
    from .._matching.differences import Difference
    from .._matching.request import Prepared

#: Members that are the same in both requests, so they are no part of the score.
_SAME = ("model", "tools")

_words = re.compile(r"\w+|[^\w\s]").findall


class Close(NamedTuple):
    """A recording that is close enough.

    Attributes:
        recording: the recording.
        score: from 0 to 1, for the same words.
    """

    recording: Recording
    score: float


def closest(prepared: Prepared, recordings: Sequence[Recording], lowest: float) -> Close | None:
    """The closest recording of the same endpoint, model, tools and stream intent.

    Unplayed recordings come first; of equal scores the first in file order.
    """
    ours = _text(prepared.request)
    near = [each for each in recordings if _is_alike(prepared, each)]
    for some in ([r for r in near if not r.played], [r for r in near if r.played]):
        scored = ((_score(ours, _text(each.request)), -each.index, each) for each in some)
        score, _, found = max(scored, default=(0.0, 0, None), key=lambda each: each[:2])
        if found is not None and score >= lowest:
            return Close(found, score)
    return None


def said(miss: Miss, close: Close, call: int, differences: tuple[Difference, ...]) -> str:
    """What is printed about an answer; it holds canonical, redacted values only."""
    lines = [
        f"{miss.cassette}: call {call} has no recording. fuzzy: not a test result. Recording "
        f"{close.recording.index + 1} of {miss.recordings} answered, with a score of "
        f"{close.score:.3f}; the request differs in:",
        *shown_differences(differences),
    ]
    return "\n".join(map(printable, lines))


def _is_alike(prepared: Prepared, recording: Recording) -> bool:
    heading = recording.heading
    if heading.method != prepared.request.method or recording.path != prepared.path:
        return False
    if recording.streaming is not prepared.streaming:
        return False
    ours, theirs = prepared.request.body, recording.request.body
    return all(comparable(ours.get(name)) == comparable(theirs.get(name)) for name in _SAME)


def _text(request: RecordedRequest) -> list[str]:
    """The words of the members that are matched."""
    names: Iterable[str] = request.matched_on
    body = request.body
    kept = [name for name in names if name not in _SAME]
    if not kept or kept == ["*"]:
        kept = [name for name in body if name not in _SAME]
    return list(_leaves({name: body[name] for name in kept if name in body}))


def _leaves(value: JSON) -> Iterator[str]:
    """The words of all values, with members in the order of their names."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _leaves(value[name])
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield from _words(value if isinstance(value, str) else comparable(value))


def _score(ours: list[str], theirs: list[str]) -> float:
    if not ours or not theirs:
        return 0.0  # nothing says that the requests are alike
    return SequenceMatcher(None, theirs, ours, autojunk=False).ratio()
