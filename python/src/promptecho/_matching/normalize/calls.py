"""Tool calls and their results: one shape, and ids that are names. [NORM-8] [NORM-10] [NORM-11]

A converter returns a new block and appends it to `log`, in the order of the conversation; `bind`
then renames the ids in those blocks in place.
"""

from __future__ import annotations

from collections import deque

from ..._base.errors import NotCanonical
from ..._base.model import JSON
from ..._text.json import parse
from .content import content
from .members import HINTS, Members, disjoint, rename, without_hints
from .trace import decoded, derived

CALL = "tool_call"
RESULT = "tool_result"

_ENTRY = frozenset(("type", "function"))

Log = list[Members]


def arguments(value: JSON) -> JSON:
    """What a JSON text of arguments encodes. [NORM-10]

    A text that encodes a string stays a text: it would be decoded again the next time.
    """
    if not isinstance(value, str):
        return value
    try:
        meant = parse(value.encode())
    except (NotCanonical, UnicodeEncodeError):
        return value
    return value if isinstance(meant, str) else decoded(meant, value)


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


def from_entry(entry: JSON, log: Log) -> Members | None:
    """An entry of OpenAI's `tool_calls`; None if it is not a function call."""
    if not isinstance(entry, dict) or entry.get("type", "function") != "function":
        return None
    function = entry.get("function")
    if not isinstance(function, dict):
        return None
    members = {k: v for k, v in entry.items() if k not in _ENTRY and k not in HINTS}
    inner = without_hints(function)
    if not disjoint(inner, members):
        return None
    members.update(inner)
    return call(members, log)


def call(members: Members, log: Log) -> Members | None:
    """A call block of `{id?, name, arguments?, ...}`; None if these have other types."""
    name, old = members.get("name"), members.get("id")
    if not isinstance(name, str) or "type" in members or not _is_id(old):
        return None
    block: Members = {"type": CALL, "id": old, "name": name}
    if "arguments" in members:
        block["arguments"] = arguments(members["arguments"])
    for member in members:
        if member not in block:
            block[member] = members[member]
    return _logged(block, members, log)


def result(members: Members, log: Log) -> Members | None:
    """A result block of `{id?, name?, content?, ...}`; None if these have other types."""
    name, old = members.get("name"), members.get("id")
    if "type" in members or not _is_id(old):
        return None
    if "name" in members and not isinstance(name, str):
        return None
    block: Members = {"type": RESULT, "id": old}
    if name is not None:
        block["name"] = name
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
        and isinstance(value.get("name", ""), str)
    )


def bind(log: Log) -> None:
    """Rename the ids of calls, and of the results that answer them. [NORM-11]

    A result whose call is not in the conversation keeps its id, which no call is given.
    """
    if not log:
        return
    pairs = _pairs(log)
    _number([block for block in log if block["type"] == CALL], {b["id"] for b, c in pairs if not c})
    for block, asked in pairs:
        if asked is not None:
            block["id"] = derived(str(asked["id"]), block["id"])
            if block.get("name") == asked["name"]:
                del block["name"]
        elif block["id"] is None:
            del block["id"]


def _pairs(log: Log) -> list[tuple[Members, Members | None]]:
    """Each result with its call: by id, else the first open one of its name before it."""
    answered = {block["id"] for block in log if block["type"] == RESULT}
    asked: dict[str, Members] = {}
    for block in log:
        if block["type"] == CALL and block["id"] is not None:
            asked.setdefault(block["id"], block)
    pairs: list[tuple[Members, Members | None]] = []
    unanswered: dict[JSON, deque[Members]] = {}
    for block in log:
        if block["type"] == RESULT:
            by_id = asked.get(block["id"])
            pairs.append((block, by_id if block["id"] is not None else _take(unanswered, block)))
        elif block["id"] is None or block["id"] not in answered:
            unanswered.setdefault(block["name"], deque()).append(block)
    return pairs


def _take(unanswered: dict[JSON, deque[Members]], block: Members) -> Members | None:
    named = unanswered.get(block.get("name"))
    return named.popleft() if named else None


def _number(calls: list[Members], taken: set[JSON]) -> None:
    names: dict[str, str] = {}
    number = 0
    for block in calls:
        old = block["id"]
        if old is None or old not in names:
            number += 1
            while (new := f"call_{number}") in taken:
                number += 1
            if old is None:
                block["id"] = new
                continue
            names[old] = new
        block["id"] = derived(names[old], old)


def _call_block(block: Members, member: str, log: Log) -> Members | None:
    members = _but(block, "type")
    if member != "arguments":
        if "arguments" in members:
            return None
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
    log.append(block)
    return block


def _is_id(value: JSON) -> bool:
    return value is None or isinstance(value, str)


def _but(members: Members, *names: str) -> Members:
    return {k: v for k, v in members.items() if k not in names}
