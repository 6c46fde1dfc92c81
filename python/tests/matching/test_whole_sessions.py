"""Whole sessions under every option: a request gets the same answer, or a miss that says why.

A session of made-up calls is recorded under some options. It is replayed under none of them, under
others, in another order, with digests that are gone or wrong, and after an edit by hand. `meaning`
says, in few lines that know nothing of the code under test, which requests are one request.
"""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Union

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import promptecho

HOSTS = ("a.example", "b.example:8443")
CITIES = ("Rome", "Oslo")

#: Names of the query that a made-up call may have, and what they are without options.
SECRET, VOLATILE, MEANT = {"key"}, {"timestamp"}, {"city", "units", "q"}
NAMES = sorted(SECRET | VOLATILE | MEANT)
TENANT = "x-tenant"  # a header that no provider has
REVISION = "api-revision"  # a header by which a provider chooses


class Call(NamedTuple):
    """A made-up request."""

    kind: str  # of what API
    host: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    city: str
    number: int  # what has no meaning: a user, an id
    temperature: int

    @property
    def request(self) -> httpx.Request:
        url = httpx.URL(f"https://{self.host}{PATHS[self.kind]}", params=list(self.query))
        method = "GET" if self.kind == "tool" else "POST"
        body = None if self.kind == "tool" else BODIES[self.kind](self)
        return httpx.Request(method, url, headers=list(self.headers), json=body)


PATHS = {
    "tool": "/weather",
    "chat": "/v1/chat/completions",
    "thread": "/v1/conversations",
    "rpc": "/mcp",
}
BODIES: dict[str, Any] = {
    "chat": lambda call: {
        "model": "m",
        "messages": [{"role": "user", "content": f"Is it hot in {call.city}?"}],
        "user": f"user {call.number}",
        "temperature": call.temperature,
    },
    "thread": lambda call: {"metadata": {"city": call.city}},
    "rpc": lambda call: {
        "jsonrpc": "2.0",
        "id": call.number,
        "method": "tools/call",
        "params": {"name": "weather", "arguments": {"city": call.city}},
    },
}

Options = dict[str, Any]


def meaning(call: Call, options: Options) -> tuple[Any, ...]:
    """Equal for two calls if and only if they are one request under these options.

    A difference outside it is none, or is drift.
    """
    keep = set(options.get("keep_query", ()))
    gone = (SECRET | VOLATILE) - keep
    gone |= set(options.get("redact_query", ())) | set(options.get("ignore_query", ()))
    matched = options.get("match_headers", ())
    return (
        call.kind,
        # By default the host breaks a tie, and all hosts of these calls are in the file.
        call.host,
        sorted((name, value) for name, value in call.query if name not in gone),
        sorted((name, value) for name, value in call.headers if name in matched),
        None if call.kind == "tool" else call.city,
    )


def sampled(call: Call) -> tuple[Any, ...]:
    """Where two calls of one meaning differ, an answer comes with a warning of drift."""
    revision = [value for name, value in call.headers if name == REVISION]
    return revision, call.temperature if call.kind == "chat" else None


class Answered(NamedTuple):
    """The number of an answer, and whether a warning of drift came with it."""

    number: int
    drift: bool


class Missed(NamedTuple):
    """A miss: its reason, the places that it names, and what it says."""

    reason: str
    places: tuple[str, ...]
    text: str

    @property
    def says_why(self) -> bool:
        """Whether it names a difference, or that there is nothing like the request, or an edit."""
        return bool(self.places) or self.reason in ("no-endpoint", "stale-key")


Outcome = Union[Answered, Missed]


class Provider(httpx.BaseTransport):
    """A network in which each answer has a number of its own."""

    def __init__(self) -> None:
        self.answers = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.answers += 1
        body = {"number": self.answers}
        if request.url.path == "/mcp":
            number = json.loads(request.content)["id"]
            return httpx.Response(200, json={"jsonrpc": "2.0", "id": number, "result": body})
        return httpx.Response(200, json=body)


def ask(client: httpx.Client, call: Call) -> Outcome:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            body = client.send(call.request).json()
        except promptecho.CassetteMiss as miss:
            places = tuple(each[0] for each in miss.differences)
            return Missed(miss.reason, places, str(miss))
    if call.kind == "rpc":
        assert body["id"] == call.number
        body = body["result"]
    drift = any(issubclass(each.category, promptecho.PromptechoDriftWarning) for each in caught)
    return Answered(body["number"], drift)


