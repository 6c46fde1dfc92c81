"""Stories that openai, groq and together tell alike: their interface for chats is one.

Each takes a client, uses it, and closes it. What they return is compared as a whole.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

#: A tool as most APIs for chats take it.
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather of a place.",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


def whole(sdk: Any, asked: Any) -> Any:
    """A completion, as an object and as the bytes that it came in."""
    with sdk:
        raw = sdk.chat.completions.with_raw_response.create(**asked)
        return raw.parse().model_dump(), raw.http_response.content


async def whole_async(sdk: Any, asked: Any) -> Any:
    async with sdk:
        raw = await sdk.chat.completions.with_raw_response.create(**asked)
        parsed = raw.parse()  # openai parses here and now, groq and together have a coroutine
        completion = await parsed if inspect.isawaitable(parsed) else parsed
        return completion.model_dump(), raw.http_response.content


def streamed(sdk: Any, asked: Any) -> Any:
    """A stream, as its events, and once more as its bytes."""
    with sdk:
        with sdk.chat.completions.create(**asked, stream=True) as stream:
            events = [event.model_dump() for event in stream]
        create = sdk.chat.completions.with_streaming_response.create
        with create(**asked, stream=True) as response:
            return events, b"".join(response.iter_bytes())


async def streamed_async(sdk: Any, asked: Any) -> Any:
    async with sdk:
        async with await sdk.chat.completions.create(**asked, stream=True) as stream:
            events = [event.model_dump() async for event in stream]
        create = sdk.chat.completions.with_streaming_response.create
        async with create(**asked, stream=True) as response:
            return events, b"".join([chunk async for chunk in response.iter_bytes()])


def conversation(sdk: Any, asked: Any) -> Any:
    """A tool call, and what is said once its result is known."""
    with sdk:
        called = sdk.chat.completions.create(**asked).choices[0].message
        result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "31 C"}
        history = [*asked["messages"], called.model_dump(exclude_none=True), result]
        said = sdk.chat.completions.create(**{**asked, "messages": history})
        return called.model_dump(), said.choices[0].message.content


def retried(sdk: Any, asked: Any) -> Any:
    """How often the SDK tried again by itself, and what came of it."""
    with sdk:
        raw = sdk.chat.completions.with_raw_response.create(**asked)
        return raw.retries_taken, raw.http_response.content


async def retried_async(sdk: Any, asked: Any) -> Any:
    async with sdk:
        raw = await sdk.chat.completions.with_raw_response.create(**asked)
        return raw.retries_taken, raw.http_response.content


def refused(sdk: Any, asked: Any, kind: type[Exception]) -> Any:
    """What is known of the exception that an error answer becomes: its text, body and bytes."""
    with sdk, pytest.raises(kind) as caught:
        sdk.chat.completions.create(**asked)
    error: Any = caught.value
    return type(error), str(error), error.body, error.response.content


def words(events: list[Any]) -> list[Any]:
    """The text of each event that has some."""
    return [choice["delta"].get("content") for event in events for choice in event["choices"]]


def arguments(events: list[Any]) -> str:
    """The arguments of a streamed tool call, put together from its pieces."""
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls") or ()]
    return "".join(call["function"]["arguments"] or "" for call in calls)
