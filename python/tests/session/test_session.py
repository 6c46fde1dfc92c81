"""The machine: what is replayed, called, refused and saved (spec sections 7, 8 and 15.1)."""

from __future__ import annotations

from typing import Any

import pytest

from promptecho._base.model import Interaction, TextBody
from promptecho._format.reader import load
from promptecho._matching.rekey import rekeyed, upgrade_key, upgraded
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._session.miss import Miss
from promptecho._session.modes import TABLE, Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.session import (
    CallUpstream,
    Decision,
    Replay,
    Save,
    Session,
    Unchanged,
)
from support.session_builders import CHAT, answer, chat, opened, recorded, sent

# [MODE-1], as the spec has it, and two modes of our own [MODE-8]: mode, file, and what is done with
# a request when a recording not played yet answers, when all were played (repeat, miss), and when
# none answers.
MODES = """
once          absent      record  record  record  record
once          incomplete  replay  record  record  record
once          present     replay  replay  miss    miss
none          absent      miss    miss    miss    miss
none          incomplete  replay  replay  miss    miss
none          present     replay  replay  miss    miss
new_episodes  absent      record  record  record  record
new_episodes  incomplete  replay  record  record  record
new_episodes  present     replay  replay  record  record
all           absent      record  record  record  record
all           incomplete  record  record  record  record
all           present     record  record  record  record
missing       absent      record  record  record  record
missing       incomplete  replay  record  record  record
missing       present     replay  replay  record  record
verify        absent      miss    miss    miss    miss
verify        incomplete  replay  replay  miss    miss
verify        present     replay  replay  miss    miss
"""
ROWS = [line.split() for line in MODES.strip().splitlines()]
KINDS = {Replay: "replay", CallUpstream: "record", Miss: "miss"}


def test_the_table_of_modes_has_a_row_for_each_mode_and_state() -> None:
    assert len(ROWS) == len(TABLE) == len(Mode) * len(State)


@pytest.mark.parametrize(("mode", "state", "fresh", "repeat", "miss", "unmatched"), ROWS)
def test_each_row_of_the_table_of_modes_holds(
    mode: str, state: str, fresh: str, repeat: str, miss: str, unmatched: str
) -> None:
    held = [] if state == "absent" else [recorded(chat("a"))]

    def last_of(*prompts: str, **options: Any) -> str:
        session = opened(*held, mode=mode, state=State(state), **options)
        return KINDS[type([session.decide(sent(chat(prompt))) for prompt in prompts][-1])]

    assert last_of("a") == fresh
    assert last_of("a", "a", repeat=True) == repeat
    assert last_of("a", "a", repeat=False) == miss
    assert last_of("b") == unmatched


def outcome(decision: Decision) -> str:
    """The answer that was replayed, or what was decided instead."""
    if not isinstance(decision, Replay):
        return KINDS[type(decision)]
    body = decision.interaction.response.body
    assert isinstance(body, TextBody)
    return body.text


# --- selection ---------------------------------------------------------------------------------

