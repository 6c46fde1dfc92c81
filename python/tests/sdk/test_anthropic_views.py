"""What `show` prints of a recorded stream is what the Anthropic SDK makes of its bytes."""

from __future__ import annotations

import anthropic

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, streams

pytestmark = NEEDS_CORPUS


def client(url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key="placeholder", max_retries=0)


def tell(sdk: anthropic.Anthropic, stream: Stream) -> tuple[Said, ...]:
    with sdk.messages.stream(
        model="m", max_tokens=9, messages=[{"role": "user", "content": "a"}]
    ) as events:
        blocks = events.get_final_message().content
    return (
        Said(
            "".join(each.text for each in blocks if each.type == "text"),
            tuple(Called(each.name, each.input) for each in blocks if each.type == "tool_use"),
            "".join(each.thinking for each in blocks if each.type == "thinking"),
        ),
    )


def test_streams_of_messages_say_what_the_sdk_says() -> None:
    compare(streams(r"anthropic(_proxy)? messages"), client, tell)
