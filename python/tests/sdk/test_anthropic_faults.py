"""Faults under the newest Anthropic SDK: retries, its own errors, streams that break off."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import anthropic
import pytest

import promptecho
from sdk import answers
from sdk.changed_prompts import KINDS, Story, is_noticed
from sdk.roundtrip import key
from support.machines import leave_ci
from support.upstream import Answer, Call, Upstream

ASKED: Any = {
    "model": "claude-opus-4-8",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
}


def client(url: str, **more: Any) -> Any:
    return anthropic.Anthropic(base_url=url, api_key=key("ANTHROPIC_API_KEY"), **more)


def async_client(url: str, **more: Any) -> Any:
    return anthropic.AsyncAnthropic(base_url=url, api_key=key("ANTHROPIC_API_KEY"), **more)


def answer(call: Call) -> Answer:
    words = ("A", " cat", " sat.")
    return answers.message_stream(*words) if call.json.get("stream") else answers.message("A cat.")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


@pytest.fixture
def url(path: Path) -> str:
    """Where the SDK sends its calls; the cassette has them, and the server is shut down."""
    with Upstream(answer) as upstream, promptecho.use_cassette(path):
        with client(upstream.url) as sdk:
            sdk.messages.create(**ASKED)
            list(sdk.messages.create(**ASKED, stream=True))
    return upstream.url


def faulty(path: Path, *faults: dict[str, Any], **options: Any) -> Any:
    return promptecho.use_cassette(path, mode="none", faults=faults, **options)


def test_the_sdk_tries_again_at_once(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    faults: list[Any] = [{"on": 1, "status": 429}, {"on": 2, "status": 529}]
    with faulty(path, *faults, fast_retries=True) as cassette, client(url) as sdk:
        assert sdk.messages.create(**ASKED).content[0].text == "A cat."
    assert (waits, len(cassette.sent)) == ([0.001, 0.001], 3)


def test_an_async_client_tries_again_at_once(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("anyio.sleep", sleep)

    async def story() -> str:
        async with async_client(url) as sdk:
            return str((await sdk.messages.create(**ASKED)).content[0].text)

    with faulty(path, {"on": 1, "status": 503}, fast_retries=True):
        assert asyncio.run(story()) == "A cat."
    assert waits == [0.001]


@pytest.mark.parametrize(
    ("status", "kind", "name"),
    [
        (400, "BadRequestError", "invalid_request_error"),
        (401, "AuthenticationError", "authentication_error"),
        (429, "RateLimitError", "rate_limit_error"),
        (500, "InternalServerError", "api_error"),
        (529, "OverloadedError", "overloaded_error"),
    ],
)
def test_an_error_has_the_shape_of_the_provider(
    path: Path, url: str, status: int, kind: str, name: str
) -> None:
    with faulty(path, {"on": 1, "status": status}), client(url, max_retries=0) as sdk:
        with pytest.raises(anthropic.APIStatusError) as caught:
            sdk.messages.create(**ASKED)
    assert type(caught.value).__name__ == kind
    assert caught.value.body["error"]["type"] == name


def test_a_lost_connection_is_the_sdk_s_own_error(path: Path, url: str) -> None:
    with faulty(path, {"on": 1, "failure": "reset"}), client(url, max_retries=0) as sdk:
        with pytest.raises(anthropic.APIConnectionError):
            sdk.messages.create(**ASKED)


def test_a_stream_that_breaks_off_gives_its_first_events(path: Path, url: str) -> None:
    kinds = []
    with faulty(path, {"on": 1, "cut_after_events": 3}), client(url, max_retries=0) as sdk:
        with pytest.raises(Exception, match="faults"):
            for event in sdk.messages.create(**ASKED, stream=True):
                kinds.append(event.type)
    assert kinds[0] == "message_start"
    assert "message_stop" not in kinds


def test_an_async_stream_that_breaks_off_gives_its_first_events(path: Path, url: str) -> None:
    async def story() -> list[str]:
        kinds = []
        async with async_client(url, max_retries=0) as sdk:
            with pytest.raises(Exception, match="faults"):
                async for event in await sdk.messages.create(**ASKED, stream=True):
                    kinds.append(event.type)
        return kinds

    with faulty(path, {"on": 1, "cut_after_events": 2}):
        kinds = asyncio.run(story())
    assert kinds[0] == "message_start"
    assert "message_stop" not in kinds


# The prompt cache

TURNS: list[Any] = [
    {**ASKED, "system": "It is 10:41."},
    {
        **ASKED,
        "system": "It is 10:42.",
        "messages": [
            *ASKED["messages"],
            {"role": "assistant", "content": "A cat sat."},
            {"role": "user", "content": "And the dog?"},
        ],
    },
]
PLACE = "is system "


def create(sdk: Any, **asked: Any) -> Any:
    return sdk.messages.create(**asked)


@KINDS
def test_a_prompt_that_changes_at_its_beginning_is_noticed(path: Path, kind: str) -> None:
    is_noticed(Story(client, async_client, create, answer, TURNS, PLACE), path, kind)


# A fuzzy answer


def test_an_edited_prompt_gets_a_fuzzy_answer(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_ci(monkeypatch)
    prompt = "Sum up: the cat sat on the mat."
    edited = {**ASKED, "messages": [{"role": "user", "content": prompt}]}

    async def story() -> str:
        async with async_client(url) as sdk:
            return str((await sdk.messages.create(**edited)).content[0].text)

    with promptecho.use_cassette(path, mode="none", fuzzy=0.7) as cassette, client(url) as sdk:
        assert sdk.messages.create(**edited).content[0].text == asyncio.run(story()) == "A cat."
        with sdk.messages.stream(**edited) as stream:
            assert "".join(stream.text_stream) == "A cat sat."
    assert len(cassette.fuzzy) == 3
