"""Lists of secrets and volatile names grow: what was recorded with smaller ones is still found.

A cassette is recorded while names are missing in the data files. It is replayed with the data files
as they are, under the next version of the lists. [SEL-7] [FILE-20]
"""

from __future__ import annotations

import contextlib
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import promptecho
from matching.test_whole_sessions import (
    REVISION,
    SETTINGS,
    TENANT,
    Answered,
    Call,
    Missed,
    Options,
    all_options,
    calls,
    recorded,
    right,
    session,
    sessions,
)
from promptecho._base.spec_data import data
from promptecho._format.reader import load

OPENAI_KEY = "sk-" + "Ab3" * 8


class Missing(NamedTuple):
    """What a data file did not have when a cassette was recorded."""

    file: str
    list: str
    names: tuple[str, ...]


@contextlib.contextmanager
def lists(version: int, *missing: Missing) -> Iterator[None]:
    """The data files under a version, without what is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(data("lists"), "version", version)
        for file, name, names in missing:
            rows = data(file)[name]
            kept = [row for row in rows if _name(row) not in names]
            assert len(kept) == len(rows) - len(names)
            patch.setitem(data(file), name, kept)
        _forget()
        yield
    _forget()


def _name(row: Any) -> str:
    return str(row["name"] if isinstance(row, dict) else row)


def _forget() -> None:
    """Forget what has been made of the data files."""
    for name in [each for each in sys.modules if each.startswith("promptecho._matching")]:
        for each in vars(sys.modules[name]).values():
            if each is not data and hasattr(each, "cache_clear"):
                each.cache_clear()


PRESENT = 2  # the version of the grown lists; the recorder's is 1


class Grown(NamedTuple):
    """What has been added to a list, and two requests that it concerns.

    The two differ in what was added, and in something else, so each has an answer of its own.
    """

    missing: Missing
    one: dict[str, Any]
    other: dict[str, Any]


def get(query: str) -> dict[str, Any]:
    return {"method": "GET", "url": f"https://api.example.com/v1/weather?{query}"}


def post(path: str, **body: Any) -> dict[str, Any]:
    return {"method": "POST", "url": f"https://api.example.com{path}", "json": body}


def chat(text: str, **members: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return post("/v1/chat/completions", model="m", messages=messages, **members)


GROWN = {
    "a secret parameter": Grown(
        Missing("query-secret", "always", ("xi-api-key",)),
        get("city=Rome&xi-api-key=a1"),
        get("city=Oslo&xi-api-key=b2"),
    ),
    "a parameter that may be a secret": Grown(
        Missing("query-secret", "maybe", ("key", "token")),
        get("city=Rome&key=a1&token=t1"),
        get("city=Oslo&key=b2&token=t2"),
    ),
    "a volatile parameter": Grown(
        Missing("query-volatile", "names", ("nonce",)),
        get("city=Rome&nonce=1"),
        get("city=Oslo&nonce=2"),
    ),
    "a secret member": Grown(
        Missing("redact-members", "names", ("password",)),
        post("/v1/vault", name="a", password="figs"),
        post("/v1/vault", name="b", password="dates"),
    ),
    "a secret member of a form": Grown(
        Missing("redact-members", "names", ("client_secret",)),
        {**post("/token"), "json": None, "data": {"grant": "a", "client_secret": "figs"}},
        {**post("/token"), "json": None, "data": {"grant": "b", "client_secret": "dates"}},
    ),
    "a shape of a secret in a body": Grown(
        Missing("secret-patterns", "patterns", ("openai",)),
        chat(f"Is {OPENAI_KEY} a key?"),
        chat(f"Is {OPENAI_KEY} no key?"),
    ),
    "a shape of a secret in a query": Grown(
        Missing("secret-patterns", "patterns", ("openai",)),
        get(f"city=Rome&q={OPENAI_KEY}"),
        get(f"city=Oslo&q={OPENAI_KEY}"),
    ),
    "a volatile member": Grown(
        Missing("volatile", "beside_model", ("user",)),
        post("/v1/embeddings", model="m", input="Rome", user="a"),
        post("/v1/embeddings", model="m", input="Oslo", user="b"),
    ),
    "a member of the context": Grown(
        Missing("context-members", "members", ("agent_id",)),
        chat("Rome", agent_id="a"),
        chat("Oslo", agent_id="b"),
    ),
}


class Network(httpx.BaseTransport):
    """A network in which each answer has a number of its own."""

    def __init__(self) -> None:
        self.answers = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.answers += 1
        return httpx.Response(200, json=self.answers - 1)


def ask(path: Path, *asked: dict[str, Any], mode: str) -> tuple[list[Any], list[str]]:
    """Answers, and the warnings of promptecho but for those of secrets."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with httpx.Client(transport=Network()) as client:
            with promptecho.use_cassette(path, mode=mode):
                told = [client.request(**each).json() for each in asked]
    shown = [str(each.message) for each in caught if "looks like a secret" not in str(each.message)]
    return told, shown


