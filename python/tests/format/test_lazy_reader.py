"""A file that is read as far as it is asked for says what the full reader says. [FILE-16]"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Union

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptecho
from promptecho._base.errors import CassetteError
from promptecho._base.model import CassetteFile
from promptecho._format.lazy_reader import Recordings, headings
from promptecho._format.lazy_reader import opened as opened_file
from promptecho._format.reader import load as load_file
from promptecho._format.writer import dump
from support.cassette_strategies import EVERYTHING, EXAMPLE, FILES
from support.damages import damages
from support.upstream import Upstream

# By the YAML library, with which the other ways to read are compared.
load = partial(load_file, lines=False)
Outcome = Union[CassetteFile, tuple[str, Union[int, None], str]]


def opened(data: bytes, name: str) -> CassetteFile:
    return opened_file(io.BytesIO(data), name)


def contents_or_error(read: Callable[[bytes, str], CassetteFile], data: bytes) -> Outcome:
    """All that a file says to a reader, or why the reader refuses it."""
    try:
        file = read(data, "a.yaml")
        return file._replace(interactions=tuple(file.interactions))
    except CassetteError as error:
        return error.code, error.line, str(error)


def agree(data: bytes) -> bool:
    """Whether both readers say the same of a file; the fast one also of each recording alone."""
    full = contents_or_error(load, data)
    if contents_or_error(opened, data) != full or contents_or_error(load_file, data) != full:
        return False
    if not isinstance(full, CassetteFile):
        return True
    if headings(opened(data, "a.yaml").interactions) != headings(full.interactions):
        return False
    alone = [opened(data, "a.yaml").interactions[i] for i in range(len(full.interactions))]
    return alone == list(full.interactions)


def is_read_fast(data: bytes) -> bool:
    return isinstance(opened(data, "a.yaml").interactions, Recordings)


@given(FILES)
def test_what_a_writer_writes_is_read_alike(file: CassetteFile) -> None:
    assert agree(dump(file).encode())


@pytest.mark.parametrize("text", [EXAMPLE, EVERYTHING], ids=["example", "everything"])
def test_what_a_writer_writes_is_read_fast(text: str) -> None:
    assert is_read_fast(text.encode())


def test_a_large_file_is_read_alike() -> None:
    text = EXAMPLE.replace("A cat sat.", "A cat sat. " * 200_000)
    data = text.replace("...\n", interactions_of(text) * 8 + "...\n").encode()
    assert len(data) > 16 * 1024 * 1024
    assert is_read_fast(data)
    file = opened(data, "a.yaml")
    assert list(file.interactions) == [load(text.encode(), "a.yaml").interactions[0]] * 9
    damaged = data[:-40].replace(b"status: 200", b"status: 2") + data[-40:]
    assert contents_or_error(opened, damaged) == contents_or_error(load, damaged)


def interactions_of(text: str) -> str:
    return text[text.index("  - request:") : -len("...\n")]


def file_of(*interactions: str) -> bytes:
    opening = EXAMPLE[: EXAMPLE.index("  - request:")]
    return f"{opening}{''.join(interactions)}...\n".encode()


ONE = interactions_of(EXAMPLE)
OTHER = ONE.replace("7d206bed48a0bc0c", "0123456789abcdef").replace("A cat sat.", "A dog ran.")
RICH = interactions_of(EVERYTHING)


def hidden(before: str, after: str) -> bytes:
    """A recording inside of a value of the recording before it."""
    return file_of(ONE + before + OTHER + after)


HIDDEN = {
    "single-quoted": hidden("    x-note: 'begin\n", "      end'\n"),
    "double-quoted": hidden('    x-note: "begin\n', '      end"\n'),
    "in a flow list": hidden("    x-note: ['begin\n", "      end']\n"),
    "in a flow mapping": hidden("    x-note: {'begin\n", "      end': 1}\n"),
    "quoted, on a line of its own": hidden("    x-note:\n      'begin\n", "      end'\n"),
    "in a block of the file": EXAMPLE.encode().replace(
        b"interactions:\n", b"x-note: |-\n" + OTHER.encode() + b"interactions:\n"
    ),
    "in a block after the list": file_of(ONE, "x-note: |-\n", OTHER),
    "behind a comment": file_of(ONE, OTHER.replace("\n", "\n#")[:-1]),
    "in another list": file_of(ONE, "x-list:\n", OTHER),
    "in another document": file_of(ONE, "...\n---\n", OTHER),
    "behind another break": file_of(ONE.replace("A cat sat.", "A cat sat.\u2028" + OTHER)),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_recording_hidden_in_a_value_is_not_found(how: str) -> None:
    assert agree(HIDDEN[how])
    found = contents_or_error(opened, HIDDEN[how])
    assert not isinstance(found, CassetteFile) or len(found.interactions) == 1


@pytest.mark.parametrize(
    "change",
    [
        ("A cat sat.", "A cat stood."),  # another answer, the same key
        ("the cat sat on", "the dog sat on"),  # another question, the same key
        ("7d206bed48a0bc0c", "7d206bed48a0bc0d"),
        ("max_tokens: 100", "max_tokens: 0100"),
        ("max_tokens: 100", "max_tokens: yes"),
        ("max_tokens: 100", "max_tokens: 100\n        max_tokens: 100"),
        ("max_tokens: 100", "max_tokens: &a 100"),
        ("max_tokens: 100", "max_tokens: 100 # many"),
        ("max_tokens: 100", '"max_tokens": 1.00'),
        ("        max_tokens: 100\n", "        _1: 100\n"),
        ("        max_tokens: 100\n", "        max_tokens:\n"),
        ("        max_tokens: 100\n", "        max_tokens: 100\n\n"),
        ("        max_tokens: 100\n", "          max_tokens: 100\n"),
        ("        max_tokens: 100\n", "      max_tokens: 100\n"),
        ("        max_tokens: 100\n", '      "x-qu\\u0065ry": unknown\n'),
        ("        max_tokens: 100\n", "      x-query: unknown\n"),
        ("        max_tokens: 100\n", "      dialect: acme\n"),
        ("      body:\n        model", "      dialect: gemini\n      body:\n        model"),
        ("      body:\n        model", "      dialect: no\n      body:\n        model"),
        ("method: POST", "method: ON"),
        ("        max_tokens: 100\n", '        max_tokens: 100\n      match_key: "0"\n'),
        ("A cat sat.", "\\ud83d\\ude00"),
        ("A cat sat.", "A\\/B"),
        ("A cat sat.", "\x7f"),
        ('"A cat sat."', "|-\n              A cat\n               sat.\n\n"),
        ('"A cat sat."', "|-\n             A cat\n             sat."),
        ('"A cat sat."', "|-\n                A cat\n              sat."),
        ('"A cat sat."', "|+\n              A cat sat."),
        ('"A cat sat."', ">-\n              A cat\n              sat."),
        ('"A cat sat."', "plain,\n              on two lines"),
        ('"A cat sat."', '"on\n              two lines"'),
        ("type: text", "type: text\n            type: text"),
        ("status: 200", "status: 2000"),
        ("streaming: false", "streaming: true"),
        ("minor: 1", "minor: 2"),
        ("interactions:\n", "interactions: []\ninteractions:\n"),
        ("interactions:\n", "incomplete: true\nx-a: [1, b]\ninteractions:\n"),
        ("...\n", "..."),
        ("...\n", "...\n...\n"),
        ("...\n", "... \n"),
        ("\n", "\r\n"),
    ],
)
def test_what_a_hand_may_have_changed_is_read_alike(change: tuple[str, str]) -> None:
    text = EXAMPLE.replace(*change)
    assert text != EXAMPLE
    assert agree(text.encode())


def test_a_fault_of_one_recording_is_raised_when_it_is_asked_for() -> None:
    data = file_of(ONE, OTHER.replace("status: 200", "status: 2"))
    recordings = opened(data, "a.yaml").interactions
    assert recordings[0] == load(file_of(ONE), "a.yaml").interactions[0]
    with pytest.raises(CassetteError) as caught:
        recordings[1]
    assert (caught.value.code, caught.value.line) == ("cassette.value", 39)


def asked(url: str) -> httpx.Response:
    body = {
        "model": "claude-opus-4-8",
        "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
        "max_tokens": 100,
    }
    with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
        return client.post(url, json=body)


MESSAGES = "https://api.anthropic.com/v1/messages"


@pytest.mark.parametrize("dialect", ["gemini", "no"])
def test_a_heading_that_the_full_reader_refuses_is_refused_at_once(dialect: str) -> None:
    text = EXAMPLE.replace(
        "      body:\n        model", f"      dialect: {dialect}\n      body:\n        model"
    )
    assert text != EXAMPLE
    with pytest.raises(CassetteError) as fast:
        opened(text.encode(), "a.yaml")
    with pytest.raises(CassetteError) as full:
        load(text.encode(), "a.yaml")
    assert str(fast.value) == str(full.value)


def test_a_recording_is_played_though_another_one_is_faulty(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(file_of(ONE, OTHER.replace("status: 200", "status: 2")))
    with promptecho.use_cassette(path, mode="none"):
        assert asked(MESSAGES).json()["content"][0]["text"] == "A cat sat."


def test_a_faulty_recording_is_not_played_and_passes_in_silence_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(file_of(OTHER, ONE.replace("status: 200", "status: 2")))
    with pytest.raises(CassetteError) as caught:
        with promptecho.use_cassette(path, mode="none"):
            with suppress(Exception):
                asked(MESSAGES)
    assert (caught.value.code, caught.value.line) == ("cassette.value", 39)


def test_a_faulty_file_is_not_rewritten_and_what_was_recorded_is_kept(
    upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "a.yaml"

    # Without `lists`, a request that finds nothing has every recording read before it is sent.
    def with_lists(*recordings: str) -> bytes:
        return file_of(*recordings).replace(b"\ninteractions:", b"\nlists: 1\ninteractions:", 1)

    faulty = with_lists(OTHER, ONE.replace("status: 200", "status: 2"))
    path.write_bytes(faulty)
    with pytest.raises(CassetteError) as caught:
        with promptecho.use_cassette(path, mode="new_episodes"):
            asked(upstream.url + "/v1/chat/completions")
    assert caught.value.code == "cassette.value"
    assert path.read_bytes() == faulty
    path.write_bytes(with_lists(OTHER, ONE))
    with promptecho.use_cassette(path, mode="once") as cassette:
        assert len(cassette.interactions) == 3


# --- damage ------------------------------------------------------------------------------------

WHOLE = file_of(ONE, RICH, OTHER).decode()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_read_alike(seed: int) -> None:
    chance = random.Random(seed)
    assert [each for each in damages(WHOLE, chance) if not agree(each.encode())] == []


@given(FILES, st.integers(0, 2**32))
def test_a_damaged_file_of_any_form_is_read_alike(file: CassetteFile, seed: int) -> None:
    chance = random.Random(seed)
    each = chance.choice(list(damages(dump(file), chance)))
    assert agree(each.encode())


def events_of(*lines: str) -> bytes:
    """A file whose stream holds these items as they stand."""
    events = "".join(f"        - {line}\n" for line in lines)
    stream = f"      streaming: true\n      framing: sse-lf\n      events:\n{events}"
    before, _, rest = EXAMPLE.partition("      streaming: false\n")
    return (before + stream + rest[rest.index("...\n") :]).encode()


SINGLE = "'data: {\"a\":\"it''s\"}'"


@pytest.mark.parametrize(
    "lines",
    [
        ["'data: {\"a\":1}'"] * 3,
        [SINGLE, SINGLE],
        [SINGLE, '"data: [DONE]"', SINGLE],
        ["'a\\\"b\\'", "'\\\\'"],  # backslashes escape nothing here
        ["'''\"'''", "'\"'"],
        ["'a\"'''", "'''\"b'"],
        ["'\\\"'''", '"a\\"b"', "'\\\\\"'"],
        ["'\"' "[:-1], "'''\\\"'"],
        ["'a\"'"] * 1200,
    ],
)
def test_strings_in_single_quotes_are_read_fast_and_alike(lines: list[str]) -> None:
    data = events_of(*lines)
    assert is_read_fast(data)
    assert agree(data)


@pytest.mark.parametrize(
    "lines",
    [
        ["'a''", "''b'"],  # one string over two lines
        ["'a\"", "  b'"],
        ["'a\"b'", "'c''", "''d'"],
        ["'a'b'", "'c'"],
        ["'a"],
        ["'a' # note", "'b'"],
        ["'a\\'b'"],
    ],
)
def test_other_strings_in_single_quotes_are_read_alike(lines: list[str]) -> None:
    assert agree(events_of(*lines))


@pytest.mark.parametrize("names", ['["\\\\", a]', '["a\\"b"]', "['a\"b']"])
def test_names_with_a_backslash_or_a_quotation_mark_are_not_lost(names: str) -> None:
    text = EXAMPLE.replace(EXAMPLE.split("match_on: ")[1].split("\n")[0], names, 1)
    assert agree(text.encode())
