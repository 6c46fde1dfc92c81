"""The newest Instructor records and replays typed answers of OpenAI and Anthropic, without a key.

A typed answer is a tool call: Instructor gives the model one tool, made from the type.
"""

from __future__ import annotations

from typing import Any

import anthropic
import instructor
import openai
import pytest
from instructor.core import InstructorRetryException
from pydantic import BaseModel, field_validator

from sdk.providers import ANTHROPIC, OPENAI, Provider, of
from sdk.roundtrip import Roundtrip

QUESTION: list[Any] = [{"role": "user", "content": "Is it hot in Las Vegas?"}]

of_each = of(OPENAI, ANTHROPIC)


class Weather(BaseModel):
    """Where the weather is."""

    location: str


class Short(Weather):
    """A place whose name is short, which the upstream's is not."""

    @field_validator("location")
    @classmethod
    def is_short(cls, location: str) -> str:
        assert len(location) < 5, "write a shorter name"
        return location


def client(provider: Provider, url: str) -> tuple[Any, Any]:
    at: Any = {"base_url": provider.base(url), "api_key": provider.key}
    if provider is ANTHROPIC:
        sdk: Any = anthropic.Anthropic(**at)
        return sdk, instructor.from_anthropic(sdk, model=provider.model, max_tokens=100)
    sdk = openai.OpenAI(**at)
    return sdk, instructor.from_openai(sdk, model=provider.model)


def async_client(provider: Provider, url: str) -> tuple[Any, Any]:
    at: Any = {"base_url": provider.base(url), "api_key": provider.key}
    if provider is ANTHROPIC:
        sdk: Any = anthropic.AsyncAnthropic(**at)
        return sdk, instructor.from_anthropic(sdk, model=provider.model, max_tokens=100)
    sdk = openai.AsyncOpenAI(**at)
    return sdk, instructor.from_openai(sdk, model=provider.model)


@of_each
def test_a_typed_answer_comes_back(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk, typed = client(provider, url)
        with sdk:
            return typed.create(messages=QUESTION, response_model=Weather).model_dump()

    assert roundtrip([provider.tool_call], story).told == {"location": "Las Vegas"}


@of_each
def test_a_typed_answer_comes_back_to_an_async_caller(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        sdk, typed = async_client(provider, url)
        async with sdk:
            return (await typed.create(messages=QUESTION, response_model=Weather)).model_dump()

    assert roundtrip([provider.tool_call], story).told == {"location": "Las Vegas"}


@of_each
def test_a_stream_has_the_same_partial_answers(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk, typed = client(provider, url)
        with sdk:
            partial = typed.create_partial(messages=QUESTION, response_model=Weather)
            return [each.model_dump() for each in partial]

    told = roundtrip([provider.tool_stream], story).told
    assert told[0] == {"location": None}
    assert told[-1] == {"location": "Las Vegas"}


@of_each
def test_an_async_stream_has_the_same_partial_answers(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        sdk, typed = async_client(provider, url)
        async with sdk:
            partial = typed.create_partial(messages=QUESTION, response_model=Weather)
            return [each.model_dump() async for each in partial]

    told = roundtrip([provider.tool_stream], story).told
    assert told[0] == {"location": None}
    assert told[-1] == {"location": "Las Vegas"}


@of_each
def test_what_is_asked_again_after_a_wrong_answer_is_another_question(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        sdk, typed = client(provider, url)
        with sdk, pytest.raises(InstructorRetryException) as caught:
            typed.create(messages=QUESTION, response_model=Short, max_retries=1)
        return caught.value.n_attempts, str(caught.value)

    outcome = roundtrip([provider.tool_call] * 2, story)
    assert outcome.told[0] == 2
    assert b"write a shorter name" in outcome.asked[1].body
    assert len({each.request.match_key for each in outcome.replayed.interactions}) == 2


@of_each
def test_an_error_answer_is_the_same_exception(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk, typed = client(provider, url)
        with sdk, pytest.raises(InstructorRetryException) as caught:
            typed.create(messages=QUESTION, response_model=Weather, max_retries=0)
        return str(caught.value), type(caught.value.__cause__)

    assert "400" in roundtrip([provider.refusal], story).told[0]
