"""The APIs that frameworks call: where each is, and what it answers to the same questions."""

from __future__ import annotations

from typing import Callable, NamedTuple

import pytest

from sdk import answers, answers_openai
from sdk.roundtrip import key
from support.upstream import Answer, Call

WORDS = ("A", " cat", " sat.")
SAID = "".join(WORDS)

#: What the tool of the tests returns.
RESULT = "31 C in Las Vegas"


class Provider(NamedTuple):
    """One API of a provider: how to be sent to the upstream, and what it answers there."""

    name: str
    model: str
    path: str
    key_name: str
    text: Callable[[str], Answer]
    stream: Answer
    tool_call: Answer
    tool_stream: Answer
    refusal: Answer

    def base(self, url: str) -> str:
        """The base address that SDKs of this provider want."""
        return url + self.path

    def answer(self, call: Call) -> Answer:
        """What a model says: it calls the tool that it is given, and knows the rest by then."""
        streamed = call.json.get("stream", False)
        if call.json.get("tools") and RESULT.encode() not in call.body:
            return self.tool_stream if streamed else self.tool_call
        return self.stream if streamed else self.text(SAID)

    @property
    def key(self) -> str:
        """The key of the environment, or what a client can be made with where none is set."""
        return key(self.key_name)


OPENAI = Provider(
    name="openai",
    model="gpt-4o-mini",
    path="/v1",
    key_name="OPENAI_API_KEY",
    text=answers.chat,
    stream=answers.chat_stream(*WORDS),
    tool_call=answers.chat_tool_call(),
    tool_stream=answers.chat_tool_stream(),
    refusal=answers.bad_request(),
)
RESPONSES = OPENAI._replace(
    name="openai-responses",
    text=answers_openai.response,
    stream=answers_openai.response_stream(*WORDS),
    tool_call=answers_openai.response_tool_call(),
    tool_stream=answers_openai.response_tool_stream(),
)
ANTHROPIC = Provider(
    name="anthropic",
    model="claude-opus-4-8",
    path="",
    key_name="ANTHROPIC_API_KEY",
    text=answers.message,
    stream=answers.message_stream(*WORDS),
    tool_call=answers.message_tool_use(),
    tool_stream=answers.message_tool_stream(),
    refusal=answers.anthropic_error(400, "invalid_request_error"),
)


def of(*providers: Provider) -> pytest.MarkDecorator:
    """A test for each of these providers."""
    return pytest.mark.parametrize("provider", providers, ids=[each.name for each in providers])