# [SEL-2]: the file's recordings (body, answer), the requests, and what each is answered with.
COLD, WARM, HOT = (chat("q", temperature=value) for value in (0, 0.5, 1))
ONCE_MORE = [(chat("q"), "first"), (chat("q"), "second")]
SELECTIONS: dict[str, tuple[Any, Any, Any]] = {
    "in file order": (ONCE_MORE, [chat("q")] * 2, ["first", "second"]),
    "the last again": (ONCE_MORE, [chat("q")] * 4, ["first", "second", "second", "second"]),
    "by key": ([(chat("p"), "p"), (chat("q"), "q")], [chat("q"), chat("p")], ["q", "p"]),
    "by the whole body": ([(COLD, "cold"), (HOT, "hot")], [HOT, COLD, HOT], ["hot", "cold", "hot"]),
    "in file order where no body is the same": (
        [(COLD, "cold"), (HOT, "hot")],
        [WARM, WARM],
        ["cold", "hot"],
    ),
    "the same body before another one that was not played": (
        [(COLD, "cold"), (HOT, "hot")],
        [HOT, HOT],
        ["hot", "hot"],
    ),
    "whatever volatile members say": (
        [(chat("q", user="u1"), "first"), (chat("q", user="u2"), "second")],
        [chat("q", user="u2"), chat("q")],
        ["first", "second"],
    ),
    "a stream to who streams": (
        [(chat("q", stream=True), "stream"), (chat("q"), "json")],
        [chat("q"), chat("q", stream=True), chat("q", stream=False)],
        ["json", "stream", "json"],
    ),
    "no stream to who does not": ([(chat("q", stream=True), "stream")], [chat("q")], ["miss"]),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_recording_is_selected(name: str) -> None:
    held, requests, expected = SELECTIONS[name]
    session = opened(*(recorded(body, text) for body, text in held))
    assert [outcome(session.decide(sent(body))) for body in requests] == expected


def test_a_429_and_the_200_that_followed_it_are_played_in_that_order() -> None:
    session = opened(recorded(chat("q"), "slow down", status=429), recorded(chat("q"), "fine"))
    decisions = [session.decide(sent(chat("q"))) for _ in range(2)]
    assert [outcome(decision) for decision in decisions] == ["slow down", "fine"]


def test_an_exhausted_recording_is_a_miss_where_repeats_are_not_wanted() -> None:
    session = opened(recorded(chat("q"), "a"), recorded(chat("q"), "b"), repeat=False)
    assert [outcome(session.decide(sent(chat("q")))) for _ in range(3)] == ["a", "b", "miss"]


OLLAMA = "http://localhost:11434/api/chat"
GEMINI = "https://g.example/v1beta/models/m:"


@pytest.mark.parametrize(
    ("url", "stream", "wanted"),
    [
        (CHAT, None, False),
        (CHAT, True, True),
        (CHAT, False, False),
        (CHAT, "true", False),
        (CHAT, 1, False),
        (OLLAMA, None, True),
        (OLLAMA, False, False),
        ("http://localhost:11434/api/generate", None, True),
        (GEMINI + "streamGenerateContent", False, True),
        (GEMINI + "generateContent", None, False),
        ("https://b.example/model/x/converse-stream", None, True),
        ("https://b.example/model/x/converse", None, False),
        ("https://b.example/model/x/invoke-with-response-stream", None, True),
    ],
)
def test_who_wants_a_stream(url: str, stream: Any, wanted: bool) -> None:
    body = {"prompt": "q"} if stream is None else {"prompt": "q", "stream": stream}
    assert sent(body, url=url).streaming is wanted


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ("https://one.example/v1/x", "http://two.example:8080/v1/x", "ok"),
        ("https://one.example/v1/x", "https://one.example/v1/y", "miss"),
        ("https://one.example/v1/x?beta=true", "https://one.example/v1/x", "miss"),
        ("https://one.example/v1/x?key=old", "https://one.example/v1/x?key=new", "ok"),
        ("https://one.example/m%3A0", "https://one.example/m:0", "ok"),
    ],
)
def test_the_path_and_the_kept_query_are_matched_and_the_host_is_not(
    theirs: str, ours: str, expected: str
) -> None:
    session = opened(recorded(chat("q"), url=theirs))
    assert outcome(session.decide(sent(chat("q"), url=ours))) == expected


def test_another_method_is_another_request() -> None:
    session = opened(recorded(b"", method="GET"))
    assert outcome(session.decide(sent(b"", method="DELETE"))) == "miss"
    assert outcome(session.decide(sent(b"", method="get"))) == "ok"


