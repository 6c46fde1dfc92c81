"""The newest OpenAI Agents SDK records and replays, over Responses and chats, without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)

from sdk.loops import loop_of_the_caller
from sdk.providers import OPENAI, RESPONSES, RESULT, SAID, WORDS, Provider, of
from sdk.roundtrip import Roundtrip

QUESTION = "Summarize: the cat sat on the mat."

of_each = of(RESPONSES, OPENAI)


@pytest.fixture(autouse=True)
def no_traces() -> Iterator[None]:
    """Else a thread of the SDK sends traces to OpenAI while a key is set."""
    set_tracing_disabled(True)
    yield
    set_tracing_disabled(False)


@function_tool
def get_weather(location: str) -> str:
    """Look: get_weather."""
    return f"31 C in {location}"


@asynccontextmanager
async def agent(provider: Provider, url: str, *tools: Any) -> AsyncIterator[Agent[None]]:
    async with openai.AsyncOpenAI(base_url=provider.base(url), api_key=provider.key) as client:
        yield Agent("Weather", tools=list(tools), model=model(provider, client))


def model(provider: Provider, client: openai.AsyncOpenAI) -> Any:
    kind: Any = OpenAIResponsesModel if provider is RESPONSES else OpenAIChatCompletionsModel
    return kind(provider.model, client)


@of_each
def test_an_answer_comes_back_whole(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with loop_of_the_caller() as loop:
            client = openai.AsyncOpenAI(base_url=provider.base(url), api_key=provider.key)
            ran = Runner.run_sync(Agent("Summary", model=model(provider, client)), QUESTION)
            loop.run_until_complete(client.close())
            return ran.final_output, ran.raw_responses[0].usage

    assert roundtrip(provider.answer, story).told[0] == SAID


@of_each
def test_an_answer_comes_back_whole_to_an_async_caller(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url) as asked:
            ran = await Runner.run(asked, QUESTION)
            return ran.final_output, ran.raw_responses[0].usage

    assert roundtrip(provider.answer, story).told[0] == SAID


@of_each
def test_a_stream_has_the_same_words(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url) as asked:
            events = Runner.run_streamed(asked, QUESTION).stream_events()
            raw = [event.data async for event in events if event.type == "raw_response_event"]
            return [each.delta for each in raw if each.type == "response.output_text.delta"]

    assert tuple(filter(None, roundtrip(provider.answer, story).told)) == WORDS


@of_each
def test_a_tool_is_called_and_its_result_sent_back(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url, get_weather) as asked:
            return (await Runner.run(asked, QUESTION)).final_output

    outcome = roundtrip(provider.answer, story)
    assert outcome.told == SAID
    assert RESULT.encode() in outcome.asked[1].body


@of_each
def test_a_tool_is_called_from_a_stream(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url, get_weather) as asked:
            ran = Runner.run_streamed(asked, QUESTION)
            async for _ in ran.stream_events():
                pass
            return ran.final_output

    outcome = roundtrip(provider.answer, story)
    assert outcome.told == SAID
    assert RESULT.encode() in outcome.asked[1].body


@of_each
def test_an_error_answer_is_the_same_exception(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url) as asked:
            with pytest.raises(openai.BadRequestError) as caught:
                await Runner.run(asked, QUESTION)
        return str(caught.value), caught.value.response.content

    outcome = roundtrip([provider.refusal], story)
    assert outcome.told[-1] == outcome.sent[0].body
