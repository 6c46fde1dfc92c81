"""The short way to a recording leads where the long way leads (spec section 6.3)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptecho
from promptecho._base.model import CassetteFile, Interaction, Request
from promptecho._format.lazy_reader import Recordings, opened
from promptecho._format.request_digest import digest
from promptecho._format.writer import dump
from promptecho._matching.digest import first_half
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, lists_version, matching, rules
from promptecho._redaction.literals import Literal, may_be_spelled
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.session import Replay, Session
from support.session_builders import answer
from support.upstream import Upstream, json_answer

HEADERS = {"content-type": "application/json"}
CAT = b'{"model":"m","messages":[{"role":"user","content":"cat"}]}'


class Asked(NamedTuple):
    """A request: what it says, and how it is spelled."""

    host: str
    path: str
    content: str
    extra: dict[str, Any]
    spaced: bool

    def request(self) -> Request:
        body = {"model": "m", "messages": [{"role": "user", "content": self.content}], **self.extra}
        if self.path == "/mcp":
            body = {"jsonrpc": "2.0", "method": "tools/call", "id": self.extra.get("seed", 1)}
        separators = (", ", ": ") if self.spaced else (",", ":")
        url = f"https://{self.host}{self.path}"
        data = json.dumps(body, separators=separators).encode()
        return Request("POST", url, tuple(HEADERS.items()), data)


ASKED = st.builds(
    Asked,
    host=st.sampled_from(["a.example", "b.example"]),
    path=st.sampled_from(["/v1/chat/completions", "/v1/chat/completions", "/v1/c?d=1", "/mcp"]),
    content=st.sampled_from(["cat", "dog", "caf\u00e9"]),
    extra=st.sampled_from([{}, {}, {"seed": 2}, {"seed": 3}, {"stream": True}]),
    spaced=st.booleans(),
)


def stored(asked: Asked, number: int, *, edit: bool = False) -> Interaction:
    """A recording with its digest; after an edit by hand the digest is wrong."""
    prepared = prepare(asked.request(), rules(), matching(default_match_on()))
    first = first_half(prepared)
    assert first is not None
    request = prepared.request
    made = digest(first, CassetteFile(default_match_on()), request)
    if edit:
        request = request._replace(body={**request.body, "seed": 9})
    return Interaction(request._replace(digest=made), answer(str(number)))


def session_over(items: Sequence[Interaction]) -> Session:
    """A session over a file that was read as `use_cassette` reads it."""
    names = default_match_on()
    text = dump(CassetteFile(names, tuple(items), lists=lists_version()))
    file = opened(io.BytesIO(text.encode()), "a.yaml")
    assert isinstance(file.interactions, Recordings)
    setup = Setup("a.yaml", file, State.PRESENT, Mode.NONE, matching(names), rules())
    return Session(setup._replace(as_recorded=True))


def outcomes(session: Session, asked: Sequence[Asked]) -> list[object]:
    """What is decided about requests, as far as a user can see it."""
    found: list[object] = []
    for each in asked:
        decision = session.decide(
            prepare(each.request(), session.setup.policy, session.setup.matching)
        )
        if isinstance(decision, Replay):
            number = decision.recording.index
            found.append((number, decision.drift, decision.numbers, decision.interaction.response))
        else:
            found.append(decision._replace(nearest=None))
    return found


@given(st.lists(st.tuples(ASKED, st.booleans()), min_size=1, max_size=6), st.data())
def test_digests_change_no_outcome(
    recordings: list[tuple[Asked, bool]], data: st.DataObject
) -> None:
    known = st.sampled_from([asked for asked, _ in recordings])
    asked = data.draw(st.lists(st.one_of(known, ASKED), min_size=1, max_size=8))
    edits = [edit and data.draw(st.booleans()) for _, edit in recordings]
    with_digests = [
        stored(each, number, edit=edit)
        for number, ((each, _), edit) in enumerate(zip(recordings, edits))
    ]
    without = [item._replace(request=item.request._replace(digest=None)) for item in with_digests]
    assert outcomes(session_over(with_digests), asked) == outcomes(session_over(without), asked)


def test_the_same_bytes_are_answered_without_being_parsed() -> None:
    asked = Asked("a.example", "/v1/chat/completions", "cat", {}, spaced=True)
    session = session_over([stored(asked, 0), stored(asked._replace(content="dog"), 1)])
    recordings = session.setup.file.interactions
    assert isinstance(recordings, Recordings)
    assert [each[0] for each in outcomes_at_once(session, [asked])] == [0]
    assert session.sent[0].body["messages"][0]["content"] == "cat"


def outcomes_at_once(session: Session, asked: Sequence[Asked]) -> list[tuple[int]]:
    found = []
    for each in asked:
        prepared = prepare(each.request(), session.setup.policy, session.setup.matching)
        assert session.knows(prepared)
        decision = session.decide(prepared)
        assert isinstance(decision, Replay)
        found.append((decision.recording.index,))
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(lambda call: json_answer({"id": "first"})) as server:
        yield server


def ask(upstream: Upstream, body: bytes = CAT) -> bytes:
    with httpx.Client() as client:
        url = upstream.url + "/v1/chat/completions"
        return client.post(url, content=body, headers=HEADERS).content


def test_an_edited_answer_is_played_at_the_next_opening(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path, mode="once"):
        assert ask(upstream) == b'{"id":"first"}'
    assert b"      digest: " in path.read_bytes()
    with promptecho.use_cassette(path, mode="none"):
        assert ask(upstream) == b'{"id":"first"}'
    path.write_bytes(path.read_bytes().replace(b"id: first", b"id: other"))
    with promptecho.use_cassette(path, mode="none"):
        assert ask(upstream) == b'{"id":"other"}'


def test_an_edited_request_is_stale_though_its_digest_is_asked(
    upstream: Upstream, path: Path
) -> None:
    with promptecho.use_cassette(path, mode="once"):
        ask(upstream)
    path.write_bytes(path.read_bytes().replace(b"content: cat", b"content: cow"))
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            ask(upstream)
    assert caught.value.reason == "stale-key"


@pytest.mark.parametrize("body", [b"", b"not JSON \xff"])
def test_only_a_body_has_a_digest(upstream: Upstream, path: Path, body: bytes) -> None:
    with promptecho.use_cassette(path, mode="once"):
        ask(upstream, body)
    assert (b"      digest: " in path.read_bytes()) is bool(body)


def test_a_shape_that_is_only_warned_of_is_not_hidden_by_a_digest(
    upstream: Upstream, path: Path
) -> None:
    body = CAT.replace(b"cat", b"s" + b"k-ant-api03-" + b"aB3" * 31)
    with pytest.warns(promptecho.PromptechoSecretWarning):
        with promptecho.use_cassette(path, mode="once", on_secret="warn"):
            ask(upstream, body)
    assert b"      digest: " not in path.read_bytes()


@pytest.mark.parametrize(
    ("secret", "body", "may"),
    [
        ("abc", b'{"a":"xabcx"}', True),
        ("abc", b'{"a":"xacbx"}', False),
        ("abc", b'{"a":"x\\u0061bc"}', True),
        ("abc", b'{"a":"x\\u00e9\\n"}', False),
        ("a/c", b'{"a":"x\\/"}', True),
        ('a"c', b'{"a":"x\\""}', True),
        ("abc", b"a=%61bc", True),
        ("abc", b"", True),
        ("\u00e9", b'{"a":"\\u00e9"}', True),
    ],
)
def test_whether_a_body_may_spell_a_secret(secret: str, body: bytes, may: bool) -> None:
    assert may_be_spelled([Literal(secret, "")], body) is may
    assert not may_be_spelled([], body)
