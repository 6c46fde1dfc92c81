"""Tool calls and their results: one shape, and ids that are names. [NORM-8] [NORM-10]

A converter returns a new block and appends it to `log`, in the order of the conversation;
`ids.bind` then renames the ids in those blocks in place.
"""

from __future__ import annotations

from ..._base.errors import NotCanonical
from ..._base.model import JSON
from ..._text.json import parse
from .content import content
from .ids import Bound, Log
from .members import Members, disjoint, rename
from .trace import decoded, derived

CALL = "tool_call"
RESULT = "tool_result"

#: Blocks of other kinds whose ids are bound: where the id is, and whether it is a call. [NORM-24]
_OTHERS = {
    "custom": ("id", True),
    "mcp_tool_use": ("id", True),
    "mcp_tool_result": ("tool_use_id", False),
}
#: Items of OpenAI Responses whose `call_id` is bound; that of a result ends in `_output`.
_ITEMS = frozenset(
    (
        "function_call",
        "custom_tool_call",
        "shell_call",
        "local_shell_call",
        "apply_patch_call",
        "computer_call",
    )
)
_ENTRY = frozenset(("type", "function"))


def arguments(value: JSON) -> JSON:
    """What a JSON text of arguments encodes. [NORM-10]

    A text that encodes a string or null stays a text: the next time, the string would be decoded
    and the null left out.
    """
    if not isinstance(value, str):
        return value
    try:
        meant = parse(value.encode())
    except (NotCanonical, UnicodeEncodeError):
        return value
    return value if meant is None or isinstance(meant, str) else decoded(meant, value)


def from_block(block: Members, log: Log) -> Members | None:
    """A call or result block, Anthropic's or canonical; None if it is neither."""
    kind = block.get("type")
    if kind == "tool_use":
        return _call_block(block, "input", log)
    if kind == CALL:
        return _call_block(block, "arguments", log)
    if kind == RESULT:
        return _result_block(block, log)
    return None


def from_other(block: Members, role: JSON, log: Log) -> Members | None:
    """A block of a kind that keeps its form, and whose id is bound; None if it is another."""
    kind = block.get("type")
    found = _OTHERS.get(kind) if isinstance(kind, str) else None
    if found is None:
        return None
    member, is_call = found
    if is_call and role != "assistant":
        return None
    own = derived(dict(block), block)
    if isinstance(own.get(member), str):
        log.append(Bound(own, member, is_call, named=False))
    return own


def bound(block: JSON, log: Log) -> JSON:
    """A block of a message that stays as it is: the id of a canonical call or result is bound."""
    if not isinstance(block, dict):
        return block
    is_call = block.get("type") == CALL and "input" not in block and _is_id(block.get("id"))
    if not is_result(block) and not (is_call and isinstance(block.get("name"), str)):
        return block
    own = derived(dict(block), block)
    log.append(Bound(own, "id", is_call, named=True))
    return own


def log_item(item: Members, log: Log) -> None:
    """Note an item of OpenAI Responses whose id is bound."""
    kind = item.get("type")
    if isinstance(kind, str) and isinstance(item.get("call_id"), str):
        if kind in _ITEMS:
            log.append(Bound(item, "call_id", is_call=True, named=False))
        elif kind.endswith("_output") and kind[: -len("_output")] in _ITEMS:
            log.append(Bound(item, "call_id", is_call=False, named=False))


def from_entry(entry: JSON, log: Log) -> Members | None:
    """An entry of OpenAI's `tool_calls`; None if it is not a function call."""
    if not isinstance(entry, dict) or entry.get("type", "function") != "function":
        return None
    function = entry.get("function")
    if not isinstance(function, dict) or "name" not in function:
        return None
    if "arguments" in entry or not disjoint(function, ("id", *entry)):
        return None
    return call({**_but(entry, *_ENTRY), **function}, log)


def call(members: Members, log: Log) -> Members | None:
    """A call block of `{id?, name, arguments?, ...}`; None if these have other types.

    One with a member `input` is not read as a call again, so its id stays. [NORM-24]
    """
    name, old = members.get("name"), members.get("id")
    if not isinstance(name, str) or "type" in members or not _is_id(old):
        return None
    block: Members = {"type": CALL, "id": old, "name": name}
    if "arguments" in members:
        block["arguments"] = arguments(members["arguments"])
    for member in members:
        if member not in block and not (member == "annotations" and members[member] == []):
            block[member] = members[member]
    if "input" not in block:
        return _logged(block, members, log)
    if old is None:
        del block["id"]
    return derived(block, members)


def result(members: Members, log: Log) -> Members | None:
    """A result block of `{id?, name?, content?, ...}`; None if its id has another type."""
    old = members.get("id")
    if "type" in members or not _is_id(old):
        return None
    block: Members = {"type": RESULT, "id": old}
    if "name" in members:
        block["name"] = members["name"]
    if "content" in members:
        block["content"] = content(members["content"])
    for member in members:
        if member not in block:
            block[member] = members[member]
    return _logged(block, members, log)


def is_result(value: JSON) -> bool:
    """Whether a block is a canonical tool result."""
    return (
        isinstance(value, dict)
        and value.get("type") == RESULT
        and "tool_use_id" not in value
        and _is_id(value.get("id"))
    )


def _call_block(block: Members, member: str, log: Log) -> Members | None:
    if "arguments" in block and (member != "arguments" or "input" in block):
        return None
    members = _but(block, "type")
    rename(members, member, "arguments")
    return call(members, log)


def _result_block(block: Members, log: Log) -> Members | None:
    members = _but(block, "type")
    if "tool_use_id" in members:
        if "id" in members:
            return None
        members["id"] = members.pop("tool_use_id")
    return result(members, log)


def _logged(block: Members, source: Members, log: Log) -> Members:
    block = derived(block, source)
    log.append(Bound(block, "id", block["type"] == CALL, named=True))
    return block


def _is_id(value: JSON) -> bool:
    return value is None or isinstance(value, str)


def _but(members: Members, *names: str) -> Members:
    return {k: v for k, v in members.items() if k not in names}
