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

from sdk.providers import ANTHROPIC, OPENAI, RESPONSES, WORDS, Provider, of
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
        ran = agent(provider, url).run_sync(QUESTION)
        return ran.output, ran.usage

    assert roundtrip([provider.text("A cat sat.")], story).told[0] == "A cat sat."


@of_each
def test_an_answer_comes_back_whole_to_an_async_caller(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        ran = await agent(provider, url).run(QUESTION)
        return ran.output, ran.usage

    assert roundtrip([provider.text("A cat sat.")], story).told[0] == "A cat sat."


@of_each
def test_a_stream_has_the_same_words(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url).run_stream(QUESTION) as stream:
            return [word async for word in stream.stream_text(delta=True, debounce_by=None)]

    assert tuple(filter(None, roundtrip([provider.stream], story).told)) == WORDS


@of_each
def test_a_tool_is_called_and_its_result_sent_back(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        return agent(provider, url, tools=[get_weather]).run_sync(QUESTION).output

    outcome = roundtrip([provider.tool_call, provider.text("It is hot.")], story)
    assert outcome.told == "It is hot."
    assert b"31 C in Las Vegas" in outcome.asked[1].body


@of_each
def test_a_tool_is_called_from_a_stream(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with agent(provider, url, tools=[get_weather]).run_stream(QUESTION) as stream:
            return await stream.get_output()

    outcome = roundtrip([provider.tool_stream, provider.stream], story)
    assert outcome.told == "".join(WORDS)
    assert b"31 C in Las Vegas" in outcome.asked[1].body


@of_each
def test_an_error_answer_is_the_same_exception(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with pytest.raises(ModelHTTPError) as caught:
            agent(provider, url).run_sync(QUESTION)
        return str(caught.value), caught.value.status_code, caught.value.body

    assert roundtrip([provider.refusal], story).told[1] == 400
