"""The newest Anthropic SDK parses what `promptecho synth` writes: whole, streamed, with tools."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic
import pytest

import promptecho
from promptecho._cli import main

URL = "https://api.anthropic.com"
ASKED: Any = {
    "model": "claude-opus-4-8",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Is it hot in Las Vegas?"}],
}
ANSWER = ("--text", "Let me look.", "--tool-call", "get_weather", '{"location": "Las Vegas"}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


def synth(path: Path, body: Any, *arguments: str) -> Any:
    """Write the answer; the cassette that replays it."""
    request = path.with_name("request.json")
    request.write_text(json.dumps(body), encoding="utf-8")
    command = ["synth", str(path), "--url", f"{URL}/v1/messages", "--request", str(request)]
    version = anthropic.Anthropic(api_key="none").default_headers["anthropic-version"]
    header = ("--header", "anthropic-version", str(version))
    assert main([*command, *header, *ANSWER, *arguments]) == 0
    return promptecho.use_cassette(path, mode="none")


def check(message: Any) -> None:
    text, call = message.content
    assert (text.text, message.stop_reason) == ("Let me look.", "tool_use")
    assert (call.name, call.input) == ("get_weather", {"location": "Las Vegas"})


def test_a_message(path: Path) -> None:
    with synth(path, ASKED), anthropic.Anthropic(api_key="none") as sdk:
        check(sdk.messages.create(**ASKED))


def test_a_stream(path: Path) -> None:
    with synth(path, {**ASKED, "stream": True}, "--stream"):
        with anthropic.Anthropic(api_key="none") as sdk:
            with sdk.messages.stream(**ASKED) as stream:
                assert list(stream.text_stream) == ["Let ", "me ", "look."]
                check(stream.get_final_message())


def test_an_async_stream(path: Path) -> None:
    async def story() -> Any:
        async with anthropic.AsyncAnthropic(api_key="none") as sdk:
            async with sdk.messages.stream(**ASKED) as stream:
                return await stream.get_final_message()

    with synth(path, {**ASKED, "stream": True}, "--stream"):
        check(asyncio.run(story()))
