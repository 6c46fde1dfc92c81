"""The newest Hugging Face client, all of whose instances share one client of httpx2."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import (
    AsyncInferenceClient,
    InferenceClient,
    close_session,
    constants,
    get_session,
)
from huggingface_hub.errors import HfHubHTTPError

from sdk import answers, answers_chat, chats
from sdk.roundtrip import Roundtrip, keeping, key

CHAT: Any = {
    "model": "meta-llama/Llama-3.3-70B-Instruct",
    "messages": [{"role": "user", "content": "Why is the sky blue? Answer in one sentence."}],
}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL], "tool_choice": "auto"}


@pytest.fixture(autouse=True)
def known_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's list of coding agents, which the client fetches once a day to report one."""
    file = tmp_path / "agents.json"
    file.write_text(json.dumps({"standardEnvVars": [], "harnesses": {}}), encoding="utf-8")
    monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(file))


@contextmanager
def client(url: str) -> Iterator[Any]:
    with InferenceClient(base_url=url, api_key=key("HF_TOKEN")) as sdk:
        yield sdk
    close_session()


@asynccontextmanager
async def async_client(url: str) -> AsyncIterator[Any]:
    async with AsyncInferenceClient(base_url=url, api_key=key("HF_TOKEN")) as sdk:
        yield sdk


def test_a_completion_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.chat.completions.create(**CHAT)

    outcome = roundtrip([answers_chat.together("Blue light is scattered.")], story)
    (choice,) = outcome.told.choices
    assert choice.message.content == "Blue light is scattered."
    assert choice.seed == answers_chat.SEED
    assert outcome.paths == ["/v1/chat/completions"]


def test_a_completion_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            return await sdk.chat.completions.create(**CHAT)

    told = roundtrip([answers_chat.together("Blue light is scattered.")], story).told
    assert told.choices[0].message.content == "Blue light is scattered."


def test_a_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return list(sdk.chat.completions.create(**CHAT, stream=True))

    told = roundtrip([answers_chat.together_stream("1", ",", " 2")], story).told
    assert [event.choices[0].delta.content for event in told] == ["1", ",", " 2", ""]


def test_a_stream_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        bodies: list[bytes] = []
        with client(url) as sdk:
            get_session().event_hooks = {**get_session().event_hooks, **keeping(bodies)}
            list(sdk.chat.completions.create(**CHAT, stream=True))
        return bodies

    outcome = roundtrip([answers_chat.together_stream("1", ",", " 2")], story)
    assert outcome.told == [outcome.sent[0].body]


def test_an_async_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            stream = await sdk.chat.completions.create(**CHAT, stream=True)
            return [event async for event in stream]

    told = roundtrip([answers_chat.together_stream("1", ",", " 2")], story).told
    assert [event.choices[0].delta.content for event in told] == ["1", ",", " 2", ""]


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            called = sdk.chat.completions.create(**WEATHER).choices[0].message
            result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "31 C"}
            history = [*CHAT["messages"], called, result]
            said = sdk.chat.completions.create(**{**WEATHER, "messages": history})
            return called, said.choices[0].message.content

    script = [answers_chat.together_tool_call(), answers_chat.together("It is hot.")]
    called, said = roundtrip(script, story).told
    assert called.tool_calls[0].function.arguments == answers.ARGUMENTS
    assert said == "It is hot."


def test_a_streamed_tool_call_comes_in_its_pieces(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return list(sdk.chat.completions.create(**WEATHER, stream=True))

    told = roundtrip([answers_chat.together_tool_stream()], story).told
    calls = (call for event in told for call in event.choices[0].delta.tool_calls or ())
    assert "".join(call.function.arguments for call in calls) == answers.ARGUMENTS


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(HfHubHTTPError) as caught:
            sdk.chat.completions.create(**CHAT)
        error = caught.value
        return type(error), error.server_message, error.response.status_code, error.response.content

    outcome = roundtrip([answers_chat.together_error(400)], story)
    assert "at most 2" in outcome.told[1]
    assert outcome.told[2:] == (400, outcome.sent[0].body)


def test_generated_text_has_the_same_tokens(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            tokens = sdk.text_generation("The sky is", stream=True, details=True)
            return [(each.token.text, each.generated_text) for each in tokens]

    told = roundtrip([answers_chat.generated(" blue", ".")], story).told
    assert told == [(" blue", None), (".", " blue.")]
