"""What `show` prints of a recorded stream is what the Cohere SDK makes of its bytes."""

from __future__ import annotations

from typing import Any

import cohere

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, meant, streams

pytestmark = NEEDS_CORPUS


def client(url: str) -> Any:
    return cohere.ClientV2(base_url=url, api_key="placeholder")


def tell(sdk: Any, stream: Stream) -> tuple[Said, ...]:
    text, reasoning = "", ""
    calls: list[list[str]] = []
    question: list[Any] = [{"role": "user", "content": "a"}]
    for event in sdk.chat_stream(model="m", messages=question):
        message: Any = getattr(getattr(event, "delta", None), "message", None)
        if event.type == "content-delta":
            text += getattr(message.content, "text", None) or ""
            reasoning += getattr(message.content, "thinking", None) or ""
        elif event.type == "tool-plan-delta":
            reasoning += message.tool_plan
        elif event.type == "tool-call-start":
            function = message.tool_calls.function
            calls.append([function.name, function.arguments or ""])
        elif event.type == "tool-call-delta":
            calls[-1][1] += message.tool_calls.function.arguments or ""
    return (Said(text, tuple(Called(name, meant(given)) for name, given in calls), reasoning),)


def test_streams_of_chat_say_what_the_sdk_says() -> None:
    compare(streams(r"cohere v2\.chat"), client, tell)
