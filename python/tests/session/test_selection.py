"""Which recordings answer a request: ties, edits by hand, older lists (spec section 8)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho._base.model import CassetteFile, Interaction, TextBody
from promptecho._matching.rules import default_match_on, lists_version, matching, rules
from promptecho._session.miss import Miss
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.session import Replay, Session
from support.session_builders import chat, recorded, sent

A = "https://a.example/v1/chat/completions"
B = "https://b.example/v1/chat/completions"


def over(*interactions: Interaction, lists: int | None = None, **options: Any) -> Session:
    names = default_match_on()
    file = CassetteFile(names, interactions, lists=lists)
    policy = rules()
    return Session(
        Setup("a.yaml", file, State.PRESENT, Mode.NONE, matching(names), policy, **options)
    )


def edited(item: Interaction, **members: Any) -> Interaction:
    """A recording whose body was edited and whose key was not."""
    request = item.request
    return item._replace(request=request._replace(body={**request.body, **members}))


def outcome(session: Session, body: Any, **request: Any) -> str:
    decision = session.decide(sent(body, **request))
    if isinstance(decision, Miss):
        return decision.reason.value
    assert isinstance(decision, Replay)
    assert isinstance(decision.interaction.response.body, TextBody)
    return decision.interaction.response.body.text


def test_the_host_breaks_a_tie_in_any_order() -> None:
    session = over(recorded(chat("x"), "a", url=A), recorded(chat("x"), "b", url=B))
    assert [outcome(session, chat("x"), url=url) for url in (B, A, B)] == ["b", "a", "b"]


def test_the_whole_body_comes_before_the_host() -> None:
    session = over(
        recorded(chat("x", temperature=0), "a", url=A),
        recorded(chat("x", temperature=1), "b", url=B),
    )
    assert outcome(session, chat("x", temperature=1), url=A) == "b"
    assert [each.path for each in session.replays[0].drift] == ["url.host"]


def test_one_host_replays_through_any_gateway() -> None:
    session = over(recorded(chat("x"), "a", url=A))
    assert outcome(session, chat("x"), url="http://localhost:4000/v1/chat/completions") == "a"
    assert session.replays[0].drift == ()


@pytest.mark.parametrize("asked", ["old", "new"])
def test_an_edited_recording_answers_neither_the_old_nor_the_new_request(asked: str) -> None:
    item = edited(recorded(chat("old"), "a"), messages=chat("new")["messages"])
    session = over(item, lists=lists_version())
    assert outcome(session, chat(asked)) == "stale-key"
    assert session.left == 1


def test_an_edit_of_one_recording_leaves_the_others() -> None:
    stale = edited(recorded(chat("x"), "a"), system="be brief")
    session = over(stale, recorded(chat("x"), "b"))
    assert [outcome(session, chat("x")) for _ in range(2)] == ["b", "b"]


def test_a_member_named_by_match_on_that_is_volatile_elsewhere_makes_a_recording_stale() -> None:
    names = ("model", "user")
    item = edited(recorded({"model": "m", "user": "u"}, "a", match_on=names), user="v")
    file = CassetteFile(names, (item,), lists=lists_version())
    session = Session(Setup("a.yaml", file, State.PRESENT, Mode.NONE, matching(names), rules()))
    assert outcome(session, {"model": "m", "user": "u"}, match_on=names) == "stale-key"


def test_other_spellings_of_a_number_are_no_edit() -> None:
    item = edited(recorded({"model": "m", "input": 1}, "a"), input=1.0)
    assert outcome(over(item), {"model": "m", "input": 1}) == "a"


def test_a_recording_of_older_lists_is_found_once_its_own_key_finds_nothing() -> None:
    old = recorded({"input": "x", "kind": "k"}, "a")
    body = {"input": "x", "kind": "k", "password": "clear"}
    old = old._replace(request=old.request._replace(body=body, match_key="0" * 16))
    session = over(old)
    asked = {"input": "x", "kind": "k", "password": "other"}
    assert [outcome(session, asked) for _ in range(2)] == ["a", "a"]
    assert [each.by_older_lists for each in session.replays] == [True, True]
    assert session.replays[0].interaction is old
    assert session.replays[0].drift == ()
    assert session.left == 0
    assert outcome(over(old, lists=lists_version()), asked) == "nearest"


def test_a_2_0_recording_is_found_by_the_present_lists_whatever_its_query() -> None:
    names = default_match_on()
    url = "https://a.example/v1/x?flag&beta=REDACTED"
    item = recorded({"input": "x"}, "a", url=url)
    body = {"input": "x", "password": "clear"}
    item = item._replace(request=item.request._replace(body=body, match_key="0" * 16))
    file = CassetteFile(names, (item,), minor=0)
    setup = Setup("a.yaml", file, State.PRESENT, Mode.NONE, matching(names), rules())
    asked = {"input": "x", "password": "other"}
    assert outcome(Session(setup), asked, url="https://a.example/v1/x?beta=1") == "a"


def test_older_lists_are_told_of_once(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    class Provider(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={})

    with httpx.Client(transport=Provider()) as client:
        with promptecho.use_cassette(path, mode="once"):
            client.get("https://a.example/x?city=Rome")
        text = path.read_text("utf-8").replace("city=sha256-", "api_key=sha256-")
        path.write_text(text.replace(f"lists: {lists_version()}\n", ""), "utf-8")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with promptecho.use_cassette(path, mode="none"):
                for _ in range(2):
                    client.get("https://a.example/x?api_key=k")
    [warning] = caught
    assert str(path) in str(warning.message)
    assert "older lists" in str(warning.message)


def test_only_candidates_are_parsed() -> None:
    parsed = []

    class Watched(list[Interaction]):
        def __getitem__(self, index: Any) -> Any:
            parsed.append(index)
            return super().__getitem__(index)

    items = Watched([recorded(chat(str(number)), str(number)) for number in range(9)])
    setup = over().setup
    session = Session(setup._replace(file=setup.file._replace(interactions=items, lists=1)))
    parsed.clear()
    assert outcome(session, chat("4")) == "4"
    assert set(parsed) == {4}
