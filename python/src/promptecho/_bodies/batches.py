"""Events of a long stream in larger chunks, where nobody waits between them. [BODY-12]

An HTTP library and an SDK do the same work for each chunk, which is most of what a long stream
costs. Texts are joined before they are encoded: to make the bytes of each event costs as much.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from .._base.model import Body, EventStream
from . import forms

#: So many events come one by one: what a test looks at, and what a person reads.
ALONE = 64
_SMALLEST = 512  # bytes; of a text, characters
_LARGEST = 16 * 1024


def batches(body: Body) -> list[bytes]:
    """The bytes of a body, those of the events after the first 64 joined; none is split."""
    if not isinstance(body, EventStream):
        return joined(forms.decode(body))
    events = body.events
    if len(events) <= ALONE:
        return forms.decode(body)
    chunks = forms.decode(body._replace(events=events[:ALONE], tail=""))
    start, last = ALONE, len(events)
    for end in _ends(map(len, events[ALONE:])):
        end += ALONE
        tail = body.tail if end == last else ""
        chunks.append(forms.whole(body._replace(events=events[start:end], tail=tail)))
        start = end
    return chunks


def joined(chunks: list[bytes]) -> list[bytes]:
    """The chunks of a response, those after the first 64 joined; none is split."""
    if len(chunks) <= ALONE:
        return chunks
    alone, others = chunks[:ALONE], chunks[ALONE:]
    start = 0
    for end in _ends(map(len, others)):
        alone.append(b"".join(others[start:end]))
        start = end
    return alone


def _ends(lengths: Iterable[int]) -> Iterator[int]:
    """Behind which piece each batch ends: at first a small one, and then larger ones."""
    sums = list(accumulate(lengths))
    end, done, wanted = 0, 0, _SMALLEST
    while end < len(sums):
        end = min(bisect_left(sums, done + wanted, end) + 1, len(sums))
        yield end
        done, wanted = sums[end - 1], min(2 * wanted, _LARGEST)
