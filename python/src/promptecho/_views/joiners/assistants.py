"""OpenAI's assistants: messages of a thread, and the events of a run."""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import Builder
from ..content import dicts, number_of, text_of
from ..view import Turn

_OBJECTS = ("thread.message", "thread.message.delta", "thread.run", "thread.run.step.delta")


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value is a message or a run, or an event of one."""
    return text_of(value.get("object")) in _OBJECTS


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn: the pieces of a stream, or else the messages that came in one piece."""
    pieces, whole = Builder(), Builder()
    role, finish = "assistant", ""
    for value in values:
        kind, delta = text_of(value.get("object")), value.get("delta")
        if kind == "thread.run":
            finish = text_of(value.get("status")) or finish
            _calls(whole, value.get("required_action"), "submit_tool_outputs")
        elif kind == "thread.message":
            role = text_of(value.get("role")) or role
            _texts(whole, value.get("id"), value.get("content"))
        elif kind == "thread.message.delta" and isinstance(delta, dict):
            _texts(pieces, value.get("id"), delta.get("content"))
        elif kind == "thread.run.step.delta" and isinstance(delta, dict):
            _calls(pieces, delta, "step_details")
    return (Turn(role, pieces.parts() or whole.parts(), finish),)


def _texts(builder: Builder, message: JSON, content: JSON) -> None:
    for place, block in enumerate(dicts(content)):
        text = block.get("text")
        if isinstance(text, dict):
            here = ("text", text_of(message), number_of(block.get("index"), place))
            builder.text(here, text.get("value"))


def _calls(builder: Builder, holder: JSON, name: str) -> None:
    details = holder.get(name) if isinstance(holder, dict) else None
    for place, call in enumerate(
        dicts(details.get("tool_calls") if isinstance(details, dict) else None)
    ):
        function = call.get("function")
        if isinstance(function, dict):
            here = ("call", number_of(call.get("index"), place))
            builder.call(here, function.get("name"), call.get("id"), function.get("arguments"))
