"""The newest Groq SDK, which stays on httpx, records and replays without a key."""

from __future__ import annotations

from typing import Any

import groq

from sdk import answers, chats
from sdk.roundtrip import Roundtrip, key

CHAT: Any = {
    "model": "llama3-8b-8192",
    "messages": [{"role": "user", "content": "Tell me a joke about telemetry."}],
}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL], "tool_choice": "auto"}


def client(url: str) -> Any:
    return groq.Groq(base_url=url, api_key=key("GROQ_API_KEY"))


def async_client(url: str) -> Any:
    return groq.AsyncGroq(base_url=url, api_key=key("GROQ_API_KEY"))


def test_a_completion_comes_back_whole(roundtrip: Roundtrip) -> None:
    script = [answers.chat("It was lost in the traces.")]
    outcome = roundtrip(script, lambda url: chats.whole(client(url), CHAT))
    completion, content = outcome.told
    assert completion["choices"][0]["message"]["content"] == "It was lost in the traces."
    assert content == outcome.sent[0].body
    assert outcome.paths == ["/openai/v1/chat/completions"]


def test_a_completion_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    script = [answers.chat("It was lost in the traces.")]
    outcome = roundtrip(script, lambda url: chats.whole_async(async_client(url), CHAT))
    assert outcome.told[1] == outcome.sent[0].body


def test_a_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers.chat_stream("A", " joke")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed(client(url), CHAT))
    events, content = outcome.told
    assert chats.words(events) == ["", "A", " joke", None]
    assert content == outcome.sent[1].body


def test_an_async_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers.chat_stream("A", " joke")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed_async(async_client(url), CHAT))
    events, content = outcome.told
    assert chats.words(events) == ["", "A", " joke", None]
    assert content == outcome.sent[1].body


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    script = [answers.chat_tool_call(), answers.chat("It is hot.")]
    outcome = roundtrip(script, lambda url: chats.conversation(client(url), WEATHER))
    called, said = outcome.told
    assert called["tool_calls"][0]["function"]["arguments"] == answers.ARGUMENTS
    assert said == "It is hot."


def test_a_streamed_tool_call_comes_in_its_pieces(roundtrip: Roundtrip) -> None:
    script = [answers.chat_tool_stream()] * 2
    outcome = roundtrip(script, lambda url: chats.streamed(client(url), WEATHER))
    assert chats.arguments(outcome.told[0]) == answers.ARGUMENTS


def test_a_retried_429_replays_in_order(roundtrip: Roundtrip) -> None:
    script = [answers.rate_limited(), answers.chat("At last.")]
    outcome = roundtrip(script, lambda url: chats.retried(client(url), CHAT))
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    outcome = roundtrip(
        [answers.bad_request()], lambda url: chats.refused(client(url), CHAT, groq.BadRequestError)
    )
    assert outcome.told[-1] == outcome.sent[0].body
