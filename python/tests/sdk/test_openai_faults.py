"""Faults under the newest OpenAI SDK: retries, a fallback, broken streams, slow answers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import openai
import pytest

import promptecho
from sdk import answers, chats
from sdk.changed_prompts import KINDS, Story, is_noticed
from sdk.roundtrip import key
from support.machines import leave_ci
from support.upstream import Answer, Call, Upstream

QUESTION: list[Any] = [{"role": "user", "content": "Summarize: the cat sat on the mat."}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": QUESTION}
FALLBACK: Any = {"model": "gpt-4o", "messages": QUESTION}
RESPONSE: Any = {"model": "gpt-4o-mini", "input": "Summarize: the cat sat on the mat."}


def client(url: str, **more: Any) -> Any:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"), **more)


def async_client(url: str, **more: Any) -> Any:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"), **more)


def answer(call: Call) -> Answer:
    if call.json.get("stream"):
        return answers.chat_stream("A", " cat", " sat.")
    return answers.chat(f"{call.json['model']} answers")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


@pytest.fixture
def url(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the SDK sends its calls; the cassette has them, and the server is shut down."""
    with Upstream(answer) as upstream, promptecho.use_cassette(path):
        with client(upstream.url) as sdk:
            sdk.chat.completions.create(**CHAT)
            sdk.chat.completions.create(**FALLBACK)
            list(sdk.chat.completions.create(**CHAT, stream=True))
    return upstream.url


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between the tries of the SDK, none of which is waited for."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setattr("anyio.sleep", sleep)
    return found


def faulty(path: Path, *faults: dict[str, Any], **options: Any) -> Any:
    return promptecho.use_cassette(path, mode="none", faults=faults, **options)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_the_sdk_tries_again_at_once(path: Path, url: str, waits: list[float], status: int) -> None:
    with faulty(path, {"on": 1, "status": status}, fast_retries=True) as cassette:
        retries, content = chats.retried(client(url), CHAT)
    assert (retries, waits, len(cassette.sent)) == (1, [0.001], 2)
    assert b"gpt-4o-mini answers" in content


def test_an_async_client_tries_again_at_once(path: Path, url: str, waits: list[float]) -> None:
    faults: list[Any] = [{"on": 1, "status": 429}, {"on": 2, "status": 503}]
    with faulty(path, *faults, fast_retries=True):
        retries, content = asyncio.run(chats.retried_async(async_client(url), CHAT))
    assert (retries, waits) == (2, [0.001, 0.001])
    assert b"gpt-4o-mini answers" in content


def test_a_stream_is_tried_again_at_once(path: Path, url: str, waits: list[float]) -> None:
    with faulty(path, {"on": 1, "status": 429}, fast_retries=True), client(url) as sdk:
        events = list(sdk.chat.completions.create(**CHAT, stream=True))
    assert chats.words([each.model_dump() for each in events]) == ["", "A", " cat", " sat.", None]
    assert waits == [0.001]


def test_a_recorded_refusal_is_tried_again_at_once(path: Path, waits: list[float]) -> None:
    """Without `fast_retries` the SDK waits as long as the recorded header says."""
    with Upstream([answers.rate_limited(), answers.chat("Yes.")]) as upstream:
        with promptecho.use_cassette(path, on_record_error="record"):
            assert chats.retried(client(upstream.url), CHAT)[0] == 1
    before = list(waits)
    with promptecho.use_cassette(path, mode="none"):
        assert chats.retried(client(upstream.url), CHAT)[0] == 1
    assert waits == before * 2
    with promptecho.use_cassette(path, mode="none", fast_retries=True):
        assert chats.retried(client(upstream.url), CHAT)[0] == 1
    assert waits == [*before * 2, 0.001]


def test_an_error_has_the_shape_of_the_provider(path: Path, url: str) -> None:
    with faulty(path, {"on": 1, "status": 429}), client(url, max_retries=0) as sdk:
        with pytest.raises(openai.RateLimitError) as caught:
            sdk.chat.completions.create(**CHAT)
    assert (caught.value.type, caught.value.code) == ("requests", "rate_limit_exceeded")
    assert "a fault" in caught.value.message


def test_an_error_of_the_responses_api_has_the_shape_of_the_provider(path: Path) -> None:
    from sdk import answers_openai

    with Upstream([answers_openai.response("Yes.")]) as upstream, promptecho.use_cassette(path):
        with client(upstream.url) as sdk:
            sdk.responses.create(**RESPONSE)
    with faulty(path, {"status": 500}), client(upstream.url, max_retries=0) as sdk:
        with pytest.raises(openai.InternalServerError) as caught:
            sdk.responses.create(**RESPONSE)
    assert caught.value.type == "server_error"