# --- drift -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours", "paths"),
    [
        (chat("q"), chat("q"), []),
        (chat("q", temperature=0), chat("q", temperature=0.5), ["temperature"]),
        (chat("q", temperature=0), chat("q"), ["temperature"]),
        (chat("q"), chat("q", temperature=0), ["temperature"]),
        (chat("q", stop=["a", "b"]), chat("q", stop=["a", "c", "d"]), ["stop[1]", "stop[2]"]),
        (chat("q", x={"a": {"b": 1, "c": 2}}), chat("q", x={"a": {"b": 1, "c": 3}}), ["x.a.c"]),
        (chat("q", user="u1", metadata={"a": 1}), chat("q", user="u2"), []),
        (chat("q", temperature=1), chat("q", temperature=1.0), []),
        (chat("q", n=1), chat("q", n=True), ["n"]),
        (chat("q", p=1e-7, top_k=1), chat("q", p=1e-7, top_k=2), ["top_k"]),
        (chat("q", x={"p": 1e-7, "k": 1}), chat("q", x={"p": 1e-7, "k": 2}), ["x.k"]),
    ],
)
def test_drift_names_what_differs_outside_the_key(theirs: Any, ours: Any, paths: list[str]) -> None:
    decision = opened(recorded(theirs)).decide(sent(ours))
    assert isinstance(decision, Replay)
    assert [each.path for each in decision.drift] == paths


def test_drift_can_be_a_miss_and_the_recording_is_then_not_played() -> None:
    session = opened(recorded(COLD, "cold"), drift_is_miss=True)
    assert outcome(session.decide(sent(HOT))) == "miss"
    assert session.played == []
    assert len(session.unplayed) == 1
    assert outcome(session.decide(sent(COLD))) == "cold"
    assert session.unplayed == []


# --- match_on ----------------------------------------------------------------------------------


def test_a_list_of_the_caller_is_matched_instead_of_that_of_the_file() -> None:
    names, keep = ("model",), rules()
    held = [recorded(chat("p"), "p"), recorded(chat("q"), "q")]
    held = [rekeyed(interaction, matching(names), keep) for interaction in held]
    assert [interaction.request.matched_on for interaction in held] == [names, names]
    session = opened(*held, match_on=names)
    request = sent(chat("anything"), match_on=names)
    assert [outcome(session.decide(request)) for _ in range(2)] == ["p", "q"]


def test_a_star_matches_all_but_volatile_members() -> None:
    session = opened(recorded(COLD, match_on=("*",)), match_on=("*",))
    assert outcome(session.decide(sent(HOT, match_on=("*",)))) == "miss"
    assert outcome(session.decide(sent({**COLD, "user": "u"}, match_on=("*",)))) == "ok"


# --- recording ---------------------------------------------------------------------------------


def call(session: Session, body: Any) -> int:
    """Ask, and be told to make the call."""
    decision = session.decide(sent(body))
    assert isinstance(decision, CallUpstream)
    return decision.ticket


def told(session: Session, ticket: int, text: str, status: int = 200) -> Interaction | None:
    return session.record(ticket, answer(text, status), (), None)


def texts(interactions: Any) -> list[str]:
    return [interaction.response.body.text for interaction in interactions]


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_a_retry_reaches_the_network_and_both_answers_are_kept_in_order(mode: str) -> None:
    session = opened(mode=mode, state=State.ABSENT)
    told(session, call(session, chat("q")), "slow down", 429)
    told(session, call(session, chat("q")), "fine")
    outcome = session.close(failed=False)
    assert isinstance(outcome, Save)
    assert [item.response.status for item in outcome.recorded] == [429, 200]


def test_new_episodes_plays_only_what_was_in_the_file() -> None:
    session = opened(recorded(chat("old"), "old"), mode="new_episodes")
    told(session, call(session, chat("new")), "new")
    told(session, call(session, chat("new")), "new again")
    assert outcome(session.decide(sent(chat("old")))) == "old"
    assert texts(session.recorded) == ["new", "new again"]


def test_interactions_stand_in_the_order_in_which_their_requests_started() -> None:
    session = opened(mode="once", state=State.ABSENT)
    first, second, third = (call(session, chat(prompt)) for prompt in "abc")
    for ticket, text in ((third, "c"), (first, "a"), (second, "b")):
        told(session, ticket, text)
    assert texts(session.recorded) == ["a", "b", "c"]


