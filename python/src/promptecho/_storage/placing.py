"""New recordings between those of a file that another process may have changed meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def in_places(
    merged: Sequence[bytes], added: int, now: Sequence[bytes], after: Sequence[int]
) -> list[bytes]:
    """A merge with its new recordings in their places.

    Args:
        merged: the recordings that the file had when it was opened, those that others have added
            meanwhile, and the new ones.
        added: how many others have added.
        now: the recordings that the file has.
        after: behind how many of the first ones each new one goes.
    """
    old, new = merged[: -len(after)], merged[-len(after) :]
    before = old[: len(old) - added]
    return placed(now if within(before, now) else old, before, new, after)


def placed(
    now: Sequence[bytes], before: Sequence[bytes], new: Sequence[bytes], after: Sequence[int]
) -> list[bytes]:
    """The recordings that the file has now, with new ones in their places.

    Args:
        now: the recordings that the file has; they have those of `before` in their order.
        before: those that it had when it was opened.
        new: the new ones, in order.
        after: behind how many of `before` each new one goes.
    """
    ends = _ends(now, before)
    at: dict[int, list[bytes]] = {}
    for text, count in zip(new, after):
        at.setdefault(ends[count], []).append(text)
    merged = list(at.get(0, ()))
    for number, text in enumerate(now, 1):
        merged += (text, *at.get(number, ()))
    return merged


def within(before: Sequence[bytes], now: Sequence[bytes]) -> bool:
    """Whether a file has all that it had, in the same order."""
    rest = iter(now)
    return all(text in rest for text in before)


def _ends(now: Sequence[bytes], before: Sequence[bytes]) -> list[int]:
    """Where the first n recordings of `before` end in `now`."""
    ends, place = [0], 0
    for text in before:
        place = now.index(text, place) + 1
        ends.append(place)
    return ends
