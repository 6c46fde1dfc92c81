"""The newest Anthropic SDK records and replays, with the upstream gone and no key set."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from sdk import answers, answers_anthropic
from sdk.roundtrip import Roundtrip, key
from support.upstream import Answer, Call

ASKED: Any = {
    "model": "claude-opus-4-8",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
}
TOOL: Any = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}},
}
WEATHER: Any = {**ASKED, "tools": [TOOL], "system": "Be brief."}
BATCH: Any = [{"custom_id": str(number), "params": ASKED} for number in range(2)]


def client(url: str) -> Any:
    return anthropic.Anthropic(base_url=url, api_key=key("ANTHROPIC_API_KEY"))


def async_client(url: str) -> Any:
    return anthropic.AsyncAnthropic(base_url=url, api_key=key("ANTHROPIC_API_KEY"))


def test_a_message_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.messages.with_raw_response.create(**ASKED)
            return raw.parse().model_dump(), raw.http_response.content, raw.headers["request-id"]

    outcome = roundtrip([answers.message("A cat sat.")], story)
    message, content, request_id = outcome.told
    assert message["content"][0]["text"] == "A cat sat."
    assert content == outcome.sent[0].body
    assert outcome.paths == ["/v1/messages"]
    assert request_id == "req_011CZhJi"


def test_the_key_is_that_of_the_specification(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.messages.create(**ASKED).id

    outcome = roundtrip([answers.message("A cat sat.")], story)
    assert outcome.replayed.interactions[0].request.match_key == "7d206bed48a0bc0c"


def test_a_message_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            raw = await sdk.messages.with_raw_response.create(**ASKED)
            return raw.http_response.content

    outcome = roundtrip([answers.message("A cat sat.")], story)
    assert outcome.told == outcome.sent[0].body


def test_a_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            with sdk.messages.stream(**ASKED) as stream:
                text = "".join(stream.text_stream)
                message = stream.get_final_message().model_dump()
            create = sdk.messages.with_streaming_response.create
            with create(**ASKED, stream=True) as response:
                return text, message, b"".join(response.iter_bytes())

    outcome = roundtrip([answers.message_stream("A", " cat", " sat.")] * 2, story)
    text, message, content = outcome.told
    assert text == message["content"][0]["text"] == "A cat sat."
    assert content == outcome.sent[1].body


def test_an_async_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            async with await sdk.messages.create(**ASKED, stream=True) as stream:
                events = [event.model_dump() async for event in stream]
            create = sdk.messages.with_streaming_response.create
            async with create(**ASKED, stream=True) as response:
                return events, b"".join([chunk async for chunk in response.iter_bytes()])

    script = [answers.message_stream("A", " cat", " sat.")] * 2
    outcome = roundtrip(script, story)
    events, content = outcome.told
    assert events[-1]["type"] == "message_stop"
    assert content == outcome.sent[1].body


def test_a_tool_use_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            asked = sdk.messages.create(**WEATHER).content[0]
            result = {"type": "tool_result", "tool_use_id": asked.id, "content": "31 C"}
            used = {"role": "assistant", "content": [asked.model_dump(exclude_none=True)]}
            history = [*ASKED["messages"], used, {"role": "user", "content": [result]}]
            said = sdk.messages.create(**{**WEATHER, "messages": history})
            return asked.model_dump(), said.content[0].text

    outcome = roundtrip([answers.message_tool_use(), answers.message("It is hot.")], story)
    asked, said = outcome.told
    assert asked["input"] == {"location": "Las Vegas"}
    assert said == "It is hot."


def test_a_streamed_tool_use_is_put_together_from_its_pieces(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, sdk.messages.stream(**WEATHER) as stream:
            return stream.get_final_message().content[0].model_dump()

    assert roundtrip([answers.message_tool_stream()], story).told["input"] == {
        "location": "Las Vegas"
    }


def test_a_retried_429_replays_in_order(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.messages.with_raw_response.create(**ASKED)
            return raw.retries_taken, raw.http_response.content

    limited = answers.anthropic_error(429, "rate_limit_error", ("retry-after-ms", "1"))
    outcome = roundtrip([limited, answers.message("At last.")], story)
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_a_retried_429_replays_in_order_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            raw = await sdk.messages.with_raw_response.create(**ASKED)
            return raw.retries_taken, raw.http_response.content

    limited = answers.anthropic_error(429, "rate_limit_error", ("retry-after-ms", "1"))
    outcome = roundtrip([limited, answers.message("At last.")], story)
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(anthropic.BadRequestError) as caught:
            sdk.messages.create(**ASKED)
        return str(caught.value), caught.value.body, caught.value.response.content

    outcome = roundtrip([answers.anthropic_error(400, "invalid_request_error")], story)
    assert outcome.told[-1] == outcome.sent[0].body


def test_a_batch_is_sent_watched_and_read(roundtrip: Roundtrip) -> None:
    def upstream(call: Call) -> Answer:
        if call.path.endswith("/results"):
            return answers_anthropic.batch_results("4", "Jupiter")
        ended = call.method == "GET"
        return answers_anthropic.batch(answers_anthropic.host_of(call), ended=ended)

    def story(url: str) -> Any:
        with client(url) as sdk:
            sent = sdk.messages.batches.create(requests=BATCH)
            seen = sdk.messages.batches.retrieve(sent.id)
            results = [each.model_dump() for each in sdk.messages.batches.results(sent.id)]
            return sent.processing_status, seen.processing_status, results

    sent, seen, results = roundtrip(upstream, story).told
    assert (sent, seen) == ("in_progress", "ended")
    texts = [each["result"]["message"]["content"][0]["text"] for each in results]
    assert texts == ["4", "Jupiter"]
