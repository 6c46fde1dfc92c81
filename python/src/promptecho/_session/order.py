"""Where new recordings go between those of the file, by the order of the requests."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping


def after(first_plays: Mapping[int, int], tickets: Iterable[int], count: int) -> tuple[int, ...]:
    """Behind how many recordings of the file each new one goes.

    A new one goes behind the recording that answered the request before it. Without one, it goes
    before the recording that answered the next request.

    Args:
        first_plays: the tickets of requests, with the place of the recording that each was the
            first to play.
        tickets: those of the new recordings.
        count: how many recordings the file has.
    """
    order = sorted(first_plays)

    def place(ticket: int) -> int:
        at = bisect_left(order, ticket)
        if at:
            return first_plays[order[at - 1]] + 1
        return first_plays[order[0]] if order else count

    return tuple(map(place, tickets))
