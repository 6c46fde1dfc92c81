"""Streams: bytes as events, and back to the same bytes. [SSE] [NDJSON] [AWS]"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.model import EventStream, Frame, FrameStream
from promptecho._bodies import aws_eventstream, ndjson, sse
from promptecho._bodies.forms import decode, encode
from support.conformance_fixtures import as_body, as_bytes, cases, one_body

LINES = st.text(st.sampled_from("a:\r\n é\ufeff") | st.characters(exclude_categories=["Cs"]))
HEADER_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
FRAMES = st.builds(
    Frame,
    st.dictionaries(HEADER_NAMES.filter(lambda name: name != "<<"), LINES, max_size=3).map(
        lambda headers: tuple(headers.items())
    ),
    LINES,
    st.just(()),
)


@cases("sse", "ndjson", "aws-eventstream", about=one_body)
def test_a_stream_is_stored_as_the_fixture_says(case: dict[str, Any]) -> None:
    given_ = case["given"]
    content_type = dict(given_["headers"])["content-type"]
    assert encode(content_type, as_bytes(given_["bytes"])) == as_body(case["expect"]["stored"])


@cases("sse-decode", "ndjson-decode", "aws-eventstream-decode", about=one_body)
def test_a_stored_stream_is_played_in_the_chunks_of_the_fixture(case: dict[str, Any]) -> None:
    chunks = list(map(as_bytes, case["expect"]["chunks"]))
    assert decode(as_body(case["given"]["response"])) == chunks


@given(LINES)
def test_joined_events_are_the_split_text(text: str) -> None:
    assert b"".join(sse.join(sse.split(text))).decode() == text


@given(LINES.map(lambda text: text.replace("\n", "\r\n")))
def test_joined_events_are_the_split_text_with_crlf(text: str) -> None:
    assert b"".join(sse.join(sse.split(text))).decode() == text


@given(LINES)
def test_joined_lines_are_the_split_text(text: str) -> None:
    assert b"".join(ndjson.join(ndjson.split(text))).decode() == text


@given(st.lists(FRAMES, max_size=3).map(tuple))
def test_split_frames_are_the_joined_frames(frames: tuple[Frame, ...]) -> None:
    data = b"".join(aws_eventstream.join(FrameStream(frames)))
    assert aws_eventstream.split(data) == FrameStream(frames)


@given(st.lists(FRAMES, min_size=1, max_size=2).map(tuple), st.data())
def test_a_damaged_frame_is_never_taken_for_a_plain_one(
    frames: tuple[Frame, ...], data: st.DataObject
) -> None:
    whole = b"".join(aws_eventstream.join(FrameStream(frames)))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
    assert aws_eventstream.split(damaged) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_frames_that_join_to_them_or_none(data: bytes) -> None:
    stream = aws_eventstream.split(data)
    assert stream is None or b"".join(aws_eventstream.join(stream)) == data


def test_a_header_too_long_for_its_length_field_is_refused() -> None:
    with pytest.raises(ValueError, match="too long for an event stream"):
        aws_eventstream.join(FrameStream((Frame((("a", "x" * 0x10000),), ""),)))


def test_events_of_2_0_files_are_played_as_they_stand() -> None:
    assert decode(EventStream("", ("data: a\n\n", "data: b"))) == [b"data: a\n\n", b"data: b"]
