"""The newest LiteLLM records and replays: over httpx, and over its transport that is aiohttp."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Callable

import pytest

from promptecho import use_cassette
from sdk import answers
from sdk.faults import BROKEN, broken, every_fault, raised, timeout
from sdk.providers import ANTHROPIC, OPENAI, SAID, WORDS, Provider, of
from sdk.roundtrip import Roundtrip
from support.upstream import Upstream, json_answer

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches a list of prices on import

import aiohttp
import litellm

pytestmark = [  # what LiteLLM and its libraries say of themselves
    pytest.mark.filterwarnings("ignore:Items? .* using the `ReadOnly` qualifier:UserWarning"),
    # It stops reading a stream at its last word, and leaves some sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

QUESTION: list[Any] = [{"role": "user", "content": "Summarize: the cat sat on the mat."}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}

#: Ask a provider, and return its answer, or a list of chunks.
Complete = Callable[..., Any]


def complete(provider: Provider, url: str, **asked: Any) -> Any:
    answer = litellm.completion(**at(provider, url), **asked)
    return list(answer) if asked.get("stream") else answer


def acomplete(provider: Provider, url: str, **asked: Any) -> Any:
    async def ask() -> Any:
        try:
            answer = await litellm.acompletion(**at(provider, url), **asked)
            if not asked.get("stream"):
                return answer
            async with aclosing(answer):
                return [chunk async for chunk in answer]
        finally:
            await litellm.close_litellm_async_clients()

    return asyncio.run(ask())


def at(provider: Provider, url: str) -> dict[str, Any]:
    return {
        "model": f"{provider.name}/{provider.model}",
        "api_base": provider.base(url),
        "api_key": provider.key,
    }


@pytest.fixture(autouse=True)
def leave_no_client_open() -> Iterator[None]:
    """LiteLLM keeps its sync clients for the next call, and closes none."""
    yield
    for client in litellm.in_memory_llm_clients_cache.cache_dict.values():
        if not inspect.iscoroutinefunction(client.close):
            client.close()
    litellm.in_memory_llm_clients_cache.flush_cache()
    gc.collect()  # the sockets that it left, while their warnings are ignored


@pytest.fixture(params=["httpx", "async-httpx", "async-aiohttp"])
def completing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Each way to complete, over each transport."""
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", request.param == "async-httpx")
    return complete if request.param == "httpx" else acomplete