@pytest.mark.parametrize("grown", GROWN.values(), ids=GROWN)
def test_a_recording_with_smaller_lists_is_found_with_one_warning(grown: Grown, path: Path) -> None:
    with lists(1, grown.missing):
        assert ask(path, grown.one, grown.other, mode="once") == ([0, 1], [])
    assert load(path.read_bytes(), "c.yaml").lists == 1
    before = path.read_bytes()
    for mode in ("none", "once", "new_episodes"):
        with lists(PRESENT):
            told, shown = ask(path, grown.other, grown.one, grown.other, mode=mode)
        assert told == [1, 0, 1]
        assert len(shown) == 1
        assert str(path) in shown[0]
        assert "older lists" in shown[0]
        assert path.read_bytes() == before


@pytest.mark.parametrize("grown", GROWN.values(), ids=GROWN)
def test_lists_that_grow_without_a_new_version_would_lose_it(grown: Grown, path: Path) -> None:
    with lists(1, grown.missing):
        ask(path, grown.one, grown.other, mode="once")
    # The digest of the same bytes would find it, so the request is compared by its key.
    path.write_text(re.sub(r"\n      digest: .*", "", path.read_text("utf-8")), "utf-8")
    with lists(1), pytest.raises(promptecho.CassetteMiss):
        ask(path, grown.one, mode="none")


@pytest.mark.parametrize("grown", GROWN.values(), ids=GROWN)
def test_a_file_without_the_version_is_as_old_as_can_be(grown: Grown, path: Path) -> None:
    with lists(1, grown.missing):
        ask(path, grown.one, grown.other, mode="once")
    text = path.read_text("utf-8")
    assert text.count("\nlists: 1\n") == 1
    path.write_text(text.replace("\nlists: 1\n", "\n"), "utf-8")
    with lists(1):
        told, shown = ask(path, grown.other, grown.one, mode="none")
    assert (told, len(shown)) == ([1, 0], 1)


@pytest.mark.parametrize("grown", GROWN.values(), ids=GROWN)
def test_with_the_same_lists_there_is_no_warning(grown: Grown, path: Path) -> None:
    with lists(PRESENT):
        ask(path, grown.one, grown.other, mode="once")
        assert ask(path, grown.other, grown.one, mode="none") == ([1, 0], [])


def test_what_was_edited_by_hand_is_stale_however_old_it_is(path: Path) -> None:
    with lists(1):
        ask(path, chat("Rome"), mode="once")
    text = path.read_text("utf-8")
    assert text.count("Rome") == 1
    path.write_text(text.replace("Rome", "Oslo"), "utf-8")
    for city in ("Rome", "Oslo"):
        with lists(PRESENT), pytest.raises(promptecho.CassetteMiss) as caught:
            ask(path, chat(city), mode="none")
        assert caught.value.reason == "stale-key"


def test_a_header_that_the_smaller_lists_did_not_store_is_not_known(path: Path) -> None:
    asked = {**chat("Rome"), "headers": {"anthropic-version": "2023-06-01"}}
    with lists(1, Missing("header-drift", "headers", ("anthropic-version",))):
        ask(path, asked, mode="once")
    with lists(PRESENT):
        assert ask(path, asked, mode="none") == ([0], [])


# --- whole sessions ----------------------------------------------------------------------------

missing = st.sets(
    st.sampled_from(
        (
            Missing("query-secret", "maybe", ("key",)),
            Missing("query-volatile", "names", ("timestamp",)),
        )
    )
)


@given(sessions, all_options(), missing, st.randoms(use_true_random=False))
@SETTINGS
def test_each_request_of_a_session_has_an_answer_of_its_own_under_grown_lists(
    made: list[Call], options: Options, missing: set[Missing], chance: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with lists(1, *missing):
            path = recorded(made, options, folder)
        order = chance.sample(made, len(made))
        with lists(PRESENT):
            told = session(path, order, "none")
        for call, outcome in zip(order, told):
            assert right(outcome, call, made, options, older_lists=True), (call, outcome)


@example(
    [Call("chat", "a.example", (), (), "Rome", 0, 0)],
    Call("chat", "a.example", (), ((TENANT, "1"), (REVISION, "1")), "Rome", 0, 0),
    {},
    set(),
)
@given(sessions, calls, all_options(), missing)
@SETTINGS
def test_what_was_not_recorded_is_never_answered_in_silence_under_grown_lists(
    made: list[Call], other: Call, options: Options, missing: set[Missing]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with lists(1, *missing):
            path = recorded(made, options, folder)
        with lists(PRESENT):
            (outcome,) = session(path, [other], "none")
        if isinstance(outcome, Answered) and other.host in {call.host for call in made}:
            assert right(outcome, other, made, options, older_lists=True)
        assert not isinstance(outcome, Missed) or outcome.says_why
