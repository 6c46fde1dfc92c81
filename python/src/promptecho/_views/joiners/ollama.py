"""Ollama's own API, `/api/chat` and `/api/generate`: each line has the shape of a whole answer."""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import Builder
from ..content import dicts, text_of
from ..view import ToolCall, Turn


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value says if it is done, beside a message or a text."""
    words = isinstance(value.get("message"), dict) or isinstance(value.get("response"), str)
    return words and isinstance(value.get("done"), bool)


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    builder, finish = Builder(), ""
    for value in values:
        finish = text_of(value.get("done_reason")) or finish
        builder.reasoning("reasoning", value.get("thinking"))
        builder.text("text", value.get("response"))
        message = value.get("message")
        if isinstance(message, dict):
            builder.reasoning("reasoning", message.get("thinking"))
            builder.text("text", message.get("content"))
            for call in dicts(message.get("tool_calls")):
                function = call.get("function")
                if isinstance(function, dict):
                    name, given = text_of(function.get("name")), function.get("arguments")
                    builder.put(object(), ToolCall(name, given, text_of(call.get("id"))))
    return (Turn("assistant", builder.parts(), finish),)
