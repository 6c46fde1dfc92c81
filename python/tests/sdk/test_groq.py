"""The newest Groq SDK, which stays on httpx, records and replays without a key."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from sdk import answers
from sdk.roundtrip import Roundtrip

groq = pytest.importorskip("groq", reason="the Groq SDK is not installed")

CHAT: Any = {
    "model": "llama3-8b-8192",
    "messages": [{"role": "user", "content": "Tell me a joke about telemetry."}],
}


def client(url: str) -> Any:
    return groq.Groq(base_url=url, api_key=key())


def async_client(url: str) -> Any:
    return groq.AsyncGroq(base_url=url, api_key=key())


def key() -> str:
    return os.environ.get("GROQ_API_KEY", "placeholder")


def test_a_completion_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.chat.completions.with_raw_response.create(**CHAT)
            return raw.parse().model_dump(), raw.read()

    outcome = roundtrip([answers.chat("It was lost in the traces.")], story)
    completion, content = outcome.told
    assert completion["choices"][0]["message"]["content"] == "It was lost in the traces."
    assert content == outcome.sent[0].body


def test_a_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            with sdk.chat.completions.create(**CHAT, stream=True) as stream:
                events = [event.model_dump() for event in stream]
            create = sdk.chat.completions.with_streaming_response.create
            with create(**CHAT, stream=True) as response:
                return events, b"".join(response.iter_bytes())

    outcome = roundtrip([answers.chat_stream("A", " joke")] * 2, story)
    assert len(outcome.told[0]) == 5
    assert outcome.told[1] == outcome.sent[1].body


def test_an_async_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    async def tell(url: str) -> Any:
        async with async_client(url) as sdk:
            async with await sdk.chat.completions.create(**CHAT, stream=True) as stream:
                return [event.model_dump() async for event in stream]

    outcome = roundtrip([answers.chat_stream("A", " joke")], lambda url: asyncio.run(tell(url)))
    assert len(outcome.told) == 5


def test_a_retried_429_replays_in_order(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.chat.completions.with_raw_response.create(**CHAT)
            return raw.retries_taken, raw.read()

    outcome = roundtrip([answers.rate_limited(), answers.chat("At last.")], story)
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(groq.BadRequestError) as caught:
            sdk.chat.completions.create(**CHAT)
        return str(caught.value), caught.value.body, caught.value.response.content

    outcome = roundtrip([answers.bad_request()], story)
    assert outcome.told[-1] == outcome.sent[0].body
