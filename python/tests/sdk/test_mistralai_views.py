"""What `show` prints of a recorded stream is what the Mistral SDK makes of its bytes."""

from __future__ import annotations

from typing import Any

from mistralai.client import Mistral

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, meant, streams

pytestmark = NEEDS_CORPUS


def client(url: str) -> Mistral:
    return Mistral(server_url=url, api_key="placeholder")


def tell(sdk: Mistral, stream: Stream) -> tuple[Said, ...]:
    text, reasoning = "", ""
    calls: list[Called] = []
    question: Any = [{"role": "user", "content": "a"}]
    for event in sdk.chat.stream(model="m", messages=question):
        delta: Any = event.data.choices[0].delta
        if isinstance(delta.content, str):
            text += delta.content
        else:
            for block in delta.content or ():
                if block.type == "text":
                    text += block.text
                elif block.type == "thinking":
                    reasoning += "".join(each.text for each in block.thinking)
        for call in delta.tool_calls or ():
            calls.append(Called(call.function.name, meant(call.function.arguments)))
    return (Said(text, tuple(calls), reasoning),)


def test_streams_of_chat_say_what_the_sdk_says() -> None:
    compare(streams(r"mistral chat\.completions"), client, tell)
