"""What `show` prints of a recorded stream is what boto3 makes of its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import boto3

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, meant, streams

pytestmark = NEEDS_CORPUS


def client(url: str) -> Any:
    return closing(
        boto3.client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="placeholder",
            aws_secret_access_key="placeholder",
        )
    )


def of_events(events: Iterable[Any]) -> Said:
    """What events of Converse say; a client has to join them itself."""
    text, reasoning = "", ""
    calls: dict[int, list[str]] = {}
    for event in events:
        start, piece = event.get("contentBlockStart"), event.get("contentBlockDelta")
        if start and "toolUse" in start["start"]:
            calls[start["contentBlockIndex"]] = [start["start"]["toolUse"]["name"], ""]
        if piece:
            delta = piece["delta"]
            text += delta.get("text", "")
            reasoning += delta.get("reasoningContent", {}).get("text", "")
            if "toolUse" in delta:
                calls[piece["contentBlockIndex"]][1] += delta["toolUse"]["input"]
    return Said(
        text, tuple(Called(name, meant(given)) for name, given in calls.values()), reasoning
    )


def converse(sdk: Any, stream: Stream) -> tuple[Said, ...]:
    question = [{"role": "user", "content": [{"text": "a"}]}]
    answer = sdk.converse_stream(modelId="m", messages=question)
    return (of_events(answer["stream"]),)


def test_streams_of_converse_say_what_the_sdk_says() -> None:
    compare(streams(r"bedrock converse-stream"), client, converse)


def invoke(sdk: Any, stream: Stream) -> tuple[Said, ...]:
    answer = sdk.invoke_model_with_response_stream(modelId="m", body=b"{}")
    values = [json.loads(each["chunk"]["bytes"]) for each in answer["body"]]
    if any("contentBlockDelta" in each for each in values):
        return (of_events(values),)  # Nova
    if any(each.get("type") == "message_start" for each in values):
        return (of_claude(values),)
    words = (each.get("outputText") or each.get("generation") or "" for each in values)
    lists = (item["text"] for each in values for item in each.get("generations", ()))
    return (Said("".join((*words, *lists))),)


def of_claude(values: list[Any]) -> Said:
    text = ""
    calls: dict[int, list[str]] = {}
    for value in values:
        block, delta = value.get("content_block", {}), value.get("delta", {})
        if block.get("type") == "tool_use":
            calls[value["index"]] = [block["name"], ""]
        text += delta.get("text", "")
        if "partial_json" in delta:
            calls[value["index"]][1] += delta["partial_json"]
    made = (Called(name, meant(given) if given else {}) for name, given in calls.values())
    return Said(text, tuple(made))


def test_streams_of_invoke_say_what_the_sdk_says() -> None:
    compare(streams(r"bedrock invoke-with-response-stream"), client, invoke)