def test_a_time_out_is_the_sdk_s_own(path: Path, url: str) -> None:
    with faulty(path, {"on": 1, "failure": "read-timeout"}), client(url, max_retries=0) as sdk:
        with pytest.raises(openai.APITimeoutError):
            sdk.chat.completions.create(**CHAT)


def test_another_model_answers_if_the_first_one_is_down(path: Path, url: str) -> None:
    def ask(sdk: Any) -> str:
        for asked in (CHAT, FALLBACK):
            try:
                return str(sdk.chat.completions.create(**asked).choices[0].message.content)
            except openai.InternalServerError:
                continue
        raise AssertionError("no model answers")

    with faulty(path, {"recording": 1, "status": 503}) as cassette:
        with client(url, max_retries=0) as sdk:
            assert [ask(sdk), ask(sdk)] == ["gpt-4o answers"] * 2
    assert [each.status for each in cassette.faults] == [503, 503]


def test_a_stream_that_breaks_off_gives_its_first_events(path: Path, url: str) -> None:
    words = []
    with faulty(path, {"on": 1, "cut_after_events": 3}), client(url, max_retries=0) as sdk:
        with pytest.raises(openai.APIConnectionError):
            for event in sdk.chat.completions.create(**CHAT, stream=True):
                words.append(event.choices[0].delta.content)
    assert words == ["", "A", " cat"]


def test_an_async_stream_that_breaks_off_gives_its_first_events(path: Path, url: str) -> None:
    async def story() -> list[str]:
        words = []
        async with async_client(url, max_retries=0) as sdk:
            with pytest.raises(openai.APIConnectionError):
                async for event in await sdk.chat.completions.create(**CHAT, stream=True):
                    words.append(event.choices[0].delta.content)
        return words

    with faulty(path, {"on": 1, "cut_after_events": 3}):
        assert asyncio.run(story()) == ["", "A", " cat"]


def test_a_slow_first_token_is_noticed(path: Path, url: str) -> None:
    async def story() -> Any:
        async with async_client(url, max_retries=0) as sdk:
            asked = sdk.chat.completions.create(**CHAT, stream=True)
            return await asyncio.wait_for(asked, 0.05)

    with faulty(path, {"on": 1, "delay_ms": 60_000}):
        with pytest.raises(asyncio.TimeoutError):
            asyncio.run(story())


def test_a_call_that_hangs_is_cancelled(path: Path, url: str) -> None:
    async def story() -> bool:
        async with async_client(url, max_retries=0) as sdk:
            asked = asyncio.ensure_future(sdk.chat.completions.create(**CHAT))
            await asyncio.wait([asked], timeout=0.05)
            asked.cancel()
            await asyncio.wait([asked])
            return asked.cancelled()

    with faulty(path, {"on": 1, "failure": "cancelled"}):
        assert asyncio.run(story())


# The prompt cache

TURNS: list[Any] = [
    {**CHAT, "messages": [{"role": "system", "content": "It is 10:41."}, *QUESTION]},
    {
        **CHAT,
        "messages": [
            {"role": "system", "content": "It is 10:42."},
            *QUESTION,
            {"role": "assistant", "content": "A cat sat."},
            {"role": "user", "content": "And the dog?"},
        ],
    },
]
PLACE = r"is messages\[0\]\.content "


def create(sdk: Any, **asked: Any) -> Any:
    return sdk.chat.completions.create(**asked)


@KINDS
def test_a_prompt_that_changes_at_its_beginning_is_noticed(path: Path, kind: str) -> None:
    is_noticed(Story(client, async_client, create, answer, TURNS, PLACE), path, kind)


# A fuzzy answer


def test_an_edited_prompt_gets_a_fuzzy_answer(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_ci(monkeypatch)
    edited = {**CHAT, "messages": [{**QUESTION[0], "content": "Sum up: the cat sat on the mat."}]}

    async def story() -> str:
        async with async_client(url) as sdk:
            return str((await sdk.chat.completions.create(**edited)).choices[0].message.content)

    with promptecho.use_cassette(path, mode="none", fuzzy=0.7) as cassette, client(url) as sdk:
        whole = sdk.chat.completions.create(**edited).choices[0].message.content
        assert whole == asyncio.run(story()) == "gpt-4o-mini answers"
        parts = sdk.chat.completions.create(**edited, stream=True)
        text = "".join(e.choices[0].delta.content or "" for e in parts if e.choices)
    assert text == "A cat sat."
    assert len(cassette.fuzzy) == 3
