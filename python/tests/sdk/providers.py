"""Two providers whose models the frameworks can call: where they are, and what they answer."""

from __future__ import annotations

import os
from typing import Callable, NamedTuple

import pytest

from sdk import answers
from sdk.upstream import Answer

WORDS = ("A", " cat", " sat.")


class Provider(NamedTuple):
    """One provider: how a framework is sent to the upstream, and the answers it gets there."""

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

    @property
    def key(self) -> str:
        """The key of the environment; when none is set there, text in its place."""
        return os.environ.get(self.key_name, "placeholder")


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

of_both_providers = pytest.mark.parametrize(
    "provider", [OPENAI, ANTHROPIC], ids=lambda provider: provider.name
)
