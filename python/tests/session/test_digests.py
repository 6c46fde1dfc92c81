"""The short way to a recording, by the digest of a request (spec section 6.3)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

import promptecho
from promptecho._base.model import CassetteFile, Interaction
from promptecho._format.lazy_reader import Recordings, opened
from promptecho._format.request_digest import digest
from promptecho._format.writer import dump
from promptecho._matching import request as request_module
from promptecho._matching.digest import first_half
from promptecho._matching.rules import default_match_on, lists_version, matching, rules
from promptecho._redaction.literals import Literal, Spellings
from promptecho._session.miss import Miss, Reason
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.session import Replay, Session
from support.session_builders import answer, sent
from support.upstream import Upstream, json_answer

HEADERS = {"content-type": "application/json"}
CAT = b'{"model":"m","messages":[{"role":"user","content":"cat"}]}'


def recording(body: bytes, text: str) -> Interaction:
    """A recording of a request of these bytes, with its digest."""
    prepared = sent(body)
    first = first_half(prepared)
    assert first is not None
    made = digest(first, CassetteFile(default_match_on()), prepared.request)
    return Interaction(prepared.request._replace(digest=made), answer(text))


def session_of(*items: Interaction, edit: tuple[str, str] = ("", "")) -> Session:
    """A session with a file of these recordings, which a hand has edited."""
    names = default_match_on()
    text = dump(CassetteFile(names, items, lists=lists_version())).replace(*edit)
    file = opened(io.BytesIO(text.encode()), "a.yaml")
    setup = Setup("a.yaml", file, State.PRESENT, Mode.NONE, matching(names), rules())
    return Session(setup._replace(as_recorded=True))


def test_the_same_bytes_are_answered_without_being_parsed() -> None:
    session = session_of(recording(CAT, "meow"), recording(CAT.replace(b"cat", b"dog"), "woof"))
    prepared = sent(CAT)
    with patch.object(request_module, "decode", side_effect=AssertionError("parsed")):
        assert session.same(prepared)
        decision = session.decide(prepared)
    assert isinstance(decision, Replay)
    assert decision.answer.response == answer("meow")
    assert session.sent[0].body["messages"] == [{"role": "user", "content": "cat"}]


def test_of_another_spelling_only_the_rest_of_the_recording_is_parsed() -> None:
    body = CAT.replace(b"]}", b'],"temperature":0.5}')
    session = session_of(recording(body, "meow"))
    for digits, drift in ((b" 0.50 ", []), (b"0.7", ["temperature"])):
        with patch.object(Recordings, "request", side_effect=AssertionError("parsed")):
            if drift:
                with pytest.raises(AssertionError, match="parsed"):
                    session.decide(sent(body.replace(b"0.5", digits)))
            else:
                assert isinstance(session.decide(sent(body.replace(b"0.5", digits))), Replay)
        decision = session.decide(sent(body.replace(b"0.5", digits)))
        assert isinstance(decision, Replay)
        assert [each.path for each in decision.drift] == drift


def test_another_spelling_of_an_edited_recording_is_a_miss() -> None:
    edited = session_of(recording(CAT, "meow"), edit=("content: cat", "content: cow"))
    spelled = CAT.replace(b":", b": ")
    decision = edited.decide(sent(spelled))
    assert isinstance(decision, Miss)
    assert decision.reason is Reason.STALE_KEY


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
        ("a+/c", b'{"a":"?x=a%2B%2Fc"}', True),
        ("a+/c", b'{"a":"?x=a%2b%2fc"}', True),
    ],
)
def test_whether_a_body_may_spell_a_secret(secret: str, body: bytes, may: bool) -> None:
    spellings = Spellings([Literal(secret, "")])
    assert spellings.may_be_in(body) is may
    assert not Spellings([]).may_be_in(body)
    assert spellings.may_be_in(body, is_form=True)