def test_a_call_without_an_answer_is_not_recorded() -> None:
    session = opened(mode="once", state=State.ABSENT)
    session.discard(call(session, chat("a")))
    told(session, call(session, chat("b")), "b")
    assert texts(session.recorded) == ["b"]
    assert len(session.sent) == 2


def test_an_answer_that_comes_after_the_end_is_not_recorded() -> None:
    session = opened(mode="once", state=State.ABSENT)
    ticket = call(session, chat("a"))
    assert session.close(failed=False) == Unchanged()
    assert told(session, ticket, "late") is None
    assert session.recorded == []


def test_secrets_of_the_request_and_of_the_answer_are_listed_together() -> None:
    session = opened(mode="once", state=State.ABSENT)
    ticket = call(session, {"model": "m", "password": "x", "messages": []})
    interaction = session.record(ticket, answer("a"), ("response.body",), "2026-01-02T03:04:05Z")
    assert interaction is not None
    assert interaction.redacted == ("request.body.password", "response.body")
    assert interaction.recorded_at == "2026-01-02T03:04:05Z"


def test_an_incomplete_cassette_replays_what_it_has_and_records_the_rest() -> None:
    session = opened(recorded(chat("a"), "a"), mode="once", state=State.INCOMPLETE)
    assert outcome(session.decide(sent(chat("a")))) == "a"
    told(session, call(session, chat("b")), "b")
    told(session, call(session, chat("a")), "a again")  # the first run did not end: no repeats
    assert texts(session.recorded) == ["b", "a again"]


# --- the end -----------------------------------------------------------------------------------

# [MODE-3] to [MODE-5]: mode, file, whether the block raised, whether something was recorded;
# whether the file is saved, and then whether it replaces the old one and is marked incomplete.
ENDS = """
once          absent      well    something  save   merge    whole
once          absent      well    nothing    leave  -        -
once          absent      raised  something  save   merge    incomplete
once          absent      raised  nothing    leave  -        -
once          incomplete  well    something  save   merge    whole
once          incomplete  well    nothing    save   merge    whole
once          incomplete  raised  something  save   merge    incomplete
once          incomplete  raised  nothing    leave  -        -
once          present     well    nothing    leave  -        -
once          present     raised  nothing    leave  -        -
none          absent      well    nothing    leave  -        -
none          incomplete  well    nothing    leave  -        -
none          present     well    nothing    leave  -        -
none          present     raised  nothing    leave  -        -
new_episodes  absent      well    something  save   merge    whole
new_episodes  absent      raised  something  save   merge    incomplete
new_episodes  incomplete  well    nothing    save   merge    whole
new_episodes  incomplete  raised  something  save   merge    incomplete
new_episodes  present     well    something  save   merge    whole
new_episodes  present     well    nothing    leave  -        -
new_episodes  present     raised  something  save   merge    whole
all           absent      well    something  save   replace  whole
all           absent      well    nothing    leave  -        -
all           absent      raised  something  save   replace  incomplete
all           incomplete  well    something  save   replace  whole
all           incomplete  raised  something  leave  -        -
all           present     well    something  save   replace  whole
all           present     well    nothing    leave  -        -
all           present     raised  something  leave  -        -
"""


@pytest.mark.parametrize(
    ("mode", "state", "end", "made", "done", "how", "mark"),
    [line.split() for line in ENDS.strip().splitlines()],
)
def test_each_way_to_end_a_session(
    mode: str, state: str, end: str, made: str, done: str, how: str, mark: str
) -> None:
    session = opened(mode=mode, state=State(state))
    if made == "something":
        told(session, call(session, chat("q")), "made")
    outcome = session.close(failed=end == "raised")
    if done == "leave":
        assert outcome == Unchanged()
    else:
        assert isinstance(outcome, Save)
        assert texts(outcome.recorded) == (["made"] if made == "something" else [])
        assert outcome.replace is (how == "replace")
        assert outcome.incomplete is (mark == "incomplete")


