"""Cohere: chat of version 2, and of version 1."""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import Builder
from ..content import dicts, number_of, text_of
from ..view import ToolCall, Turn

_EVENTS = frozenset(
    (
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "citation-end",
        "message-end",
    )
)
_FIRST_VERSION = frozenset(
    ("stream-start", "text-generation", "tool-calls-generation", "stream-end")
)


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value is an answer, or an event of one."""
    if text_of(value.get("type")) in _EVENTS or _is_first_version(value):
        return True
    return isinstance(value.get("message"), dict) and "finish_reason" in value


def _is_first_version(value: dict[str, JSON]) -> bool:
    return "generation_id" in value or text_of(value.get("event_type")) in _FIRST_VERSION


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    builder, finish = Builder(), ""
    for value in values:
        holder = value.get("delta", value)
        if not isinstance(holder, dict):
            continue
        finish = text_of(holder.get("finish_reason")) or finish
        message = holder.get("message")
        if isinstance(message, dict):
            _message(builder, value.get("index"), message)
        elif _is_first_version(value):
            _first_version(builder, value)
    return (Turn("assistant", builder.parts(), finish),)


def _message(builder: Builder, number: JSON, message: dict[str, JSON]) -> None:
    """A message, or a piece of one: in a stream content and calls are objects, not lists."""
    builder.reasoning("plan", message.get("tool_plan"))
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(content, str):
        builder.text("text", content)
    for place, block in enumerate(_listed(content)):
        here = ("content", number_of(number, place))
        builder.reasoning(here, block.get("thinking"))
        builder.text(here, block.get("text"))
    for place, call in enumerate(_listed(calls)):
        function = call.get("function")
        if isinstance(function, dict):
            here = ("call", number_of(number, place))
            builder.call(here, function.get("name"), call.get("id"), function.get("arguments"))


def _listed(value: JSON) -> Iterable[dict[str, JSON]]:
    return dicts([value] if isinstance(value, dict) else value)


def _first_version(builder: Builder, value: dict[str, JSON]) -> None:
    kind = value.get("event_type")
    if kind in (None, "text-generation"):
        builder.text("text", value.get("text"))
    if kind in (None, "tool-calls-generation"):
        for call in dicts(value.get("tool_calls")):
            made = ToolCall(text_of(call.get("name")), call.get("parameters") or {})
            builder.put(object(), made)
