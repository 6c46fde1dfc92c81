"""The newest LangChain models of OpenAI and Anthropic record and replay, without a key."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from sdk import answers
from sdk.faults import BROKEN, broken, every_fault, raised, raised_async, timeout
from sdk.providers import ANTHROPIC, OPENAI, RESPONSES, SAID, WORDS, Provider, of
from sdk.roundtrip import Roundtrip

QUESTION = "Summarize: the cat sat on the mat."
REFUSED = (openai.BadRequestError, anthropic.BadRequestError)

of_each = of(OPENAI, RESPONSES, ANTHROPIC)


@tool
def get_weather(location: str) -> str:
    """Look: get_weather."""
    return f"31 C in {location}"


def chat(provider: Provider, url: str, **more: Any) -> Any:
    at: Any = {"model": provider.model, "base_url": provider.base(url), "api_key": provider.key}
    if provider.name == ANTHROPIC.name:
        return ChatAnthropic(**at, max_tokens=100, **more)
    return ChatOpenAI(**at, use_responses_api=provider is RESPONSES, **more)


@of_each
def test_an_answer_comes_back_whole(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        said = chat(provider, url).invoke(QUESTION)
        return said.text, said.usage_metadata, said.response_metadata

    assert roundtrip([provider.text("A cat sat.")], story).told[0] == "A cat sat."


@of_each
def test_an_answer_comes_back_whole_to_an_async_caller(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        said = await chat(provider, url).ainvoke(QUESTION)
        return said.text, said.usage_metadata, said.response_metadata

    assert roundtrip([provider.text("A cat sat.")], story).told[0] == "A cat sat."


@of_each
def test_a_stream_has_the_same_chunks(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        return [chunk.text for chunk in chat(provider, url).stream(QUESTION)]

    assert tuple(filter(None, roundtrip([provider.stream], story).told)) == WORDS


@of_each
def test_an_async_stream_has_the_same_chunks(provider: Provider, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        return [chunk.text async for chunk in chat(provider, url).astream(QUESTION)]

    assert tuple(filter(None, roundtrip([provider.stream], story).told)) == WORDS


@of_each
def test_a_tool_call_and_its_result_are_a_conversation(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        model = chat(provider, url).bind_tools([get_weather])
        asked = model.invoke([HumanMessage(QUESTION)])
        call = asked.tool_calls[0]
        result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
        return call, model.invoke([HumanMessage(QUESTION), asked, result]).text

    call, said = roundtrip([provider.tool_call, provider.text("It is hot.")], story).told
    assert call["args"] == {"location": "Las Vegas"}
    assert said == "It is hot."


@of_each
def test_a_streamed_tool_call_is_put_together_from_its_pieces(
    provider: Provider, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        chunks = chat(provider, url).bind_tools([get_weather]).stream(QUESTION)
        whole = next(chunks)
        for chunk in chunks:
            whole = whole + chunk
        return whole.tool_calls

    assert roundtrip([provider.tool_stream], story).told[0]["args"] == {"location": "Las Vegas"}


@of_each
def test_an_error_answer_is_the_same_exception(provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with pytest.raises(REFUSED) as caught:
            chat(provider, url).invoke(QUESTION)
        return type(caught.value), str(caught.value), caught.value.response.content

    outcome = roundtrip([provider.refusal], story)
    assert outcome.told[-1] == outcome.sent[0].body


def test_embeddings_whose_length_is_not_checked_fetch_no_tokenizer(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        at: Any = {"base_url": OPENAI.base(url), "api_key": OPENAI.key}
        model = OpenAIEmbeddings(**at, check_embedding_ctx_length=False)
        return model.embed_documents(["first", "second"])

    assert roundtrip(answers.embeddings, story).told[1] == pytest.approx(answers.EMBEDDING)


# Calls without an answer

over_each = of(OPENAI, ANTHROPIC)


def invoked(model: Any) -> Any:
    return model.invoke(QUESTION).text


async def invoked_async(model: Any) -> Any:
    return (await model.ainvoke(QUESTION)).text


def streamed(model: Any) -> Any:
    return "".join(chunk.text for chunk in model.stream(QUESTION))


async def streamed_async(model: Any) -> Any:
    return "".join([chunk.text async for chunk in model.astream(QUESTION)])


def failing(provider: Provider, kind: str, at: str) -> Any:
    """A model that gets no answer, and does not ask again."""
    broken_one = provider._replace(model=BROKEN)
    return chat(broken_one, at, max_retries=0, timeout=timeout(kind))


@pytest.mark.parametrize("asking", [invoked, invoked_async, streamed, streamed_async])
@over_each
@every_fault
def test_a_fallback_answers_on_replay_too(
    kind: str, provider: Provider, asking: Any, refusing: str, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        first = failing(provider, kind, refusing if kind == "connect" else url)
        return asking(first.with_fallbacks([chat(provider, url)]))

    outcome = roundtrip(broken(kind, provider.answer), story)
    assert outcome.told == SAID
    assert outcome.kinds == [kind, None]


@over_each
@every_fault
def test_a_call_that_fails_for_good_is_the_same_exception(
    kind: str, provider: Provider, refusing: str, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        model = failing(provider, kind, refusing if kind == "connect" else url)
        told = raised(lambda: model.invoke(QUESTION))
        told_async = await raised_async(lambda: model.ainvoke(QUESTION))
        return told, told_async, chat(provider, url).invoke(QUESTION).text

    outcome = roundtrip(broken(kind, provider.answer), story)
    wanted = "TimeoutError" if kind == "read-timeout" else "ConnectionError"
    for own, cause in outcome.told[:2]:
        assert own.startswith(f"langchain_{provider.name}.")
        assert own.endswith(wanted)
        assert cause == f"{provider.name}.API{wanted}"
    assert (outcome.told[2], outcome.kinds) == (SAID, [kind, kind, None])
