"""How two cassettes differ, recording by recording: new, gone, reworded, changed in shape. Pure.

Recordings of one key are the same call. Where a prompt was edited the key is another, so what is
left is paired by its words: a new recording with the nearest that is gone. Headers, ids and times
of an answer are not compared, as in mode ``verify``.
"""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .._base.model import Interaction
from .._matching import url
from .._views.lines import ADDED, FAINT, PLAIN, REMOVED, Line, of_answer, of_conversation
from .._views.recording import Recording, recording
from .._views.requests import conversation
from .._views.view import Usage
from .answer_digest import answer_digest
from .answer_shape import CHANGED, GONE, SAME, Words, compared

NEW, MISSING, REWORDED, RESHAPED = "new", "gone", "reworded", "changed in shape"

_WORDS = Words("old", "new")
#: Recordings whose words are less alike are not one call.
_ALIKE = 0.5
#: Of two large cassettes with other keys nobody waits for all pairs.
_MOST_PAIRS = 10_000
#: Words of a conversation that are compared to find its pair.
_MOST_WORDS = 1000
#: Longer texts are not compared line by line: that takes time with the square of their length.
_MOST_LINES = 5000
_CONTEXT = 2


class Change(NamedTuple):
    """A recording that is not the same in both files.

    Attributes:
        kind: `NEW`, `MISSING`, `REWORDED` or `RESHAPED`.
        old: None if it is new.
        new: None if it is gone.
        shape: what has changed, each as a line.
        prompt: a text diff of what was asked; empty if it is the same.
        answer: a text diff of what was answered; empty if it is the same.
    """

    kind: str
    old: Recording | None
    new: Recording | None
    shape: tuple[str, ...] = ()
    prompt: tuple[Line, ...] = ()
    answer: tuple[Line, ...] = ()


class _Item(NamedTuple):
    """A recording, and where it is."""

    number: int
    value: Interaction


class _Pair(NamedTuple):
    old: _Item | None
    new: _Item | None


def changes(old: Sequence[Interaction], new: Sequence[Interaction]) -> tuple[Change, ...]:
    """What differs, in the order of the new file; what is gone comes last."""
    pairs = _pairs(
        [_Item(number, item) for number, item in enumerate(old, 1)],
        [_Item(number, item) for number, item in enumerate(new, 1)],
    )
    found = (_change(pair) for pair in pairs)
    return tuple(change for change in found if change is not None)


# --- which recordings are one call -------------------------------------------------------------


def _pairs(old: list[_Item], new: list[_Item]) -> list[_Pair]:
    """Each recording once, in the order of the new file; what is gone comes last."""
    partners = _by_key(old, new)
    taken = {each.number for each in partners.values()}
    left = [each for each in old if each.number not in taken]
    partners.update(_by_words(left, [each for each in new if each.number not in partners]))
    taken = {each.number for each in partners.values()}
    pairs = [_Pair(partners.get(each.number), each) for each in new]
    return pairs + [_Pair(each, None) for each in old if each.number not in taken]


def _by_key(old: list[_Item], new: list[_Item]) -> dict[int, _Item]:
    """Pairs of one key: first those with the same answer, then the others in their order."""
    partners: dict[int, _Item] = {}
    taken: set[int] = set()
    for name in (_same_answer, _same_key):
        waiting: dict[object, deque[_Item]] = {}
        for each in old:
            if each.number not in taken:
                waiting.setdefault(name(each), deque()).append(each)
        for each in new:
            those = None if each.number in partners else waiting.get(name(each))
            if those:
                partners[each.number] = those.popleft()
                taken.add(partners[each.number].number)
    return partners


def _same_answer(item: _Item) -> bytes:
    return answer_digest(item.value)


def _same_key(item: _Item) -> str:
    return item.value.request.match_key


def _by_words(old: list[_Item], new: list[_Item]) -> dict[int, _Item]:
    """Pairs of other keys: the nearest call to the same address."""
    if len(old) * len(new) > _MOST_PAIRS:
        return {}
    partners: dict[int, _Item] = {}
    words = {each.number: _words(each) for each in old}
    for each in new:
        matcher = difflib.SequenceMatcher()
        matcher.set_seq2(_words(each))
        best, nearest = _ALIKE, None
        for other in old:
            if other.number in words and _address(other) == _address(each):
                matcher.set_seq1(words[other.number])
                if matcher.quick_ratio() > best and matcher.ratio() > best:
                    best, nearest = matcher.ratio(), other
        if nearest is not None:
            partners[each.number] = nearest
            del words[nearest.number]
    return partners


def _address(item: _Item) -> tuple[str, str]:
    request = item.value.request
    return request.method, url.key_path(request.url)


def _words(item: _Item) -> list[str]:
    asked = conversation(item.value.request)
    if asked.turns:  # many calls have the same tools and settings
        asked = asked._replace(tools=(), settings=())
    return [word for line in of_conversation(asked) for word in line.text.split()][:_MOST_WORDS]


# --- how they differ ----------------------------------------------------------------------------


def _change(pair: _Pair) -> Change | None:
    old, new = pair.old, pair.new
    if old is None or new is None:
        before, after = (each and recording(each.number, each.value) for each in pair)
        return Change(NEW if old is None else MISSING, before, after)
    if old.value == new.value:
        return None
    was, now = recording(old.number, old.value), recording(new.number, new.value)
    result, shape = _compared(old.value, new.value)
    prompt = _text_diff(list(_asked(was)), list(_asked(now)))
    if result == SAME and not prompt:
        if was.match_key == now.match_key:
            return None
        return Change(RESHAPED, was, now, (_WORDS.change("key", was.match_key, now.match_key),))
    kind = RESHAPED if result in (CHANGED, GONE) else REWORDED
    answer = () if result == SAME else _text_diff(list(_answered(was)), list(_answered(now)))
    return Change(kind, was, now, shape, prompt, answer)


def _compared(old: Interaction, new: Interaction) -> tuple[str, tuple[str, ...]]:
    failures = [each.failure.kind if each.failure else "none" for each in (old, new)]
    if failures[0] != failures[1]:
        return CHANGED, (_WORDS.change("failure", *failures),)
    if old.response is None or new.response is None:
        statuses = [each.response.status if each.response else "none" for each in (old, new)]
        same = statuses[0] == statuses[1]
        return (SAME, ()) if same else (CHANGED, (_WORDS.change("response", *statuses),))
    return compared(old.response, new.response, _WORDS)


def _asked(item: Recording) -> Iterator[str]:
    yield f"{item.method} {item.url}"
    if item.asked.model:
        yield f"model {item.asked.model}"
    yield from (line.text for line in of_conversation(item.asked))


def _answered(item: Recording) -> Iterator[str]:
    if item.answered is not None:
        # How many tokens it cost is no word of it.
        yield from (line.text for line in of_answer(item.answered._replace(usage=Usage())))


def _text_diff(old: list[str], new: list[str]) -> tuple[Line, ...]:
    if old == new:
        return ()
    if max(len(old), len(new)) > _MOST_LINES:
        return (Line(f"{len(old)} lines", REMOVED), Line(f"{len(new)} lines", ADDED))
    # The first three lines name the files and the place.
    _, _, _, *lines = difflib.unified_diff(old, new, n=_CONTEXT, lineterm="")
    return tuple(_styled(line) for line in lines)


def _styled(line: str) -> Line:
    if line.startswith("@@"):
        return Line("...", FAINT)
    return Line(line, {"+": ADDED, "-": REMOVED}.get(line[0], PLAIN))
