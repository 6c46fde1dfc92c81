"""A text that is copied is the text that a writer writes; what a hand has changed is not copied."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.errors import CassetteError
from promptecho._base.model import (
    CassetteFile,
    Interaction,
    JsonBody,
    RecordedRequest,
    RecordedResponse,
)
from promptecho._base.vocabulary import RESERVED
from promptecho._format.exact_recording import is_exact_request, is_exact_rest
from promptecho._format.lazy_reader import Recordings, opened
from promptecho._format.reader import load
from promptecho._format.rewriting import texts
from promptecho._format.writer import dump, interaction_text
from promptecho._text.yaml_flow import Inexact
from support.cassette_strategies import EVERYTHING, EXAMPLE, FILES
from support.damages import damages


def recordings_of(data: bytes) -> Recordings | None:
    """The recordings of a file that is read as far as it is asked for."""
    try:
        found = opened(io.BytesIO(data), "a.yaml").interactions
    except CassetteError:
        return None
    return found if isinstance(found, Recordings) else None


def is_copied(recordings: Recordings, position: int) -> bool:
    request, rest = recordings.request_lines(position), recordings.rest_lines(position)
    return is_exact_request(request) and is_exact_rest(rest)


def check_copies(data: bytes) -> int:
    """Compare what is copied with what a writer writes; returns how many recordings are copied."""
    recordings = recordings_of(data)
    if recordings is None:
        return 0
    copied = [is_copied(recordings, position) for position in range(len(recordings))]
    if any(copied):
        full = load(data, "a.yaml").interactions
        made = [interaction_text(each).encode() for each in full]
        assert [t for t, c in zip(texts(recordings), copied) if c] == [
            t for t, c in zip(made, copied) if c
        ]
    return sum(copied)


@given(FILES)
def test_what_is_copied_is_what_a_writer_writes(file: CassetteFile) -> None:
    check_copies(dump(file).encode())


def test_a_recording_is_copied() -> None:
    assert check_copies(EXAMPLE.encode()) == 1


@pytest.mark.parametrize(
    "change",
    [
        ("model: claude-opus-4-8", 'model: "claude-opus-4-8"'),
        ("model: claude-opus-4-8", "model: 'claude-opus-4-8'"),
        ('"model": x', "model: x"),
        ("        model:", '        "model":'),
        ("max_tokens: 100", "max_tokens: 100.0"),
        ("max_tokens: 100", "max_tokens: 1.50"),
        ("max_tokens: 100", "max_tokens: 1.0e+2"),
        ("max_tokens: 100", "max_tokens: -0"),
        ("max_tokens: 100", "max_tokens: 0.1000000000000000055"),
        ("max_tokens: 100", "max_tokens: []\n        x: [a]"),
        ("max_tokens: 100", 'max_tokens: "a\\tb"\n        x: "a\tb"'),
        ("max_tokens: 100", 'max_tokens: "\\u0061"'),
        ("max_tokens: 100", 'max_tokens: "\\u00e9"'),
        ("max_tokens: 100", "max_tokens: |-\n          one line"),
        ("matched_on: [model,", 'matched_on: ["model",'),
        ("streaming: false", "streaming: false\n      binary: false"),
        ("streaming: false", "streaming: false\n      truncated: false"),
        ("      streaming: false\n", ""),
        ("content-type: application/json", "Content-Type: application/json"),
        ("content-type: application/json", "content-type:\n          - application/json"),
    ],
)
def test_what_a_hand_has_changed_is_not_copied(change: tuple[str, str]) -> None:
    data = EXAMPLE.replace(*change).encode()
    recordings = recordings_of(data)
    if data != EXAMPLE.encode() and recordings is not None:
        assert not is_copied(recordings, 0)


@pytest.mark.parametrize("seed", range(60))
def test_of_a_damaged_file_only_exact_text_is_copied(seed: int) -> None:
    chance = random.Random(seed)
    for text in damages(EXAMPLE if seed % 2 else EVERYTHING, chance):
        check_readable(text.encode())


@given(FILES, st.integers(0, 2**32))
def test_of_any_damaged_file_only_exact_text_is_copied(file: CassetteFile, seed: int) -> None:
    chance = random.Random(seed)
    data = chance.choice(list(damages(dump(file), chance))).encode()
    check_readable(data)


def check_readable(data: bytes) -> None:
    """Compare what is copied of a file, if the full reader reads the file."""
    try:
        load(data, "a.yaml")
    except CassetteError:
        return
    check_copies(data)


@given(FILES, st.data())
def test_members_of_a_body_can_be_left_out(file: CassetteFile, data: st.DataObject) -> None:
    recordings = recordings_of(dump(file).encode())
    for position in range(len(recordings or ())):
        assert recordings is not None
        whole = recordings.request(position)
        names = data.draw(st.sets(st.sampled_from([*whole.body, "a", "other"])))
        try:
            found = recordings.request_but(position, names)
        except Inexact:
            assert not whole.body or whole.extras
            continue
        assert found._replace(body=whole.body) == whole
        kept = {name: value for name, value in whole.body.items() if name not in names}
        in_quotes = found.body.keys() - kept.keys()
        assert found.body == {n: v for n, v in whole.body.items() if n in kept or n in in_quotes}
        assert not any(name.isidentifier() and name.islower() for name in in_quotes - RESERVED)


def test_a_member_is_left_out_with_its_blocks_and_lists() -> None:
    body = {"a": ["x", {"b": "one\n\n  two\nc: d"}], "c": "three\n\nfour\n", "d": {"a": 1}}
    request = RecordedRequest("POST", "https://x/v1", "0" * 16, ("a",), body)
    names, stored = ("a", "c", "d"), JsonBody({})
    response = RecordedResponse(200, (), stored)
    text = dump(CassetteFile(names, (Interaction(request, response),)))
    recordings = recordings_of(text.encode())
    assert recordings is not None
    for left in ((), ("a",), ("c",), ("a", "c"), names):
        found = recordings.request_but(0, left).body
        assert found == {name: value for name, value in body.items() if name not in left}
