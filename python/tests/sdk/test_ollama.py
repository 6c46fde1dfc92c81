"""The newest Ollama SDK, which streams JSON a line, records and replays with the server gone."""

from __future__ import annotations

import json
from typing import Any

import ollama
import pytest

from sdk import answers, answers_ollama, chats
from sdk.roundtrip import Roundtrip, keeping

CHAT: Any = {"model": "llama3.2", "messages": [{"role": "user", "content": "How are you?"}]}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL]}


def test_an_answer_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk:
            return sdk.chat(**CHAT).model_dump()

    outcome = roundtrip([answers_ollama.chat("Fine.")], story)
    assert outcome.told["message"]["content"] == "Fine."
    assert outcome.told["total_duration"] == 119446542
    assert outcome.paths == ["/api/chat"]


def test_an_answer_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with ollama.AsyncClient(url) as sdk:
            return (await sdk.chat(**CHAT)).model_dump()

    told = roundtrip([answers_ollama.chat("Fine.")], story).told
    assert told["message"]["content"] == "Fine."


def test_a_stream_has_the_same_parts(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk:
            return [part.model_dump() for part in sdk.chat(**CHAT, stream=True)]

    told = roundtrip([answers_ollama.chat_stream("I", "'m", " fine.")], story).told
    assert [part["message"]["content"] for part in told] == ["I", "'m", " fine.", ""]
    assert told[-1]["done_reason"] == "stop"


def test_a_stream_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        bodies: list[bytes] = []
        with ollama.Client(url, event_hooks=keeping(bodies)) as sdk:
            list(sdk.chat(**CHAT, stream=True))
        return bodies

    outcome = roundtrip([answers_ollama.chat_stream("I", "'m", " fine.")], story)
    assert outcome.told == [outcome.sent[0].body]


def test_an_async_stream_has_the_same_parts(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with ollama.AsyncClient(url) as sdk:
            return [part.model_dump() async for part in await sdk.chat(**CHAT, stream=True)]

    told = roundtrip([answers_ollama.chat_stream("I", "'m", " fine.")], story).told
    assert [part["message"]["content"] for part in told] == ["I", "'m", " fine.", ""]


def test_a_completion_of_a_prompt_has_the_same_parts(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk:
            parts = sdk.generate(model="llama3.2", prompt="In one word, life is ", stream=True)
            return [part.model_dump() for part in parts]

    told = roundtrip([answers_ollama.generate_stream("Comp", "licated")], story).told
    assert [part["response"] for part in told] == ["Comp", "licated", ""]


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk:
            called = sdk.chat(**WEATHER).message
            result = {"role": "tool", "tool_name": "get_weather", "content": "31 C"}
            history = [*CHAT["messages"], called, result]
            said = sdk.chat(**{**WEATHER, "messages": history})
            return called.model_dump(), said.message.content

    script = [answers_ollama.tool_call(), answers_ollama.chat("It is hot.")]
    called, said = roundtrip(script, story).told
    assert called["tool_calls"][0]["function"]["arguments"] == json.loads(answers.ARGUMENTS)
    assert said == "It is hot."


def test_a_streamed_tool_call_comes_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk:
            return [part.model_dump() for part in sdk.chat(**WEATHER, stream=True)]

    first, _ = roundtrip([answers_ollama.tool_call_stream()], story).told
    (call,) = first["message"]["tool_calls"]
    assert call["function"]["arguments"] == json.loads(answers.ARGUMENTS)


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk, pytest.raises(ollama.ResponseError) as caught:
            sdk.chat(**CHAT)
        return str(caught.value), caught.value.error, caught.value.status_code

    told = roundtrip([answers_ollama.not_found()], story).told
    assert told[1:] == ("model 'no-such-model' not found", 404)


def test_an_error_in_a_stream_comes_at_the_same_place(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        parts = []
        with ollama.Client(url) as sdk, pytest.raises(ollama.ResponseError) as caught:
            for part in sdk.chat(**CHAT, stream=True):
                parts.append(part.message.content)
        return parts, str(caught.value)

    parts, error = roundtrip([answers_ollama.broken_stream("I", "'m")], story).told
    assert parts == ["I", "'m"]
    assert "an error was encountered" in error


def test_embeddings_are_the_same_numbers(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with ollama.Client(url) as sdk:
            return sdk.embed(model="llama3.2", input=["one", "two"]).model_dump()

    told = roundtrip(answers_ollama.embeddings, story).told
    assert told["embeddings"] == [list(answers.EMBEDDING)] * 2
