"""A recording of a cassette as a person reads it: what was asked, what was answered. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from .._base.model import JSON, Interaction, Number
from .._bodies import forms
from .answers import answer_of
from .provenance import Origin, origin_of
from .requests import conversation
from .view import (
    Answer,
    Conversation,
    Media,
    Other,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)


class Recording(NamedTuple):
    """One recording.

    Attributes:
        number: its position in the file, from 1.
        origin: where it comes from.
        status: of the response; None if the call got none.
        size: of the response's body, in bytes.
        failure: the kind of the failure; empty if the call did not fail.
        truncated: whether the response broke off.
        redacted: the places where a secret was.
        answered: None if the call got no response.
    """

    number: int
    method: str
    url: str
    match_key: str
    recorded_at: str
    origin: Origin
    status: int | None
    size: int
    failure: str
    truncated: bool
    redacted: tuple[str, ...]
    asked: Conversation
    answered: Answer | None


def recording(number: int, item: Interaction) -> Recording:
    """The view of a recording.

    Args:
        number: its position in the file, from 1.
        item: as it was read.
    """
    request, response = item.request, item.response
    return Recording(
        number,
        request.method,
        request.url,
        request.match_key,
        item.recorded_at or "",
        origin_of(item),
        response.status if response else None,
        sum(map(len, forms.decode(response.body))) if response else 0,
        item.failure.kind if item.failure else "",
        response.truncated if response else False,
        item.redacted,
        conversation(request),
        answer_of(item),
    )


#: The parts of a turn, which say in JSON of which type they are.
_TYPES = {
    Text: "text",
    Reasoning: "reasoning",
    Media: "media",
    ToolCall: "tool_call",
    ToolResult: "tool_result",
    Other: "other",
}


def as_json(value: object) -> JSON:
    """A view, or a part of one, as a JSON value; a number is one that every parser reads."""
    if isinstance(value, Number):
        return as_json(float(value.text))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, Conversation):
        made = {name: as_json(each) for name, each in value._asdict().items()}
        return {**made, "settings": {name: as_json(each) for name, each in value.settings}}
    fields = getattr(value, "_asdict", None)
    if fields is not None:
        members = {name: as_json(each) for name, each in fields().items()}
        kind = _TYPES.get(type(value))
        return members if kind is None else {"type": kind, **members}
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    return value