def session(path: Path, calls: Sequence[Call], mode: str, **options: Any) -> list[Outcome]:
    """Make calls in one session; a replay must not reach the network."""
    provider = Provider()
    told: list[Outcome] = []
    with httpx.Client(transport=provider) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with promptecho.use_cassette(path, mode=mode, **options):
                told += [ask(client, call) for call in calls]
        except promptecho.CassetteMiss:  # raised again at the end, as nobody has caught it
            assert any(isinstance(each, Missed) for each in told)
    assert provider.answers == (len(calls) if mode == "once" else 0)
    return told


# --- what is made up ---------------------------------------------------------------------------

values = st.sampled_from(("1", "2"))
headers = st.fixed_dictionaries({}, optional={TENANT: values, REVISION: values})
queries = st.fixed_dictionaries(
    {},
    optional={
        "city": st.sampled_from(CITIES),
        "units": values,
        "q": values,
        "key": values,
        "timestamp": values,
    },
)
calls = st.builds(
    Call,
    kind=st.sampled_from(sorted(PATHS)),
    host=st.sampled_from(HOSTS),
    query=queries.map(lambda each: tuple(each.items())),
    headers=headers.map(lambda each: tuple(each.items())),
    city=st.sampled_from(CITIES),
    number=st.integers(0, 3),
    temperature=st.integers(0, 1),
)
sessions = st.lists(calls, min_size=1, max_size=6)


@st.composite
def all_options(draw: Any) -> Options:
    """Options of matching; a name is in one of them only."""
    options: Options = {}
    for name in NAMES:
        option = draw(st.sampled_from(("", "redact_query", "ignore_query", "keep_query")))
        # The names of the list of clear values cannot be moved by keep_query, nor need they be.
        if option and not (option == "keep_query" and name == "q"):
            options.setdefault(option, []).append(name)
    if draw(st.booleans()):
        options.setdefault("keep_query", []).append("*")
    if draw(st.booleans()):
        options["match_host"] = True
    matched = draw(st.lists(st.sampled_from((TENANT, REVISION)), unique=True))
    if matched:
        options["match_headers"] = matched
    return options


SETTINGS = settings(max_examples=40)


def recorded(calls: Sequence[Call], options: Options, folder: str) -> Path:
    path = Path(folder) / "cassette.yaml"
    told = session(path, calls, "once", **options)
    assert told == [Answered(number, drift=False) for number in range(1, len(calls) + 1)]
    return path


def right(
    outcome: Outcome,
    call: Call,
    of: Sequence[Call],
    options: Options,
    *,
    older_lists: bool = False,
) -> bool:
    """Whether an answer is one of this request, or comes with a warning; a miss is neither.

    In a file with older lists, a header that is not stored is no drift [DRIFT-3].
    """
    if isinstance(outcome, Missed):
        return False
    answered = of[outcome.number - 1]
    if older_lists and not sampled(answered)[0]:
        call = call._replace(headers=tuple(each for each in call.headers if each[0] != REVISION))
    return outcome.drift or (
        meaning(answered, options) == meaning(call, options) and sampled(answered) == sampled(call)
    )


# --- the properties ----------------------------------------------------------------------------


