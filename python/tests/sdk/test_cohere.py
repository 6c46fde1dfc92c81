"""The newest Cohere SDK, version 2 of its API, records and replays without a key."""

from __future__ import annotations

from typing import Any

import cohere
import httpx
import pytest

from sdk import answers, answers_cohere, chats
from sdk.roundtrip import Roundtrip, keeping, key

CHAT: Any = {
    "model": "command-a-03-2025",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL]}


def client(url: str, **more: Any) -> Any:
    return cohere.ClientV2(base_url=url, api_key=key("CO_API_KEY"), **more)


def async_client(url: str) -> Any:
    return cohere.AsyncClientV2(base_url=url, api_key=key("CO_API_KEY"))


def words(events: list[Any]) -> list[str]:
    deltas = (each["delta"] for each in events if each["type"] == "content-delta")
    return [delta["message"]["content"]["text"] for delta in deltas]


def test_an_answer_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.with_raw_response.chat(**CHAT)
            return (
                raw.data.model_dump(),
                raw.response.content,
                raw.headers["x-endpoint-monthly-call-limit"],
            )

    outcome = roundtrip([answers_cohere.chat("Paris.")], story)
    answer, content, limit = outcome.told
    assert answer["message"]["content"][0]["text"] == "Paris."
    assert content == outcome.sent[0].body
    assert outcome.paths == ["/v2/chat"]
    assert limit == "1000"


def test_an_answer_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            raw = await sdk.with_raw_response.chat(**CHAT)
            return raw.data.model_dump(), raw.response.content

    outcome = roundtrip([answers_cohere.chat("Paris.")], story)
    assert outcome.told[1] == outcome.sent[0].body


def test_a_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return [event.model_dump() for event in sdk.chat_stream(**CHAT)]

    told = roundtrip([answers_cohere.stream("Pa", "ris", ".")], story).told
    assert words(told) == ["Pa", "ris", "."]
    assert told[-1]["delta"]["usage"]["cached_tokens"] == 512


def test_a_stream_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        bodies: list[bytes] = []
        http = httpx.Client(event_hooks=keeping(bodies))
        with client(url, httpx_client=http) as sdk:
            list(sdk.chat_stream(**CHAT))
        return bodies

    outcome = roundtrip([answers_cohere.stream("Pa", "ris", ".")], story)
    assert outcome.told == [outcome.sent[0].body]


def test_an_async_stream_has_the_same_events(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            return [event.model_dump() async for event in sdk.chat_stream(**CHAT)]

    told = roundtrip([answers_cohere.stream("Pa", "ris", ".")], story).told
    assert words(told) == ["Pa", "ris", "."]


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            called = sdk.chat(**WEATHER).message
            result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "31 C"}
            history = [*CHAT["messages"], called, result]
            said = sdk.chat(**{**WEATHER, "messages": history})
            return called.model_dump(), said.message.content[0].text

    script = [answers_cohere.tool_call(), answers_cohere.chat("It is hot.")]
    called, said = roundtrip(script, story).told
    assert called["tool_calls"][0]["function"]["arguments"] == answers.ARGUMENTS
    assert called["tool_plan"] == answers_cohere.PLAN
    assert said == "It is hot."


def test_a_streamed_tool_call_comes_in_its_pieces(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return [event.model_dump() for event in sdk.chat_stream(**WEATHER)]

    told = roundtrip([answers_cohere.tool_stream()], story).told
    deltas = (each["delta"] for each in told if each["type"] == "tool-call-delta")
    pieces = [delta["message"]["tool_calls"]["function"]["arguments"] for delta in deltas]
    assert "".join(pieces) == answers.ARGUMENTS


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(cohere.BadRequestError) as caught:
            sdk.chat(**CHAT, temperature=7)
        return caught.value.status_code, caught.value.body

    outcome = roundtrip([answers_cohere.bad_request()], story)
    assert outcome.told == (400, outcome.sent[0].json)


def test_embeddings_are_the_same_numbers(roundtrip: Roundtrip) -> None:
    asked = {"input_type": "search_document", "embedding_types": ["float"]}

    def story(url: str) -> Any:
        with client(url) as sdk:
            made = sdk.embed(model="embed-v4.0", texts=["one", "two"], **asked)
            return made.embeddings.float_

    told = roundtrip(answers_cohere.embeddings, story).told
    assert told == [list(answers.EMBEDDING)] * 2


def test_ranks_are_the_same(roundtrip: Roundtrip) -> None:
    documents = ["France lost.", "Argentina won."]

    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.rerank(
                model="rerank-v3.5", query="Who won?", documents=documents
            ).model_dump()

    told = roundtrip([answers_cohere.ranks()], story).told
    assert [each["index"] for each in told["results"]] == [1, 0]


def tokenizing(kind: Any, url: str) -> Any:
    """A client that has fetched no tokenizer yet: clients share what they fetched."""
    made = kind(base_url=url, api_key=key("CO_API_KEY"))
    made._cache = {}
    return made


#: An answer to HEAD has no content-length in a cassette, of which cohere warns in an old way.
without_a_size = pytest.mark.filterwarnings("ignore:The 'warn' method:DeprecationWarning")


@without_a_size
def test_a_tokenizer_that_requests_fetches_is_fetched_again(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with tokenizing(cohere.ClientV2, url) as sdk:
            return sdk.tokenize(text="one two", model="command-a-03-2025").tokens

    outcome = roundtrip(answers_cohere.tokenizer, story)
    assert outcome.told == [1, 2]
    assert [(call.method, call.path) for call in outcome.asked] == [
        ("GET", "/v1/models/command-a-03-2025"),
        ("HEAD", "/tokenizer.json"),
        ("GET", "/tokenizer.json"),
    ]


@without_a_size
def test_a_tokenizer_is_fetched_again_by_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with tokenizing(cohere.AsyncClientV2, url) as sdk:
            return (await sdk.tokenize(text="two one", model="command-a-03-2025")).tokens

    assert roundtrip(answers_cohere.tokenizer, story).told == [2, 1]
