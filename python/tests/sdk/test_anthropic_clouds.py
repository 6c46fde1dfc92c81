"""Anthropic's SDK for Bedrock and Vertex: the same messages at other paths, in other frames."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from google.oauth2.credentials import Credentials

from sdk import answers, answers_anthropic
from sdk.roundtrip import Roundtrip, key
from support.upstream import Answer

ASKED: Any = {
    "model": "anthropic.claude-opus-4-8-v1:0",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
}
TOOL: Any = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}},
}
WEATHER: Any = {**ASKED, "tools": [TOOL]}


def bedrock(url: str, kind: Any = anthropic.AnthropicBedrock) -> Any:
    return kind(base_url=url, aws_region="us-east-1", api_key=key("AWS_BEARER_TOKEN_BEDROCK"))


def async_bedrock(url: str) -> Any:
    return bedrock(url, anthropic.AsyncAnthropicBedrock)


def vertex(url: str, kind: Any = anthropic.AnthropicVertex) -> Any:
    """Credentials that need no refresh; test_credentials.py has some that do."""
    known: Any = {"region": "us-east5", "project_id": "a-project"}
    return kind(base_url=url, credentials=Credentials(token="placeholder"), **known)


def async_vertex(url: str) -> Any:
    return vertex(url, anthropic.AsyncAnthropicVertex)


CLOUDS = pytest.mark.parametrize("connect", [bedrock, vertex])
ASYNC_CLOUDS = pytest.mark.parametrize("connect", [async_bedrock, async_vertex])


def streams(connect: Any, *words: str) -> Answer:
    """A stream in the frames of Bedrock, or in the events that Vertex hands through."""
    framed = connect in (bedrock, async_bedrock)
    return (answers_anthropic.bedrock_stream if framed else answers.message_stream)(*words)


@CLOUDS
def test_a_message_comes_back_whole(connect: Any, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with connect(url) as sdk:
            raw = sdk.messages.with_raw_response.create(**ASKED)
            return raw.parse().model_dump(), raw.http_response.content

    outcome = roundtrip([answers.message("A cat sat.")], story)
    assert outcome.told[0]["content"][0]["text"] == "A cat sat."
    assert outcome.told[1] == outcome.sent[0].body


@ASYNC_CLOUDS
def test_a_message_comes_back_whole_to_an_async_client(connect: Any, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with connect(url) as sdk:
            return (await sdk.messages.with_raw_response.create(**ASKED)).http_response.content

    outcome = roundtrip([answers.message("A cat sat.")], story)
    assert outcome.told == outcome.sent[0].body


@CLOUDS
def test_a_stream_has_the_same_events_and_the_same_bytes(
    connect: Any, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        with connect(url) as sdk:
            with sdk.messages.stream(**ASKED) as stream:
                events = [event.model_dump() for event in stream]
                text = stream.get_final_text()
            create = sdk.messages.with_streaming_response.create
            with create(**ASKED, stream=True) as response:
                return events, text, b"".join(response.iter_bytes())

    outcome = roundtrip([streams(connect, "A", " cat", " sat.")] * 2, story)
    assert outcome.told[1:] == ("A cat sat.", outcome.sent[1].body)


@ASYNC_CLOUDS
def test_an_async_stream_has_the_same_events(connect: Any, roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with connect(url) as sdk:
            async with await sdk.messages.create(**ASKED, stream=True) as stream:
                return [event.model_dump() async for event in stream]

    told = roundtrip([streams(connect, "A", " cat", " sat.")], story).told
    deltas = [event["delta"]["text"] for event in told if event["type"] == "content_block_delta"]
    assert deltas == ["A", " cat", " sat."]


@CLOUDS
def test_a_tool_use_and_its_result_are_a_conversation(connect: Any, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with connect(url) as sdk:
            asked = sdk.messages.create(**WEATHER).content[0]
            result = {"type": "tool_result", "tool_use_id": asked.id, "content": "31 C"}
            used = {"role": "assistant", "content": [asked.model_dump(exclude_none=True)]}
            history = [*ASKED["messages"], used, {"role": "user", "content": [result]}]
            said = sdk.messages.create(**{**WEATHER, "messages": history})
            return asked.input, said.content[0].text

    script = [answers.message_tool_use(), answers.message("It is hot.")]
    assert roundtrip(script, story).told == ({"location": "Las Vegas"}, "It is hot.")


@CLOUDS
def test_an_error_answer_is_the_same_exception(connect: Any, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with connect(url) as sdk, pytest.raises(anthropic.BadRequestError) as caught:
            sdk.messages.create(**ASKED)
        return str(caught.value), caught.value.body, caught.value.response.content

    outcome = roundtrip([answers_anthropic.bedrock_error()], story)
    assert outcome.told[-1] == outcome.sent[0].body


def test_an_exception_in_a_stream_of_bedrock_comes_at_the_same_place(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        seen = []
        with bedrock(url) as sdk, pytest.raises(anthropic.APIStatusError) as caught:
            with sdk.messages.create(**ASKED, stream=True) as stream:
                for event in stream:
                    seen.append(event.type)
        return seen, str(caught.value), caught.value.body

    seen, text, _ = roundtrip([answers_anthropic.bedrock_stream_that_fails("A")], story).told
    assert seen[-1] == "content_block_delta"
    assert "Too many tokens" in text


def test_a_signed_request_is_found_though_its_signature_changes(
    roundtrip: Roundtrip, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing: Any = {"aws_region": "us-east-1", "aws_access_key": "one", "aws_secret_key": "two"}

    def story(url: str) -> Any:
        monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)  # it excludes the other keys
        with anthropic.AnthropicBedrock(base_url=url, **signing) as sdk:
            return sdk.messages.create(**ASKED).model_dump()

    told = roundtrip([answers.message("A cat sat.")], story).told
    assert told["content"][0]["text"] == "A cat sat."


def test_the_model_counts_though_it_stands_in_the_path(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with bedrock(url) as sdk:
            models = ("anthropic.claude-opus-4-8-v1:0", "anthropic.claude-haiku-4-5-v1:0")
            said = [sdk.messages.create(**{**ASKED, "model": model}) for model in models]
            return [each.content[0].text for each in said]

    script = [answers.message("Of opus."), answers.message("Of haiku.")]
    assert roundtrip(script, story).told == ["Of opus.", "Of haiku."]


def test_requests_go_where_each_cloud_has_its_models(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        for connect in (bedrock, vertex):
            with connect(url) as sdk:
                sdk.messages.create(**ASKED)
                with sdk.messages.stream(**ASKED) as stream:
                    stream.get_final_text()

    script = [
        answer
        for each in (bedrock, vertex)
        for answer in (answers.message("A."), streams(each, "A."))
    ]
    publisher = "/projects/a-project/locations/us-east5/publishers/anthropic"
    assert roundtrip(script, story).paths == [
        f"/model/{ASKED['model']}/invoke",
        f"/model/{ASKED['model']}/invoke-with-response-stream",
        f"{publisher}/models/{ASKED['model']}:rawPredict",
        f"{publisher}/models/{ASKED['model']}:streamRawPredict",
    ]
