"""Bedrock Converse, and Nova, whose own answers have the same members."""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import Builder
from ..content import number_of, part, parts, text_of
from ..view import Part, Turn

_EVENTS = (
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
)


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value is an answer, or an event of one."""
    if _message(value) is not None or "contentBlockIndex" in value:
        return True
    return any(name in value for name in _EVENTS[:-1])


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    builder, finish = Builder(), ""
    whole: tuple[Part, ...] = ()
    for value in values:
        event = value
        for name in _EVENTS:  # Nova has the name of an event inside
            inner = value.get(name)
            if isinstance(inner, dict):
                event = inner
        message = _message(event)
        if message is not None:
            whole = parts(message.get("content"))
        finish = text_of(event.get("stopReason")) or finish
        _piece(builder, event)
    return (Turn("assistant", (*whole, *builder.parts()), finish),)


def _message(value: dict[str, JSON]) -> dict[str, JSON] | None:
    output = value.get("output")
    message = output.get("message") if isinstance(output, dict) else None
    return message if isinstance(message, dict) else None


def _piece(builder: Builder, event: dict[str, JSON]) -> None:
    number = number_of(event.get("contentBlockIndex"))
    start, delta = event.get("start"), event.get("delta")
    if isinstance(start, dict):
        use = start.get("toolUse")
        if isinstance(use, dict):
            builder.call(number, use.get("name"), use.get("toolUseId"), "")
        elif start:
            builder.put(number, part(start))
    if isinstance(delta, dict):
        use, reasoning = delta.get("toolUse"), delta.get("reasoningContent")
        if isinstance(use, dict):
            builder.call(number, "", "", use.get("input"))
        elif isinstance(reasoning, dict):
            builder.reasoning(number, reasoning.get("text"))
        else:
            builder.text(number, delta.get("text"))
