"""The newest Google SDK parses what `promptecho synth` writes: whole, streamed, with tools."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from google import genai

import promptecho
from promptecho._cli import main

URL = "https://generativelanguage.googleapis.com/v1/models/gemini-2.0-flash"
QUESTION = "Is it hot in Las Vegas?"
ASKED: Any = {"model": "gemini-2.0-flash", "contents": QUESTION}
BODY = {"contents": [{"parts": [{"text": QUESTION}], "role": "user"}]}
ANSWER = ("--text", "Let me look.", "--tool-call", "get_weather", '{"location": "Las Vegas"}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


def synth(path: Path, method: str, *arguments: str) -> Any:
    """Write the answer; the cassette that replays it."""
    request = path.with_name("request.json")
    request.write_text(json.dumps(BODY), encoding="utf-8")
    command = ["synth", str(path), "--url", f"{URL}:{method}", "--request", str(request)]
    assert main([*command, *ANSWER, *arguments]) == 0
    return promptecho.use_cassette(path, mode="none")


def client() -> Any:
    return genai.Client(api_key="none")


def test_an_answer(path: Path) -> None:
    with synth(path, "generateContent"), client() as sdk:
        answer = sdk.models.generate_content(**ASKED)
    text, call = answer.candidates[0].content.parts
    assert (text.text, call.function_call.name) == ("Let me look.", "get_weather")
    assert call.function_call.args == {"location": "Las Vegas"}
    assert answer.model_version == "gemini-2.0-flash"


def test_a_stream(path: Path) -> None:
    with synth(path, "streamGenerateContent?alt=sse", "--stream"), client() as sdk:
        parts = list(sdk.models.generate_content_stream(**ASKED))
    assert [part.text for part in parts[:3]] == ["Let ", "me ", "look."]
    assert parts[3].function_calls[0].name == "get_weather"
    assert parts[3].candidates[0].finish_reason == "STOP"


def test_an_async_stream(path: Path) -> None:
    async def story() -> list[Any]:
        async with client().aio as sdk:
            found = await sdk.models.generate_content_stream(**ASKED)
            return [part async for part in found]

    with synth(path, "streamGenerateContent?alt=sse", "--stream"):
        assert [part.text for part in asyncio.run(story())[:3]] == ["Let ", "me ", "look."]
