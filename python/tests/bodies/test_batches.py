"""Long streams come in larger chunks after the first 64 events [BODY-12]."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptecho
from promptecho._base.model import NDJSON, SSE_CRLF, SSE_LF, EventStream
from promptecho._bodies.batches import ALONE, batches, joined
from promptecho._bodies.forms import decode
from support.clients import PLAIN
from support.upstream import Upstream, sse_answer

EVENTS = tuple(f"data: {number}" + "." * (number % 40) for number in range(5000))


@given(st.lists(st.binary(min_size=1, max_size=40_000), max_size=300))
def test_no_event_is_split_and_the_first_ones_are_alone(chunks: list[bytes]) -> None:
    _check(joined(chunks), chunks, 40_000)


@given(
    st.sampled_from((SSE_LF, SSE_CRLF, NDJSON, "")),
    st.lists(st.sampled_from(("", "data: 1", "é\nx: 2", "€" * 900, "a" * 17_000)), max_size=300),
    st.sampled_from(("", "data: cut")),
)
def test_joined_texts_have_the_bytes_of_their_events(
    framing: str, events: list[str], tail: str
) -> None:
    body = EventStream(framing, tuple(each or "-" for each in events), tail)
    _check(batches(body), decode(body), 20_000)


def _check(found: list[bytes], chunks: list[bytes], longest: int) -> None:
    assert b"".join(found) == b"".join(chunks)
    assert found[:ALONE] == chunks[:ALONE]
    ends = set(accumulate(map(len, chunks)))
    assert ends.issuperset(accumulate(map(len, found)))
    assert all(len(each) < 3 * 16 * 1024 + longest for each in found[ALONE:])


def test_a_stream_of_5000_events_comes_in_few_chunks() -> None:
    body = EventStream(SSE_LF, EVENTS)
    assert len(batches(body)) < ALONE + 20
    few = body._replace(events=EVENTS[:ALONE])
    assert batches(few) == decode(few)


@pytest.mark.parametrize("paced", [False, True])
def test_events_are_joined_only_where_nobody_waits_between_them(path: Path, paced: bool) -> None:
    answer = sse_answer(*EVENTS[:200])
    with Upstream([answer]) as upstream:
        with promptecho.use_cassette(path, record_timing=True):
            recorded = told(upstream.url)
    with promptecho.use_cassette(path, mode="none", replay_timing=paced):
        played = told("http://x")
    assert b"".join(played) == b"".join(recorded) == answer.body
    assert len(played) == 200 if paced else ALONE < len(played) < 100
    assert played[:ALONE] == [f"{event}\n\n".encode() for event in EVENTS[:ALONE]]


def told(url: str) -> list[bytes]:
    body = {"model": "m", "messages": [], "stream": True}
    with httpx.Client(**PLAIN) as client:
        with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
            return list(response.iter_raw())
