"""The newest Pydantic AI records and replays agents on OpenAI and Anthropic, without a key."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from sdk.loops import loop_of_the_caller
from sdk.providers import ANTHROPIC, OPENAI, RESPONSES, RESULT, SAID, WORDS, Provider, of
from sdk.roundtrip import Roundtrip

QUESTION = "Summarize: the cat sat on the mat."

of_each = of(OPENAI, RESPONSES, ANTHROPIC)


def agent(provider: Provider, url: str, **more: Any) -> Agent[None, str]:
    at: Any = {"base_url": provider.base(url), "api_key": provider.key}
    if provider is ANTHROPIC:
        return Agent(AnthropicModel(provider.model, provider=AnthropicProvider(**at)), **more)
    kind = OpenAIResponsesModel if provider is RESPONSES else OpenAIChatModel
    return Agent(kind(provider.model, provider=OpenAIProvider(**at)), **more)


def get_weather(location: str) -> str:
    """Look: get_weather."""
    return f"31 C in {location}"


@of_each
def test_an_answer_comes_back_whole(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with loop_of_the_caller() as loop:
            asked: Any = agent(provider, url)
            ran = asked.run_sync(QUESTION)
            loop.run_until_complete(asked.model.client.close())
            return ran.output, ran.usage

    assert roundtrip(provider.answer, story).told[0] == SAID


@of_each
def test_an_answer_comes_back_whole_to_an_async_caller(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url) as asked:
            ran = await asked.run(QUESTION)
            return ran.output, ran.usage

    assert roundtrip(provider.answer, story).told[0] == SAID


@of_each
def test_a_stream_has_the_same_words(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url) as asked, asked.run_stream(QUESTION) as stream:
            return [word async for word in stream.stream_text(delta=True, debounce_by=None)]

    assert tuple(filter(None, roundtrip(provider.answer, story).told)) == WORDS


@of_each
def test_a_tool_is_called_and_its_result_sent_back(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url, tools=[get_weather]) as asked:
            return (await asked.run(QUESTION)).output

    outcome = roundtrip(provider.answer, story)
    assert outcome.told == SAID
    assert RESULT.encode() in outcome.asked[1].body


@of_each
def test_a_tool_is_called_from_a_stream(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url, tools=[get_weather]) as asked:
            async with asked.run_stream(QUESTION) as stream:
                return await stream.get_output()

    outcome = roundtrip(provider.answer, story)
    assert outcome.told == SAID
    assert RESULT.encode() in outcome.asked[1].body


@of_each
def test_an_error_answer_is_the_same_exception(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url) as asked:
            with pytest.raises(ModelHTTPError) as caught:
                await asked.run(QUESTION)
        return str(caught.value), caught.value.status_code, caught.value.body

    assert roundtrip([provider.refusal], story).told[1] == 400
