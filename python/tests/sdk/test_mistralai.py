"""The newest Mistral SDK, on httpx2, records and replays without a key."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError

from sdk import answers, answers_chat, chats
from sdk.roundtrip import Roundtrip, keeping, key

CHAT: Any = {
    "model": "open-mistral-nemo",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Write a short greeting."},
    ],
}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL], "tool_choice": "auto"}


def client(url: str, **more: Any) -> Any:
    return Mistral(server_url=url, api_key=key("MISTRAL_API_KEY"), **more)


def words(events: list[Any]) -> list[Any]:
    return [event["data"]["choices"][0]["delta"].get("content") for event in events]


def test_a_completion_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.chat.complete(**CHAT).model_dump()

    outcome = roundtrip([answers_chat.mistral("Hello!")], story)
    assert outcome.told["choices"][0]["message"]["content"] == "Hello!"
    assert outcome.paths == ["/v1/chat/completions"]


def test_a_completion_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with client(url) as sdk:
            return (await sdk.chat.complete_async(**CHAT)).model_dump()

    told = roundtrip([answers_chat.mistral("Hello!")], story).told
    assert told["choices"][0]["message"]["content"] == "Hello!"


def test_a_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, sdk.chat.stream(**CHAT) as stream:
            return [event.model_dump() for event in stream]

    told = roundtrip([answers_chat.mistral_stream("Hello", "!")], story).told
    assert words(told) == ["", "Hello", "!"]
    assert told[-1]["data"]["usage"]["total_tokens"] == 91


def test_a_stream_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        bodies: list[bytes] = []
        http = httpx2.Client(event_hooks=keeping(bodies))
        with http, client(url, client=http) as sdk, sdk.chat.stream(**CHAT) as stream:
            list(stream)
        return bodies

    outcome = roundtrip([answers_chat.mistral_stream("Hello", "!")], story)
    assert outcome.told == [outcome.sent[0].body]


def test_an_async_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with client(url) as sdk:
            async with await sdk.chat.stream_async(**CHAT) as stream:
                return [event.model_dump() async for event in stream]

    told = roundtrip([answers_chat.mistral_stream("Hello", "!")], story).told
    assert words(told) == ["", "Hello", "!"]


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            called = sdk.chat.complete(**WEATHER).choices[0].message
            known = {"name": "get_weather", "tool_call_id": called.tool_calls[0].id}
            result = {"role": "tool", "content": "31 C", **known}
            history = [*CHAT["messages"], called, result]
            said = sdk.chat.complete(**{**WEATHER, "messages": history})
            return called.model_dump(), said.choices[0].message.content

    script = [answers_chat.mistral_tool_call(), answers_chat.mistral("It is hot.")]
    called, said = roundtrip(script, story).told
    assert called["tool_calls"][0]["function"]["arguments"] == answers.ARGUMENTS
    assert said == "It is hot."


def test_a_streamed_tool_call_comes_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, sdk.chat.stream(**WEATHER) as stream:
            return [event.model_dump() for event in stream]

    (event,) = roundtrip([answers_chat.mistral_tool_stream()], story).told
    (call,) = event["data"]["choices"][0]["delta"]["tool_calls"]
    assert call["function"]["arguments"] == answers.ARGUMENTS


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(SDKError) as caught:
            sdk.chat.complete(**CHAT)
        error = caught.value
        return str(error), error.status_code, error.body, error.raw_response.content

    outcome = roundtrip([answers_chat.mistral_refused()], story)
    assert outcome.told[1] == 400
    assert outcome.told[-1] == outcome.sent[0].body


def test_what_is_wrong_with_a_request_is_told_again(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(HTTPValidationError) as caught:
            sdk.chat.complete(**CHAT)
        error = caught.value
        return str(error), error.data.model_dump(), error.raw_response.content

    outcome = roundtrip([answers_chat.mistral_invalid()], story)
    assert outcome.told[1]["detail"][0]["msg"] == "Field required"
    assert outcome.told[-1] == outcome.sent[0].body


def test_embeddings_are_the_same_numbers(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            made = sdk.embeddings.create(model="mistral-embed", inputs=["one", "two"])
            return [each.embedding for each in made.data]

    told = roundtrip(answers_chat.mistral_embeddings, story).told
    assert told == [list(answers.EMBEDDING)] * 2