@pytest.mark.parametrize(
    ("mode", "saved"), [("once", True), ("new_episodes", True), ("none", False)]
)
def test_what_was_taken_up_from_a_journal_is_saved(mode: str, saved: bool) -> None:
    session = opened(recorded(chat("a")), mode=mode, taken_up=1)
    assert isinstance(session.close(failed=False), Save) is saved


# --- files of promptecho 0.1.3 -----------------------------------------------------------------

OLD = """\
version: 2
match_on: {match_on}
interactions:
- request:
    method: POST
    url: http://h.example{target}
    match_key: '0000000000000000'
    matched_on: [model]
    body: {body}
  response:
    status: 200
    headers: {{}}
    streaming: false
    body: old
"""
OLD_DEFAULT = "[model, messages, system, tools, tool_choice, reasoning_effort, reasoning, thinking]"


def old(body: str, target: str = "/v1/x", match_on: str = OLD_DEFAULT) -> Session:
    """A session over a 2.0 file with one recording."""
    text = OLD.format(body=body, target=target, match_on=match_on)
    file, keep = load(text.encode(), "old.yaml"), rules()
    names = matching(file.match_on, legacy=True)
    held = tuple(upgrade_key(interaction, names, keep) for interaction in file.interactions)
    file = file._replace(interactions=held)
    return Session(Setup("old.yaml", file, State.PRESENT, Mode.NONE, names, keep))


@pytest.mark.parametrize(
    ("held", "body", "expected"),
    [
        ("{model: m, messages: [{role: user, content: hi}]}", chat("hi"), "old"),
        ("{model: m, messages: [{role: user, content: hi}]}", chat("ho"), "miss"),
        # Canonical for 0.1.3, not for us: stored bodies are normalized first [V20-3].
        (
            "{model: m, messages: [{role: user, content: [{type: text, text: hi}]}]}",
            chat("hi"),
            "old",
        ),
        ("{model: m, temperature: 1.0}", {"model": "m", "temperature": 1}, "old"),
        ("{model: m, input: x}", {"model": "m", "input": "y"}, "miss"),
    ],
)
def test_a_2_0_recording_is_found_by_its_body(held: str, body: Any, expected: str) -> None:
    session = old(held)
    request = sent(body, url="http://other.example/v1/x")
    assert outcome(session.decide(request)) == expected


def test_the_query_of_a_2_0_recording_does_not_count() -> None:
    session = old("{model: m}", "/v1/x?beta=REDACTED")
    request = sent({"model": "m"}, url="http://other.example/v1/x?beta=true")
    assert outcome(session.decide(request)) == "old"


@pytest.mark.parametrize(
    ("query", "expected"), [("?beta=true", "old"), ("", "old"), ("?beta=false&x=1", "old")]
)
def test_a_migrated_recording_is_found_whatever_the_query_was(query: str, expected: str) -> None:
    [interaction] = old("{model: m}", "/v1/x?beta=REDACTED").unplayed
    names = matching(default_match_on())
    session = opened(upgraded(interaction, names, rules()))
    request = sent({"model": "m"}, url=f"http://other.example/v1/x{query}")
    assert outcome(session.decide(request)) == expected


def test_the_default_list_of_0_1_3_is_a_default_list() -> None:
    assert matching(tuple(OLD_DEFAULT[1:-1].split(", ")), legacy=True).lenient
    assert not matching(tuple(OLD_DEFAULT[1:-1].split(", "))).lenient
    assert matching(default_match_on()).lenient


def test_a_body_with_a_number_beyond_a_double_equals_no_request() -> None:
    text = OLD.format(body="{model: m, input: 1.0e+999}", target="/v1/x", match_on=OLD_DEFAULT)
    text = text.replace("version: 2\n", "version: 2\nminor: 1\n") + "...\n"
    file = load(text.encode(), "new.yaml")
    session = opened(*file.interactions)
    refused = session.decide(sent({"model": "m", "input": 1}, url="http://h.example/v1/x"))
    assert outcome(refused) == "miss"
    assert [each.path for each in refused.differences] == ["input"]