@of(OPENAI, ANTHROPIC)
def test_a_completion_comes_back_whole(
    provider: Provider, completing: Complete, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        answer = completing(provider, url, messages=QUESTION)
        return answer.choices[0].model_dump(), answer.usage.model_dump(), answer.model

    choice, usage, _ = roundtrip([provider.text("A cat sat.")], story).told
    assert choice["message"]["content"] == "A cat sat."
    assert usage["total_tokens"] in (29, 30)


@of(OPENAI, ANTHROPIC)
def test_a_stream_has_the_same_chunks(
    provider: Provider, completing: Complete, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        chunks = completing(provider, url, messages=QUESTION, stream=True)
        return [choice.model_dump() for chunk in chunks for choice in chunk.choices]

    choices = roundtrip([provider.stream], story).told
    words = [choice["delta"]["content"] for choice in choices]
    assert tuple(filter(None, words)) == WORDS
    assert choices[-1]["finish_reason"] == "stop"


@of(OPENAI, ANTHROPIC)
def test_a_tool_call_and_its_result_are_a_conversation(
    provider: Provider, completing: Complete, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        asked = completing(provider, url, messages=QUESTION, tools=[TOOL]).choices[0].message
        call = asked.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": "31 C"}
        history = [*QUESTION, asked.model_dump(exclude_none=True), result]
        said = completing(provider, url, messages=history, tools=[TOOL])
        return call.model_dump(), said.choices[0].message.content

    call, said = roundtrip([provider.tool_call, provider.text("It is hot.")], story).told
    assert json.loads(call["function"]["arguments"]) == json.loads(answers.ARGUMENTS)
    assert said == "It is hot."


@of(OPENAI, ANTHROPIC)
def test_a_streamed_tool_call_is_put_together_from_its_pieces(
    provider: Provider, completing: Complete, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        chunks = completing(provider, url, messages=QUESTION, tools=[TOOL], stream=True)
        return litellm.stream_chunk_builder(chunks).choices[0].model_dump()

    choice = roundtrip([provider.tool_stream], story).told
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == answers.ARGUMENTS


@of(OPENAI, ANTHROPIC)
def test_an_error_answer_is_the_same_exception(
    provider: Provider, completing: Complete, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        with pytest.raises(litellm.BadRequestError) as caught:
            completing(provider, url, messages=QUESTION)
        return str(caught.value), caught.value.status_code, caught.value.llm_provider

    assert roundtrip([provider.refusal], story).told[1:] == (400, provider.name)


def test_a_retried_429_replays_in_order(completing: Complete, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        answer = completing(OPENAI, url, messages=QUESTION, max_retries=1)
        return answer.choices[0].message.content

    outcome = roundtrip([answers.rate_limited(), answers.chat("At last.")], story)
    assert outcome.told == "At last."
    assert outcome.statuses == [429, 200]


@of(OPENAI, ANTHROPIC)
def test_its_aiohttp_is_used_to_record_and_not_to_replay(
    provider: Provider, roundtrip: Roundtrip, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []
    request = aiohttp.ClientSession._request

    async def counted(self: Any, method: str, *args: Any, **more: Any) -> Any:
        used.append(method)
        return await request(self, method, *args, **more)

    def story(url: str) -> Any:
        return acomplete(provider, url, messages=QUESTION).choices[0].message.content

    monkeypatch.setattr(aiohttp.ClientSession, "_request", counted)
    roundtrip([provider.text("A cat sat.")], story)
    assert used == ["POST"]


def test_a_model_that_it_asks_through_aiohttp_itself_is_seen(roundtrip: Roundtrip) -> None:
    asked = OPENAI._replace(name="aiohttp_openai", path="/v1/chat/completions")

    async def story(url: str) -> Any:
        async with aiohttp.ClientSession() as session:
            at_url = at(asked, url)
            said = await litellm.acompletion(**at_url, messages=QUESTION, client=session)
            return said.choices[0].message.content

    assert roundtrip([answers.chat("A cat sat.")], story).told == "A cat sat."


def test_what_it_sends_through_rust_is_not_seen(tmp_path: Path) -> None:
    page = {"index": 0, "markdown": "# A cat", "images": [], "dimensions": None}
    usage = {"pages_processed": 1, "doc_size_bytes": 1}
    answer = json_answer({"pages": [page], "model": "mistral-ocr-2505", "usage_info": usage})
    document = {"type": "document_url", "document_url": "https://a-host.invalid/cat.pdf"}
    with Upstream([answer]) as upstream, use_cassette(tmp_path / "cassette.yaml") as cassette:
        litellm.ocr("mistral/mistral-ocr-2505", document, api_base=upstream.url, api_key="none")
    assert len(upstream.calls) == 1
    assert cassette.sent == []


# Calls without an answer


def first(kind: str, broken_at: str) -> dict[str, Any]:
    """The parameters of a model that gets no answer."""
    asked = OPENAI._replace(model=BROKEN)
    return {**at(asked, broken_at), "timeout": timeout(kind), "max_retries": 0}


def router(kind: str, broken_at: str, url: str) -> litellm.Router:
    models = {"first": first(kind, broken_at), "second": at(OPENAI, url)}
    known = [{"model_name": name, "litellm_params": models[name]} for name in models]
    return litellm.Router(known, fallbacks=[{"first": ["second"]}], num_retries=0)


def by_fallbacks(kind: str, broken_at: str, url: str) -> Any:
    asked = {**first(kind, broken_at), "messages": QUESTION}
    return litellm.completion(**asked, fallbacks=[at(OPENAI, url)])


def by_async_fallbacks(kind: str, broken_at: str, url: str) -> Any:
    asked = {**first(kind, broken_at), "messages": QUESTION}
    return litellm.acompletion(**asked, fallbacks=[at(OPENAI, url)])


def by_router(kind: str, broken_at: str, url: str) -> Any:
    return router(kind, broken_at, url).completion(model="first", messages=QUESTION)


def by_async_router(kind: str, broken_at: str, url: str) -> Any:
    return router(kind, broken_at, url).acompletion(model="first", messages=QUESTION)


def recorded_as(kind: str, *, aiohttp_transport: bool) -> str:
    """LiteLLM's own transport raises `httpx.ReadError` if a server closes, as if it had reset."""
    return "reset" if kind == "closed" and aiohttp_transport else kind


@pytest.mark.parametrize(
    ("fallback", "aiohttp_transport"),
    [
        (by_fallbacks, True),  # which LiteLLM runs in an event loop
        (by_async_fallbacks, True),
        (by_router, False),
        (by_async_router, True),
    ],
    ids=["fallbacks", "async-fallbacks", "router", "async-router"],
)
@every_fault
def test_a_fallback_answers_on_replay_too(
    kind: str, fallback: Any, aiohttp_transport: bool, refusing: str, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        try:
            answer = fallback(kind, refusing if kind == "connect" else url, url)
            answer = await answer if inspect.isawaitable(answer) else answer
            return answer.choices[0].message.content
        finally:
            await litellm.close_litellm_async_clients()

    outcome = roundtrip(broken(kind, OPENAI.answer), story)
    assert outcome.told == SAID
    assert outcome.kinds == [recorded_as(kind, aiohttp_transport=aiohttp_transport), None]


#: What LiteLLM raises for a kind.
RAISED = {"read-timeout": "litellm.exceptions.Timeout"}


@every_fault
def test_a_call_that_fails_for_good_is_the_same_exception(
    kind: str, completing: Complete, refusing: str, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        broken_one = OPENAI._replace(model=BROKEN)
        more = {"timeout": timeout(kind), "max_retries": 0}
        broken_at = refusing if kind == "connect" else url
        told = raised(lambda: completing(broken_one, broken_at, messages=QUESTION, **more))
        return told, completing(OPENAI, url, messages=QUESTION).choices[0].message.content

    outcome = roundtrip(broken(kind, OPENAI.answer), story)
    assert outcome.told[0][0] == RAISED.get(kind, "litellm.exceptions.InternalServerError")
    own = completing is acomplete and not litellm.disable_aiohttp_transport
    assert outcome.told[1] == SAID
    assert outcome.kinds == [recorded_as(kind, aiohttp_transport=own), None]


@pytest.mark.parametrize("fault", ["closed", "stalled"])
def test_a_stream_that_breaks_off_is_the_same_exception(
    fault: Any, completing: Complete, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        more = {"timeout": timeout("read-timeout" if fault == "stalled" else fault)}
        asked = {"messages": QUESTION, "stream": True, "max_retries": 0, **more}
        return raised(lambda: completing(OPENAI, url, **asked))

    start = OPENAI.stream._replace(chunks=OPENAI.stream.chunks[:3], fault=fault)
    outcome = roundtrip([start], story)
    assert outcome.told[0].startswith("litellm.exceptions.")
    (recording,) = outcome.replayed.interactions
    assert (recording.response.truncated, len(recording.response.body.events)) == (True, 3)
