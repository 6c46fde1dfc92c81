"""Recordings that are kept compressed are the recordings that were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._format.kept_text import Packed, Plain

HALVES = st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=70)


@pytest.mark.parametrize("kind", [Plain, Packed])
@given(halves=HALVES, data=st.data())
def test_both_halves_are_given_back_in_any_order(
    kind: type[Plain | Packed], halves: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    kept = kind()
    for request, rest in halves:
        kept.add(request + rest, len(request))
    for place in data.draw(st.permutations(range(len(halves)))):
        assert (kept.request(place), kept.rest(place)) == halves[place]
    assert list(kept.parts()) == [request + rest for request, rest in halves]
