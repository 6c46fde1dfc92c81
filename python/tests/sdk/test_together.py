"""The newest Together SDK, which stays on httpx, records and replays without a key."""

from __future__ import annotations

from typing import Any

import together

from sdk import answers, answers_chat, chats
from sdk.roundtrip import Roundtrip, key

CHAT: Any = {
    "model": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "messages": [{"role": "user", "content": "Why is the sky blue? Answer in one sentence."}],
}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL]}


def client(url: str) -> Any:
    return together.Together(base_url=url, api_key=key("TOGETHER_API_KEY"))


def async_client(url: str) -> Any:
    return together.AsyncTogether(base_url=url, api_key=key("TOGETHER_API_KEY"))


def test_a_completion_comes_back_whole(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together("Blue light is scattered.")]
    outcome = roundtrip(script, lambda url: chats.whole(client(url), CHAT))
    completion, content = outcome.told
    assert completion["choices"][0]["message"]["content"] == "Blue light is scattered."
    assert completion["choices"][0]["seed"] == answers_chat.SEED
    assert content == outcome.sent[0].body
    assert outcome.paths == ["/v1/chat/completions"]


def test_a_completion_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together("Blue light is scattered.")]
    outcome = roundtrip(script, lambda url: chats.whole_async(async_client(url), CHAT))
    assert outcome.told[1] == outcome.sent[0].body


def test_a_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together_stream("1", ",", " 2")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed(client(url), CHAT))
    events, content = outcome.told
    assert chats.words(events) == ["1", ",", " 2", ""]
    assert content == outcome.sent[1].body


def test_an_async_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together_stream("1", ",", " 2")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed_async(async_client(url), CHAT))
    events, content = outcome.told
    assert chats.words(events) == ["1", ",", " 2", ""]
    assert content == outcome.sent[1].body


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together_tool_call(), answers_chat.together("It is hot.")]
    outcome = roundtrip(script, lambda url: chats.conversation(client(url), WEATHER))
    called, said = outcome.told
    assert called["tool_calls"][0]["function"]["arguments"] == answers.ARGUMENTS
    assert said == "It is hot."


def test_a_streamed_tool_call_comes_in_its_pieces(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together_tool_stream()] * 2
    outcome = roundtrip(script, lambda url: chats.streamed(client(url), WEATHER))
    assert chats.arguments(outcome.told[0]) == answers.ARGUMENTS


def test_a_retried_429_replays_in_order(roundtrip: Roundtrip) -> None:
    script = [answers.rate_limited(), answers_chat.together("At last.")]
    outcome = roundtrip(script, lambda url: chats.retried(client(url), CHAT))
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    script = [answers_chat.together_error(400)]
    outcome = roundtrip(
        script, lambda url: chats.refused(client(url), CHAT, together.BadRequestError)
    )
    assert outcome.told[-1] == outcome.sent[0].body


def test_embeddings_are_the_same_numbers(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            made = sdk.embeddings.create(model="togethercomputer/m2-bert", input=["one", "two"])
            return [each.embedding for each in made.data]

    told = roundtrip(answers_chat.together_embeddings, story).told
    assert told == [list(answers.EMBEDDING)] * 2
