"""What a user reads when no recording answers (spec section "Misses")."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from promptecho._base.model import Interaction
from promptecho._matching.differences import ABSENT
from promptecho._matching.request import Prepared
from promptecho._session.miss import CassetteMiss, Miss, Reason
from promptecho._session.modes import State
from support.session_builders import CHAT, chat, opened, recorded, sent

RECORD_IT = (
    "Next: record it with network access and an API key (PROMPTECHO_MODE=once), and commit the "
    "file."
)
FIX_IT = (
    "Next: if the change is intended, record again (PROMPTECHO_MODE=all) or add this call "
    "(PROMPTECHO_MODE=new_episodes). Otherwise fix the code under test: the differences are "
    "listed above."
)


def refused(*held: Interaction, by: Prepared, after: Any = (), **setup: Any) -> Miss:
    """The miss of a request, once other requests were answered."""
    session = opened(*held, **setup)
    for request in after:
        session.decide(request)
    decision = session.decide(by)
    assert isinstance(decision, Miss)
    assert session.missed == [decision]
    return decision


def text(miss: Miss) -> str:
    return str(CassetteMiss(miss))


def lines(theirs: Any, ours: Any, **request: Any) -> list[str]:
    """The lines that show the differences of a recorded and an incoming body."""
    miss = refused(recorded(theirs, **request), by=sent(ours, **request))
    return [line.strip() for line in text(miss).splitlines() if line.startswith("  ")]


def paths(theirs: Any, ours: Any, **request: Any) -> list[str]:
    miss = refused(recorded(theirs, **request), by=sent(ours, **request))
    return [difference.path for difference in miss.differences]


# --- reasons -----------------------------------------------------------------------------------


def test_no_file() -> None:
    miss = refused(by=sent(chat("q")), state=State.ABSENT)
    assert miss.reason is Reason.NO_FILE
    assert text(miss) == (
        f"no recording for POST {CHAT}\n"
        "cassette a.yaml, mode none: the file does not exist\n"
        f"{RECORD_IT}"
    )


def test_no_recordings() -> None:
    miss = refused(by=sent(chat("q")))
    assert miss.reason is Reason.EMPTY
    assert text(miss) == (
        f"no recording for POST {CHAT}\n"
        "cassette a.yaml, mode none: the file has no recordings\n"
        f"{RECORD_IT}"
    )


def test_none_for_this_method_and_path() -> None:
    held = [recorded(b"", method="GET", url="https://h/v1/models"), *[recorded(chat("q"))] * 2]
    miss = refused(*held, by=sent(chat("q"), url="https://h/v2/chat"), mode="once")
    assert miss.reason is Reason.NO_ENDPOINT
    assert miss.nearest is None
    assert text(miss) == (
        "no recording for POST https://h/v2/chat\n"
        "cassette a.yaml, mode once: the file has 3 recordings, but none for this method and "
        "path; it has GET /v1/models, POST /v1/chat/completions\n"
        "Next: check the base URL, or add the call with PROMPTECHO_MODE=new_episodes."
    )


def test_the_nearest_recording() -> None:
    held = [recorded(chat("summarize the cat", "shortly")), recorded(chat("summarize the cat"))]
    miss = refused(*held, by=sent(chat("summarize the dog")))
    assert miss.reason is Reason.NEAREST
    assert text(miss) == (
        f"no recording for POST {CHAT}\n"
        "cassette a.yaml, mode none: the nearest is recording 2 of 2; it differs in:\n"
        '  messages[0].content: recorded "summarize the cat" / incoming "summarize the dog"\n'
        f"{FIX_IT}"
    )


def test_all_were_played() -> None:
    again = sent(chat("q"))
    held = [recorded(chat("q")), recorded(chat("other"))]
    miss = refused(*held, by=again, after=[again], repeat=False)
    assert miss.reason is Reason.ALL_PLAYED
    assert text(miss) == (
        f"no recording for POST {CHAT}\n"
        "cassette a.yaml, mode none: every recording of this request has been played "
        "(1 of 2 recordings)\n"
        "Next: record again (PROMPTECHO_MODE=all), or allow repeats (on_exhausted=repeat)."
    )


def test_a_stream_that_was_not_recorded() -> None:
    miss = refused(recorded(chat("q")), by=sent(chat("q", stream=True)))
    assert miss.reason is Reason.STREAM_INTENT
    assert text(miss) == (
        f"no recording for POST {CHAT}\n"
        "cassette a.yaml, mode none: recording 1 of 1 has the same request, but this one asks for "
        "a stream and the recorded one did not\n"
        + FIX_IT.replace(": the differences are listed above", "")
    )
    assert miss.differences == ()


def test_a_stream_that_was_recorded_and_is_not_wanted() -> None:
    miss = refused(recorded(chat("q", stream=True)), by=sent(chat("q")))
    assert "but the recorded one asked for a stream and this one does not\n" in text(miss)


def test_drift() -> None:
    held = recorded(chat("q", temperature=0))
    miss = refused(held, by=sent(chat("q", temperature=1)), drift_is_miss=True)
    assert miss.reason is Reason.DRIFT
    assert text(miss) == (
        f"no recording for POST {CHAT}\n"
        "cassette a.yaml, mode none: recording 1 of 1 matches, but the request differs in "
        "other fields (on_drift=raise):\n"
        "  temperature: recorded 0 / incoming 1\n"
        "Next: undo the change, or record again (PROMPTECHO_MODE=all)."
    )


# --- nearest -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "played", "number"),
    [
        (["aa", "ab"], [], 1),  # as near as one another: the first in the file
        (["x", "y", "z"], ["x"], 2),  # one that was played is not taken
        (["x", "y"], ["x", "y"], 1),  # unless all were
    ],
)
def test_which_recording_is_nearest(held: list[str], played: list[str], number: int) -> None:
    after = [sent(chat(prompt)) for prompt in played]
    miss = refused(*(recorded(chat(prompt)) for prompt in held), by=sent(chat("q")), after=after)
    assert miss.number == number


def test_differences_of_the_query_count_and_come_first() -> None:
    url = "https://h/v1/x?version={}&limit={}&key=s"
    held = [
        recorded(chat("q"), url=url.format(1, 1)),
        recorded(chat("p"), url=url.format(2, 2)),
    ]
    miss = refused(*held, by=sent(chat("q"), url=url.format(2, 3)))
    assert miss.number == 1
    assert [tuple(each) for each in miss.differences] == [
        ("?limit", "1", "3"),
        ("?version", "1", "2"),
    ]


@pytest.mark.parametrize(
    ("theirs", "ours", "line"),
    [
        ("?beta=true", "", '?beta: recorded "true" / incoming (absent)'),
        ("", "?beta=true", '?beta: recorded (absent) / incoming "true"'),
        ("?alt=a&alt=b", "?alt=a", '?alt: recorded ["a","b"] / incoming "a"'),
    ],
)
def test_a_query_is_shown_by_name(theirs: str, ours: str, line: str) -> None:
    miss = refused(
        recorded(b"", url=f"https://h/x{theirs}"), by=sent(b"", url=f"https://h/x{ours}")
    )
    assert f"  {line}\n" in text(miss)


# --- paths in the caller's own JSON -------------------------------------------------------------

SYSTEM = {"role": "system", "content": "be brief"}
USER = {"role": "user", "content": "hi"}


def called(arguments: str, call_id: str = "c1") -> dict[str, Any]:
    call = {"id": call_id, "type": "function", "function": {"name": "f", "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def used(value: Any) -> dict[str, Any]:
    block = {"type": "tool_use", "id": "t1", "name": "f", "input": value}
    return {"role": "assistant", "content": [{"type": "text", "text": "so"}, block]}


def body(*messages: Any, **members: Any) -> dict[str, Any]:
    return {"model": "m", **members, "messages": list(messages)}


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        # OpenAI: the system message has moved in the canonical body, not in the caller's.
        (
            body(SYSTEM, USER),
            body({"role": "system", "content": "be long"}, USER),
            ["messages[0].content"],
        ),
        (body(SYSTEM, USER), body(SYSTEM, chat("ho")["messages"][0]), ["messages[1].content"]),
        (body(SYSTEM, USER), body(USER), ["system"]),
        (body(USER), body(SYSTEM, USER), ["messages[0].content"]),
        # Anthropic: system is a member, a string or blocks.
        (body(USER, system="a"), body(USER, system="b"), ["system"]),
        (
            body(USER, system="a"),
            body(USER, system=[{"type": "text", "text": "b"}]),
            ["system[0].text"],
        ),
        # Content as a string and as blocks.
        (
            body(USER),
            body({"role": "user", "content": [{"type": "text", "text": "ho"}]}),
            ["messages[0].content[0].text"],
        ),
        (
            body({"role": "user", "content": [{"type": "text", "text": "ho"}]}),
            body(USER),
            ["messages[0].content"],
        ),
        # Arguments that are JSON in a string are shown below that string.
        (
            body(USER, called('{"city": "Paris", "n": 1}')),
            body(USER, called('{"city": "Rome", "n": 1}')),
            ["messages[1].tool_calls[0].function.arguments.city"],
        ),
        # A list that was built anew stands where its items stood.
        (
            body(USER),
            body({"role": "user", "content": [{"type": "text", "text": t} for t in "ab"]}),
            ["messages[0].content"],
        ),
        (
            body(USER, used({"city": "Paris", "n": 1})),
            body(USER, used({"city": "Rome", "n": 1})),
            ["messages[1].content[1].input.city"],
        ),
        # Roles, members and messages that were added or taken away.
        (body(USER), body({"role": "assistant", "content": "hi"}), ["messages[0].role"]),
        (body(USER, USER), body(USER), ["messages[1]"]),
        (body(USER), body(USER, USER), ["messages[1]"]),
        (body({**USER, "name": "n"}), body(USER), ["messages[0].name"]),
        (body(USER), body({**USER, "name": "n"}), ["messages[0].name"]),
        (body(USER, tool_choice="none"), body(USER), ["tool_choice"]),
        # Names that are no identifiers.
        ({"a b": {"é": [1]}}, {"a b": {"é": [2]}}, ['["a b"]["é"][0]']),
        ({"a": {"": 1}}, {"a": {"": 2}}, ['a[""]']),
    ],
)
def test_a_path_is_that_of_the_caller_s_own_json(
    theirs: Any, ours: Any, expected: list[str]
) -> None:
    assert paths(theirs, ours) == expected


def test_several_differences_are_shown_in_the_order_of_the_recorded_body() -> None:
    theirs, ours = {"b": 1, "a": 1, "c": 1}, {"d": 1, "c": 2, "a": 2}
    assert lines(theirs, ours) == [
        "b: recorded 1 / incoming (absent)",
        "a: recorded 1 / incoming 2",
        "c: recorded 1 / incoming 2",
        "d: recorded (absent) / incoming 1",
    ]


def test_numbers_are_compared_by_value_whatever_the_file_calls_them() -> None:
    assert lines({"a": [1e-7, 1], "b": 2}, {"a": [1e-7, 3], "b": 2.0}) == [
        "a[1]: recorded 1 / incoming 3"
    ]
    assert lines({"a": 1e-7}, {"a": 2e-7}) == ["a: recorded 1e-7 / incoming 2e-7"]
    assert lines({"a": 1}, {"a": True}) == ["a: recorded 1 / incoming true"]


def test_opaque_bodies_differ_in_their_hash() -> None:
    [line] = lines(b"not json", b"not jsox")
    assert line.startswith('__raw_body_sha256__: recorded "7ccfa1fbf3940e6f0c0375d87c0f9235')


def test_arrays_differ_in_their_items() -> None:
    assert lines(b"[1]", b"[2]") == ["[0]: recorded 1 / incoming 2"]


def test_a_form_and_json_differ_in_all_of_them() -> None:
    form = recorded(b"a=1", content_type="application/x-www-form-urlencoded")
    miss = refused(form, by=sent({"a": 1}))
    assert [tuple(each) for each in miss.differences] == [
        ("__form__", [["a", "1"]], ABSENT),
        ("a", ABSENT, 1),
    ]


# --- length ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours", "shown"),
    [
        ("a" * 72, "a" * 71 + "b", ('"' + "a" * 72 + '"', '"' + "a" * 71 + 'b"')),
        ("x" * 100, "y" * 100, ('"' + "x" * 72 + '"...', '"' + "y" * 72 + '"...')),
        (
            "x" * 500 + "cat" + "z" * 500,
            "x" * 500 + "dog" + "z" * 500,
            (
                '..."' + "x" * 20 + "cat" + "z" * 49 + '"...',
                '..."' + "x" * 20 + "dog" + "z" * 49 + '"...',
            ),
        ),
        ("x" * 100, "x" * 101, ('..."' + "x" * 20 + '"', '..."' + "x" * 21 + '"')),
        ("x" * 90, "", ('"' + "x" * 72 + '"...', '""')),
        ("é\n1", "é\t2", ('"é\\n1"', '"é\\t2"')),
    ],
)
def test_long_strings_are_cut_around_the_first_difference(
    theirs: str, ours: str, shown: tuple[str, str]
) -> None:
    recorded_text, incoming_text = shown
    expected = f"messages[0].content: recorded {recorded_text} / incoming {incoming_text}"
    assert lines(chat(theirs), chat(ours)) == [expected]


def test_only_the_first_differences_are_shown() -> None:
    theirs = {f"m{i}": 1 for i in range(11)}
    shown = lines(theirs, dict.fromkeys(theirs, 2))
    assert shown == [
        *(f"m{i}: recorded 1 / incoming 2" for i in range(8)),
        "... and 3 more places",
    ]


def test_the_text_is_bounded_whatever_the_request_holds() -> None:
    big = {"n" * 500 + str(i): {"deep": ["y" * 999] * 9} for i in range(50)}
    url = "https://h/" + "p" * 5000
    miss = refused(recorded({}, url=url), by=sent(big, url=url))
    assert len(miss.differences) == 50
    assert len(text(miss)) < 4000
    many = [recorded(b"", method="GET", url=f"https://h/{i}/{'p' * 3000}") for i in range(9)]
    assert len(text(refused(*many, by=sent({})))) < 4000


# --- the exception -----------------------------------------------------------------------------


def test_a_miss_carries_its_data() -> None:
    held = recorded(chat("cat"))
    request = sent(chat("dog"), url=CHAT + "?key=s3cret")
    error = CassetteMiss(refused(held, by=request))
    assert (error.cassette, error.mode, error.reason) == ("a.yaml", "none", "nearest")
    assert (error.method, error.url) == ("POST", CHAT + "?key=REDACTED")
    assert error.request == request.request
    assert error.nearest == held
    assert [tuple(each) for each in error.differences] == [("messages[0].content", "cat", "dog")]


def test_a_miss_is_no_exception_that_an_sdk_would_wrap() -> None:
    assert not issubclass(CassetteMiss, Exception)


@pytest.mark.parametrize("ours", [chat("dog"), {"model": "m"}])
def test_a_miss_survives_pickling(ours: Any) -> None:
    error = CassetteMiss(refused(recorded(chat("cat")), by=sent(ours)))
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.differences == error.differences
    assert vars(again).keys() == vars(error).keys()


def test_a_miss_holds_no_secret() -> None:
    key = "sk-" + "ant-" + "a1B2" * 12
    miss = refused(recorded(chat("hi")), by=sent({**chat(key), "api_key": "s3cret"}))
    assert key not in pickle.dumps(miss).decode("latin-1")
    assert "s3cret" not in json.dumps(miss.request.body)
    assert "REDACTED" in text(miss)
