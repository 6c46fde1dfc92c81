"""The newest OpenAI SDK parses what `promptecho synth` writes: whole, streamed, with tools."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import openai
import pytest

import promptecho
from promptecho._cli import main
from sdk import chats

URL = "https://api.openai.com/v1"
QUESTION: list[Any] = [{"role": "user", "content": "Is it hot in Las Vegas?"}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": QUESTION, "tools": [chats.TOOL]}
RESPONSE: Any = {"model": "gpt-4o-mini", "input": "Is it hot in Las Vegas?"}
SAYS = ("--text", "Let me look.")
CALLS = ("--tool-call", "get_weather", '{"location": "Las Vegas"}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


def synth(path: Path, endpoint: str, body: Any, *arguments: str) -> Any:
    """Write the answer; the cassette that replays it."""
    request = path.with_name("request.json")
    request.write_text(json.dumps(body), encoding="utf-8")
    more = ["--stream"] if body.get("stream") else []
    url = f"{URL}/{endpoint}"
    command = ["synth", str(path), "--url", url, "--request", str(request)]
    assert main([*command, *arguments, *more]) == 0
    return promptecho.use_cassette(path, mode="none")


def client() -> Any:
    return openai.OpenAI(base_url=URL, api_key="none")


def async_client() -> Any:
    return openai.AsyncOpenAI(base_url=URL, api_key="none")


def test_a_completion(path: Path) -> None:
    with synth(path, "chat/completions", CHAT, *SAYS, *CALLS), client() as sdk:
        choice = sdk.chat.completions.create(**CHAT).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Let me look.", "tool_calls")
    (call,) = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "get_weather",
        {"location": "Las Vegas"},
    )


def test_an_async_stream(path: Path) -> None:
    async def story() -> Any:
        async with async_client() as sdk:
            async with sdk.chat.completions.stream(**CHAT) as stream:
                return await stream.get_final_completion()

    with synth(path, "chat/completions", {**CHAT, "stream": True}, *SAYS, *CALLS):
        choice = asyncio.run(story()).choices[0]
    assert choice.message.content == "Let me look."
    assert choice.message.tool_calls[0].function.name == "get_weather"


def test_a_stream(path: Path) -> None:
    with synth(path, "chat/completions", {**CHAT, "stream": True}, *SAYS), client() as sdk:
        events = list(sdk.chat.completions.create(**CHAT, stream=True))
    words = chats.words([event.model_dump() for event in events])
    assert words == ["", "Let ", "me ", "look.", None]


def test_a_response(path: Path) -> None:
    with synth(path, "responses", RESPONSE, *SAYS, *CALLS), client() as sdk:
        answer = sdk.responses.create(**RESPONSE)
    assert answer.output_text == "Let me look."
    assert answer.output[1].name == "get_weather"
    assert answer.usage.total_tokens == 0


def test_a_streamed_response(path: Path) -> None:
    with synth(path, "responses", {**RESPONSE, "stream": True}, *SAYS, *CALLS), client() as sdk:
        with sdk.responses.stream(**RESPONSE) as stream:
            kinds = [event.type for event in stream]
            answer = stream.get_final_response()
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert answer.output_text == "Let me look."
    assert json.loads(answer.output[1].arguments) == {"location": "Las Vegas"}
