"""Anthropic messages: blocks, each with a start, pieces and a stop."""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import arguments
from ..content import dicts, number_of, part, text_of
from ..view import Text, Turn

_EVENTS = frozenset(
    (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    )
)
#: The members that pieces add to, by the type of the piece.
_PIECES = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "input_json_delta": ("input", "partial_json"),
}


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value is a message, or an event of one; also the former completion."""
    kind = text_of(value.get("type"))
    if kind == "completion" or (not kind and isinstance(value.get("completion"), str)):
        return True
    return kind in _EVENTS or (kind == "message" and isinstance(value.get("content"), list))


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    blocks: dict[int, dict[str, JSON]] = {}
    pieces: dict[tuple[int, str], list[str]] = {}
    finish, former = "", []
    for value in values:
        kind, number = value.get("type"), number_of(value.get("index"))
        if kind == "content_block_start" and isinstance(value.get("content_block"), dict):
            blocks[number] = value["content_block"]
        elif kind == "content_block_delta" and isinstance(value.get("delta"), dict):
            delta = value["delta"]
            name, source = _PIECES.get(text_of(delta.get("type")), ("", ""))
            if text_of(delta.get(source)):
                pieces.setdefault((number, name), []).append(delta[source])
        else:
            former.append(text_of(value.get("completion")))
            whole = value.get("message", value)
            for each in dicts(whole.get("content")) if isinstance(whole, dict) else ():
                blocks[len(blocks)] = each
            finish = _finish(value) or finish
    for (number, name), texts in pieces.items():
        block = blocks.get(number, {"type": "thinking" if name == "thinking" else "text"})
        blocks[number] = {**block, name: _joined(block, name, texts)}
    words = "".join(former)
    made = [Text(words)] if words else []
    return (Turn("assistant", (*made, *map(part, blocks.values())), finish),)


def _joined(block: dict[str, JSON], name: str, texts: list[str]) -> JSON:
    text = "".join(texts)
    return arguments(text) if name == "input" else text_of(block.get(name)) + text


def _finish(value: dict[str, JSON]) -> str:
    for holder in (value.get("delta"), value.get("message"), value):
        if isinstance(holder, dict) and text_of(holder.get("stop_reason")):
            return str(holder["stop_reason"])
    return ""
