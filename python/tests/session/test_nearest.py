"""The nearest recording is the one that a comparison with all of them finds. [MISS-2]"""

from __future__ import annotations

import io
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.model import CassetteFile
from promptecho._format.lazy_reader import Recordings, opened
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on, lists_version, matching, rules
from promptecho._session.miss import Miss, Reason
from promptecho._session.modes import Mode, State
from promptecho._session.nearest import Bounds
from promptecho._session.recordings import Recording, Setup
from promptecho._session.session import Session
from support.session_builders import recorded, sent

TEXTS = st.sampled_from(
    [
        "cat",
        "dog",
        "a cat",
        "cat ",
        " cat",
        "it's",
        "a, b",
        "two\nlines",
        "- a\n- b",
        'a "quote"',
        "caf\u00e9",
    ]
)
MESSAGES = st.lists(
    st.one_of(
        st.builds(lambda text: {"role": "user", "content": text}, TEXTS),
        st.builds(lambda text: {"content": text, "role": "user"}, TEXTS),
        st.builds(lambda text: {"role": "assistant", "content": text, "name": "n"}, TEXTS),
    ),
    min_size=1,
    max_size=4,
)
CALLS = st.builds(
    lambda number, token, text: {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {"name": text, "_meta": {"progressToken": token}},
    },
    st.integers(0, 2),
    st.integers(0, 2),
    TEXTS,
)
# Tokens of equal and of other numbers.
NUMBERS = st.sampled_from([b"1", b"1.0", b"100", b"1e2", b"0.1", b"0.10", b"1e-1", b"-1"])
CHATS: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda messages, more: {"model": "m", "messages": messages, **more},
    MESSAGES,
    st.sampled_from(
        [
            {},
            {"response_format": {"type": "json_object"}},
            {"reasoning_effort": "low", "model": "n"},
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            {"stream": True},
            {"thinking": {"budget": 1.5, "type": "a"}},
            {"thinking": {"type": "a", "budget": 1.5}},
        ]
    ),
)
BODIES = st.one_of(
    CHATS,
    CALLS,
    st.lists(CALLS, min_size=1, max_size=3),
    st.builds(
        lambda number: b'{"model":"m","messages":[],"tools":[{"name":"f","x":%s}]}' % number,
        NUMBERS,
    ),
)


def session_over(file: CassetteFile, played: list[Any]) -> Session:
    names = default_match_on()
    session = Session(Setup("a.yaml", file, State.PRESENT, Mode.NONE, matching(names), rules()))
    for body in played:
        session.decide(sent(body))
    return session


def respelled(text: str) -> str:
    """The same file, as a hand might spell it."""
    return re.sub(r"content: (cat|dog)\n", r'content: "\1"\n', text, count=1)


def called_again(body: Any) -> Any:
    """The same request; a call has other numbers."""
    if isinstance(body, list):
        return [called_again(each) for each in body]
    if isinstance(body, dict) and "params" in body:
        return {**body, "id": 7, "params": {**body["params"], "_meta": {"progressToken": 8}}}
    return body


@given(st.lists(BODIES, min_size=1, max_size=6), st.data(), st.booleans(), st.booleans())
def test_bounds_change_no_miss(
    bodies: list[Any], data: st.DataObject, spell: bool, stale: bool
) -> None:
    asked = data.draw(st.one_of(BODIES, st.sampled_from(bodies).map(called_again)))
    file = CassetteFile(default_match_on(), tuple(map(recorded, bodies)), lists=lists_version())
    text = respelled(dump(file)) if spell else dump(file)
    if stale:
        text = re.sub(r'match_key: "......', 'match_key: "abcdef', text, count=1)
    lazy = opened(io.BytesIO(text.encode()), "a.yaml")
    assert isinstance(lazy.interactions, Recordings)
    # Of a file that was read as a whole there are no lines, so all recordings are compared.
    one, other = (
        session_over(each, bodies[:1]).decide(sent(asked))
        for each in (lazy, load(text.encode(), "a.yaml"))
    )
    assert isinstance(one, Miss) is isinstance(other, Miss)
    if isinstance(one, Miss):
        assert one == other


def test_few_recordings_are_parsed_for_a_miss() -> None:
    bodies = [{"model": "m", "messages": [{"role": "user", "content": f"q{n}"}]} for n in range(99)]
    text = dump(
        CassetteFile(default_match_on(), tuple(map(recorded, bodies)), lists=lists_version())
    )
    lazy = opened(io.BytesIO(text.encode()), "a.yaml")
    recordings = lazy.interactions
    assert isinstance(recordings, Recordings)
    longer = {"model": "m", "messages": [*bodies[0]["messages"], {"role": "user", "content": "x"}]}
    decision = session_over(lazy, []).decide(sent(longer))
    assert isinstance(decision, Miss)
    assert (decision.number, len(decision.differences)) == (1, 1)
    assert len(recordings._requests) <= 2


def test_a_shorter_string_is_another_string() -> None:
    bodies = [{"model": "m", "messages": [{"role": "user", "content": f"say {n}"}]} for n in "ab"]
    file = CassetteFile(default_match_on(), tuple(map(recorded, bodies)), lists=lists_version())
    recordings = opened(io.BytesIO(dump(file).encode()), "a.yaml").interactions
    assert isinstance(recordings, Recordings)
    lines = Recording(file._replace(interactions=recordings), 0, recordings.headings[0], [0])
    bounds = [
        Bounds({"messages": [{"role": "user", "content": text}]}).rough(lines)
        for text in ("say a", "say", "say ab")
    ]
    assert bounds == [0, 1, 1]


def test_a_text_with_a_rare_escape_has_no_rough_bound() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "caf\u00e9"}]}
    file = CassetteFile(default_match_on(), (recorded(body),), lists=lists_version())
    text = dump(file).replace('"caf\u00e9"', '"caf\\u00e9"')
    recordings = opened(io.BytesIO(text.encode()), "a.yaml").interactions
    assert isinstance(recordings, Recordings)
    assert b"\\u00e9" in recordings.request_lines(0)
    lines = Recording(file._replace(interactions=recordings), 0, recordings.headings[0], [0])
    assert Bounds(body).rough(lines) == 0


def test_the_numbers_of_calls_are_no_difference() -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "m", "params": {"_meta": {"progressToken": 1}}}
    file = CassetteFile(default_match_on(), (recorded(call),), lists=lists_version())
    text = re.sub(r'match_key: "......', 'match_key: "abcdef', dump(file))
    lazy = opened(io.BytesIO(text.encode()), "a.yaml")
    decision = session_over(lazy, []).decide(sent(called_again(call)))
    assert isinstance(decision, Miss)
    assert decision.reason is Reason.STALE_KEY
