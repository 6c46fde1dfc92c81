"""The `responses` dialect: OpenAI Responses, and who speaks like it. [NORM-2] [NORM-17]

`input` is a flat list of items; those that no rule names stay whole among the messages.
"""

from __future__ import annotations

from ..._base.model import JSON
from . import chat_paths
from .content import blocks, collapse
from .members import Members, clean, present, rename
from .messages import finish
from .trace import derived

NAME = "responses"

_TEXT = ("input_text", "output_text")


def normalize(path: str, body: Members) -> Members:
    """The canonical body of a Responses request."""
    members = present(body)
    if isinstance(members.get("instructions"), str):
        rename(members, "instructions", "system")
    # A body without `input` may be canonical already. [NORM-25]
    strict = "auto" if "messages" not in members and _input(members) else None
    chat_paths.move(members, NAME)
    return finish(members, strict=strict)


def _input(members: Members) -> bool:
    """Turn `input` into messages; whether it was turned."""
    given = members.get("input")
    if isinstance(given, str):
        members["messages"] = [{"role": derived("user", given), "content": given}]
    elif isinstance(given, list):
        members["messages"] = _messages(given)
    else:
        return False
    del members["input"]
    return True


def _messages(items: list[JSON]) -> list[JSON]:
    out: list[JSON] = []
    turn: Members | None = None  # the assistant's message that calls may still be added to
    for item in items:
        call = _call(item)
        if call is not None:
            if turn is None:
                turn = {"role": derived("assistant", item), "content": []}
                out.append(turn)
            if collapse(blocks(turn["content"])) == "":
                turn["content"].clear()  # nothing was said before the call
            turn["content"].append(call)
            continue
        message = _message(item)
        turn = _open_turn(message)
        out.append(message if turn is None else turn)
    return out


def _open_turn(message: JSON) -> Members | None:
    """A message of the assistant with its content as a list; None if it is another."""
    if not isinstance(message, dict) or message.get("role") != "assistant" or "type" in message:
        return None
    said = message.get("content")
    if isinstance(said, str):
        said = [{"type": "text", "text": said}]
    return derived({**message, "content": list(said)}, message) if isinstance(said, list) else None


def _call(item: JSON) -> Members | None:
    """A `function_call` item as a call block."""
    if not isinstance(item, dict) or item.get("type") != "function_call":
        return None
    members = present(item)
    rename(members, "id", "item_id")
    if "id" in members or not isinstance(members.get("name"), str):
        return None
    if not isinstance(members.get("call_id"), str):
        return None
    members["type"] = "tool_call"
    rename(members, "call_id", "id")
    return derived(members, item)


def _message(given: JSON) -> JSON:
    if not isinstance(given, dict):
        return given
    item = clean(given)
    kind = item.get("type")
    if kind == "function_call_output":
        return _result(item) or item
    if "role" in item and (kind == "message" or kind is None):
        message = {name: value for name, value in item.items() if name != "type"}
        if isinstance(message.get("content"), list):
            message["content"] = [_block(block) for block in message["content"]]
        return derived(message, given)
    return item


def _result(item: Members) -> JSON:
    """A `function_call_output` item as a message of role `tool`; None if it has other types."""
    members = present(item)
    rename(members, "id", "item_id")
    if "id" in members or "content" in members or not isinstance(members.get("call_id"), str):
        return None
    members["type"] = "tool_result"
    rename(members, "call_id", "id")
    rename(members, "output", "content")
    if isinstance(members.get("content"), list):
        members["content"] = [_block(block) for block in members["content"]]
    return derived({"role": "tool", "content": [derived(members, item)]}, item)


def _block(block: JSON) -> JSON:
    if not isinstance(block, dict) or block.get("type") not in _TEXT:
        return block
    return derived({**block, "type": derived("text", block["type"])}, block)