@given(sessions, all_options())
@SETTINGS
def test_options_of_the_file_hold_where_the_caller_names_none(
    calls: list[Call], options: Options
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = recorded(calls, options, folder)
        told = session(path, calls, "none")
        assert told == [Answered(number, drift=False) for number in range(1, len(calls) + 1)]


@given(sessions, all_options(), st.randoms(use_true_random=False), st.booleans())
@SETTINGS
def test_in_another_order_each_request_has_an_answer_of_its_own(
    calls: list[Call], options: Options, chance: Any, named: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = recorded(calls, options, folder)
        order = chance.sample(calls, len(calls))
        told = session(path, order, "none", **(options if named else {}))
        for call, outcome in zip(order, told):
            assert right(outcome, call, calls, options), (call, outcome)


@given(sessions, calls, all_options())
@SETTINGS
def test_a_request_that_was_not_recorded_is_never_answered_in_silence(
    calls: list[Call], other: Call, options: Options
) -> None:
    assume(other.host in {call.host for call in calls})
    with tempfile.TemporaryDirectory() as folder:
        path = recorded(calls, options, folder)
        (outcome,) = session(path, [other], "none")
        known = {str(meaning(call, options)) for call in calls}
        if str(meaning(other, options)) in known:
            assert right(outcome, other, calls, options)
        else:
            assert isinstance(outcome, Missed) or outcome.drift
            assert not isinstance(outcome, Missed) or outcome.says_why


@given(sessions, all_options(), all_options())
@SETTINGS
def test_other_options_of_the_caller_give_the_same_answer_or_a_miss_that_says_why(
    calls: list[Call], recording: Options, replaying: Options
) -> None:
    # An option that is not named is the file's.
    replaying = {**{name: type(each)() for name, each in recording.items()}, **replaying}
    with tempfile.TemporaryDirectory() as folder:
        path = recorded(calls, recording, folder)
        for call, outcome in zip(calls, session(path, calls, "none", **replaying)):
            if isinstance(outcome, Missed):
                assert outcome.says_why, outcome
            else:
                assert right(outcome, call, calls, replaying), (call, outcome)


@pytest.mark.parametrize("wrong", ["", "0" * 32], ids=["no digests", "wrong digests"])
@given(sessions, all_options(), st.randoms(use_true_random=False))
@SETTINGS
def test_digests_change_no_result(
    wrong: str, calls: list[Call], options: Options, chance: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = recorded(calls, options, folder)
        order = chance.sample(calls, len(calls))
        with_digests = session(path, order, "none")
        text = path.read_text("utf-8")
        line = rf'\1"{wrong}"\n' if wrong else ""
        path.write_text(re.sub(r"(?m)^( +digest: ).*\n", line, text), "utf-8")
        assert session(path, order, "none") == with_digests


@given(sessions, all_options(), st.data())
@SETTINGS
def test_a_recording_that_was_edited_by_hand_is_not_played(
    calls: list[Call], options: Options, data: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = recorded(calls, options, folder)
        edited = data.draw(st.integers(0, len(calls) - 1))
        assume(edit(path, edited))
        rest = [call for index, call in enumerate(calls) if index != edited]
        known = {str(meaning(call, options)) for call in rest}
        (outcome,) = session(path, [calls[edited]], "none")
        if isinstance(outcome, Answered):
            assert outcome.number != edited + 1
            assert right(outcome, calls[edited], calls, options)
        else:
            assert str(meaning(calls[edited], options)) not in known
            assert outcome.says_why, outcome


def edit(path: Path, index: int) -> bool:
    """Put another city into a request of a file; whether there was one to be seen."""
    head, *blocks = re.split(r"(?m)^(?=  - request:)", path.read_text("utf-8"))
    request, rest = re.split(r"(?m)^(?=    response:)", blocks[index])
    changed = re.sub("Rome|Oslo", "Bergen", request)
    blocks[index] = changed + rest
    path.write_text(head + "".join(blocks), "utf-8")
    return changed != request


# --- one by one --------------------------------------------------------------------------------


def call(**members: Any) -> Call:
    plain = Call("tool", HOSTS[0], (), (), "Rome", 1, 0)
    return plain._replace(**members)


def test_a_stale_recording_is_named_in_the_miss(path: Path) -> None:
    chat = call(kind="chat")
    session(path, [chat], "once")
    assert edit(path, 0)
    for city in ("Rome", "Bergen"):  # what was recorded, and what now stands there
        (outcome,) = session(path, [chat._replace(city=city)], "none")
        assert isinstance(outcome, Missed)
        assert outcome.reason == "stale-key"
        assert "promptecho accept" in outcome.text


@pytest.mark.parametrize("kept", [["city"], ["*"]])
def test_a_recorder_that_would_hide_what_its_file_shows_does_not_record(
    path: Path, kept: list[str]
) -> None:
    known, new = (call(query=(("city", city),)) for city in CITIES)
    session(path, [known], "once", keep_query=kept)
    before = path.read_bytes()
    provider = Provider()
    with httpx.Client(transport=provider) as client:
        with pytest.raises(promptecho.CassetteError, match="keep_query") as caught:
            with promptecho.use_cassette(path, mode="new_episodes"):
                client.send(known.request)
                client.send(new.request)
    assert caught.value.code == "option.value"
    assert provider.answers == 0
    assert path.read_bytes() == before


def test_a_kept_member_holds_in_its_file(path: Path) -> None:
    def client() -> httpx.Client:
        return httpx.Client(transport=Provider(), base_url=f"https://{HOSTS[0]}")

    bodies = [{"name": name, "password": word} for name, word in zip("ab", ("figs", "dates"))]
    with client() as asking, promptecho.use_cassette(path, keep_members=["password"]):
        live = [asking.post("/v1/vault", json=body).json() for body in bodies]
    assert "figs" in path.read_text("utf-8")
    with client() as asking, promptecho.use_cassette(path, mode="none"):
        told = [asking.post("/v1/vault", json=body).json() for body in bodies[::-1]]
    assert told == live[::-1]
    with client() as asking, pytest.raises(promptecho.CassetteMiss, match="password"):
        with promptecho.use_cassette(path, mode="none"):
            asking.post("/v1/vault", json={"name": "a", "password": "plums"})
