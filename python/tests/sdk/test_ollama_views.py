"""What `show` prints of a recorded stream is what the Ollama SDK makes of its bytes."""

from __future__ import annotations

import ollama

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, streams

pytestmark = NEEDS_CORPUS


def chat(sdk: ollama.Client, stream: Stream) -> tuple[Said, ...]:
    question = [{"role": "user", "content": "a"}]
    events = list(sdk.chat("m", question, stream=True))
    calls = (call.function for each in events for call in each.message.tool_calls or ())
    return (
        Said(
            "".join(each.message.content or "" for each in events),
            tuple(Called(call.name, dict(call.arguments)) for call in calls),
            "".join(each.message.thinking or "" for each in events),
        ),
    )


def test_streams_of_chat_say_what_the_sdk_says() -> None:
    compare(streams(r"ollama api\.chat"), ollama.Client, chat)


def generate(sdk: ollama.Client, stream: Stream) -> tuple[Said, ...]:
    events = list(sdk.generate("m", "a", stream=True))
    return (Said("".join(each.response for each in events)),)


def test_streams_of_generate_say_what_the_sdk_says() -> None:
    compare(streams(r"ollama api\.generate"), ollama.Client, generate)
