"""Each request of a conversation extends the one before, or the block that differs is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho import PrefixChanged
from promptecho._session.prefix_check import check_prefix
from support.clients import PLAIN
from support.session_builders import sent
from support.upstream import Upstream, json_answer

CHAT = "https://api.example.com/v1/chat/completions"
MESSAGES = "https://api.example.com/v1/messages"
RESPONSES = "https://api.example.com/v1/responses"
GEMINI = "https://api.example.com/v1/models/gemini:generateContent"
CONVERSE = "https://api.example.com/model/m/converse"


def user(text: Any, **more: Any) -> Any:
    return {"role": "user", "content": text, **more}


def model(text: Any) -> Any:
    return {"role": "assistant", "content": text}


def body(*messages: Any, **more: Any) -> Any:
    return {"model": "m", **more, "messages": list(messages)}


def check(*bodies: Any, url: str = CHAT) -> None:
    check_prefix([sent(each, url=url) for each in bodies])


def changed(*bodies: Any, url: str = CHAT) -> list[str]:
    """The first block that differs, and the two texts."""
    with pytest.raises(PrefixChanged) as caught:
        check(*bodies, url=url)
    lines = str(caught.value).splitlines()
    return [lines[1].partition(" differs is ")[2].partition(" (")[0], *lines[2:-1]]


TOOL = {"name": "a", "input_schema": {"type": "object"}}
OTHER = {"name": "b", "input_schema": {"type": "object"}}
SYSTEM = {"role": "system", "content": "brief"}
FIRST, SECOND = user("one"), [user("one"), model("1"), user("two")]
MARK = {"cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("url", "bodies"),
    [
        pytest.param(CHAT, [body(FIRST)], id="one request"),
        pytest.param(CHAT, [body(SYSTEM, FIRST), body(SYSTEM, *SECOND)], id="grows"),
        pytest.param(CHAT, [body(FIRST), body(FIRST)], id="a retry"),
        pytest.param(
            MESSAGES,
            [
                body(user([{"type": "text", "text": "one", **MARK}]), system="s", tools=[TOOL]),
                body(*SECOND, system=[{"type": "text", "text": "s"}], tools=[{**TOOL, **MARK}]),
            ],
            id="marks of the cache move",
        ),
        pytest.param(CHAT, [body(FIRST), body(user("another"))], id="a new conversation"),
        pytest.param(
            CHAT,
            [body(*SECOND, model("2"), user("3")), body(user("summary"), user("3"))],
            id="compacted",
        ),
        pytest.param(
            CHAT,
            [body(FIRST), body(*SECOND), body(FIRST, model("other"), user("two"))],
            id="a branch",
        ),
        pytest.param(CHAT, [body(FIRST), {**body(*SECOND, system="x"), "model": "n"}], id="model"),
        pytest.param(
            CONVERSE,
            [
                {"messages": [user([{"text": "one"}, {"cachePoint": {"type": "default"}}])]},
                {"messages": [user([{"text": "one"}]), model([{"text": "1"}])]},
            ],
            id="bedrock",
        ),
    ],
)
def test_a_stable_prefix_is_no_error(url: str, bodies: list[Any]) -> None:
    check(*bodies, url=url)


def test_a_system_prompt_that_changes_is_named() -> None:
    assert changed(
        body(FIRST, system="It is 1", tools=[TOOL]),
        body(*SECOND, system="It is 2", tools=[TOOL]),
        url=MESSAGES,
    ) == [
        "system",
        r'  request 1, system: "{\"type\": \"text\", \"text\": \"It is 1\"}"',
        r'  request 2, system: "{\"type\": \"text\", \"text\": \"It is 2\"}"',
    ]


@pytest.mark.parametrize(
    ("url", "place", "bodies"),
    [
        pytest.param(
            MESSAGES,
            "tools[0]",
            [body(FIRST, tools=[TOOL, OTHER]), body(*SECOND, tools=[OTHER, TOOL])],
            id="the order of tools",
        ),
        pytest.param(
            MESSAGES,
            "tools[0]",
            [body(FIRST, tools=[TOOL]), body(*SECOND, tools=[dict(reversed(TOOL.items()))])],
            id="the order of the members of a tool",
        ),
        pytest.param(
            CHAT,
            "messages[0].content",
            [body({**SYSTEM, "content": "1"}, FIRST), body({**SYSTEM, "content": "2"}, *SECOND)],
            id="a system message",
        ),
        pytest.param(
            CHAT,
            "messages[0].content",
            [body(*SECOND), body(user("one, later"), *SECOND[1:], model("2"), user("3"))],
            id="the first message",
        ),
        pytest.param(
            CHAT,
            "messages[0].content",
            [body(*SECOND), body(*SECOND[1:], model("2"))],
            id="a window that moves",
        ),
        pytest.param(
            RESPONSES,
            "instructions",
            [
                {"model": "m", "instructions": "1", "input": [FIRST]},
                {"model": "m", "instructions": "2", "input": SECOND},
            ],
            id="responses",
        ),
        pytest.param(
            GEMINI,
            "systemInstruction",
            [
                {"systemInstruction": {"parts": [{"text": text}]}, "contents": contents}
                for text, contents in (
                    ("1", [{"role": "user", "parts": [{"text": "one"}]}]),
                    ("2", [{"role": "user", "parts": [{"text": "one"}]}, {"role": "model"}]),
                )
            ],
            id="gemini",
        ),
        pytest.param(
            CHAT,
            "messages[1]",
            [
                body(FIRST, {"role": "assistant", "tool_calls": [{"id": "1"}]}),
                body(FIRST, {"role": "assistant", "tool_calls": [{"id": "2"}]}, user("x")),
            ],
            id="a call of a tool",
        ),
    ],
)
def test_the_first_block_that_differs_is_named(url: str, place: str, bodies: list[Any]) -> None:
    assert changed(*bodies, url=url)[0] == place


def test_only_the_request_before_in_the_same_conversation_counts() -> None:
    """Two agents take turns, and the second one changes its system prompt."""
    one, other = body(FIRST, system="a"), body(user("other"), system="b")
    one_more = body(*SECOND, system="a")
    other_more = body(user("other"), model("o"), user("more"), system="c")
    check(one, other, one_more, url=MESSAGES)
    assert "request 2, system" in changed(one, other, one_more, other_more, url=MESSAGES)[1]


def test_a_request_that_is_no_conversation_is_not_compared() -> None:
    check({"model": "m", "input": "a"}, {"model": "m", "input": "a b"}, url=f"{CHAT}/embeddings")


@pytest.mark.parametrize("mode", ["once", "none"])
def test_the_option_checks_at_the_end_of_the_block(path: Path, mode: str) -> None:
    def story(url: str, **options: Any) -> None:
        with promptecho.use_cassette(path, **options) as cassette, httpx.Client(**PLAIN) as client:
            client.post(f"{url}/v1/messages", json=body(FIRST, system="1"))
            client.post(f"{url}/v1/messages", json=body(*SECOND, system="2"))
        with pytest.raises(PrefixChanged):
            cassette.check_prefix()

    with Upstream([json_answer({}), json_answer({})]) as upstream:
        if mode == "none":
            story(upstream.url)
        with pytest.raises(PrefixChanged, match="is system"):
            story(upstream.url, mode=mode, prefix="stable")


def test_an_error_of_the_block_comes_first(path: Path) -> None:
    with Upstream([json_answer({}), json_answer({})]) as upstream:
        with pytest.raises(KeyError):
            with promptecho.use_cassette(path, prefix="stable"), httpx.Client(**PLAIN) as client:
                client.post(f"{upstream.url}/v1/messages", json=body(FIRST, system="1"))
                client.post(f"{upstream.url}/v1/messages", json=body(*SECOND, system="2"))
                raise KeyError("of the test")
