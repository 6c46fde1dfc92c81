"""The calls of another recorder's file go through the pipeline of a live recording."""

from __future__ import annotations

from promptecho._base.model import CassetteFile, Interaction, Request, TextBody
from promptecho._foreign.calls import Call, Lost, Source
from promptecho._format.writer import dump
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, lists_version, matching, rules
from promptecho._session.imported import Imported, _Kept, _unanswered, imported, passes
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup

NAMES = default_match_on()
FILE = CassetteFile(NAMES, lists=lists_version())
SETUP = Setup("a.yaml", FILE, State.ABSENT, Mode.ALL, matching(NAMES), rules())
JSON = (("content-type", "application/json"),)
TOKEN = "Zk3xQ9vL2mN8pR5tW7yB4cD6"


def call(path: str, body: bytes, answer: bytes, kind: str = "application/json") -> Call:
    request = Request("POST", f"https://api.example.com{path}", JSON, body)
    return Call(request, 200, "OK", (("content-type", kind),), answer)


def made(*calls: Call | Lost) -> Imported:
    return imported(Source("vcrpy", calls), SETUP, passes(()), "a.yaml")


def test_events_are_split_as_a_recorder_splits_them() -> None:
    stream = b"data: 1\n\ndata: [DONE]\n\n"
    text = dump(made(call("/v1/x", b"{}", stream, "text/event-stream")).file)
    assert "framing: sse-lf" in text
    assert text.count("checksum:") == text.count("digest:") == 1


def test_a_value_that_an_answer_tells_is_in_no_later_request() -> None:
    found = made(
        call("/token", b"{}", f'{{"access_token": "{TOKEN}"}}'.encode()),
        call("/v1/x", f'{{"session": "{TOKEN}"}}'.encode(), b"{}"),
    )
    assert found.lost == ()
    assert TOKEN not in dump(found.file)
    assert found.redacted == 2


def test_two_answers_to_one_request_are_told_apart_by_their_order() -> None:
    found = made(call("/v1/x", b'{"model": "m"}', b"1"), call("/v1/x", b'{"model": "m"}', b"2"))
    assert found.lost == ()
    assert [_text(each) for each in found.file.interactions] == ["1", "2"]


def test_a_call_whose_own_request_gives_another_answer_is_seen() -> None:
    request = Request("POST", "https://api.example.com/v1/x", JSON, b"{}")
    prepared = prepare(request, SETUP.policy, SETUP.matching)
    (right,) = made(call("/v1/x", b"{}", b"1")).file.interactions
    (wrong,) = made(call("/v1/x", b"{}", b"2")).file.interactions
    ready = SETUP._replace(
        file=FILE._replace(interactions=(right,)), state=State.PRESENT, mode=Mode.NONE
    )
    assert _unanswered([_Kept(1, prepared, right)], ready) == []
    kept = _Kept(1, prepared, wrong)
    assert _unanswered([kept], ready) == [kept]
    empty = ready._replace(file=FILE)
    assert _unanswered([_Kept(1, prepared, right)], empty) == [_Kept(1, prepared, right)]


def _text(recording: Interaction) -> str:
    assert recording.response is not None
    assert isinstance(recording.response.body, TextBody)
    return recording.response.body.text


def test_numbers_of_lost_calls_are_those_of_the_source() -> None:
    telemetry = call("/x", b"{}", b"")
    telemetry = telemetry._replace(
        request=telemetry.request._replace(url="https://cloud.langfuse.com/x")
    )
    found = made(Lost("no-url"), call("/v1/x", b"{}", b""), telemetry)
    assert [(number, each.reason) for number, each in found.lost] == [
        (1, "no-url"),
        (3, "passthrough"),
    ]
    assert len(found.file.interactions) == 1
