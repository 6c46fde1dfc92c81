"""The canonical body: members under one name, in one order. [NORM-6] [NORM-13] [NORM-14]

Every chat dialect comes through here, and what comes out is a fixed point of it.
"""

from __future__ import annotations

from ..._base.model import JSON
from . import tools
from .content import blocks, content, joined, parts
from .conversation import SYSTEM_ROLES, conversation
from .members import Members, rename
from .trace import derived

_FIRST = (
    "model",
    "system",
    "messages",
    "tools",
    "tool_choice",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "response_format",
    "context",
    "max_tokens",
)

#: Members under another name; the first that stands takes it. [NORM-13]
_RENAMED = (
    ("max_completion_tokens", "max_tokens"),
    ("max_output_tokens", "max_tokens"),
    ("maxOutputTokens", "max_tokens"),
    ("think", "thinking"),
    ("output_format", "response_format"),
    ("format", "response_format"),
)
_RENAMED_NAMES = frozenset(old for old, _ in _RENAMED)

#: What a conversation rests on outside its messages. [NORM-14]
_CONTEXT = frozenset(
    (
        "previous_response_id",
        "conversation",
        "prompt",
        "cached_content",
        "cachedContent",
        "documents",
        "container",
        "connectors",
        "mcp_servers",
        "data_sources",
        "search_parameters",
        "web_search_options",
        "plugins",
        "promptVariables",
    )
)


def canonical(members: Members) -> Members:
    """The canonical body of members that this call may change in place."""
    messages = members.get("messages")
    if isinstance(messages, list):
        members["messages"] = conversation(messages)
        _lead(members)
    elif isinstance(members.get("system"), list):
        _lead_text(members, [])
    _rename_members(members)
    if "tools" in members:
        members["tools"] = tools.tools(members["tools"])
    if "tool_choice" in members:
        members["tool_choice"] = tools.choice(members["tool_choice"])
    _gather_context(members)
    return in_order(members)


def in_order(members: Members) -> Members:
    """Canonical members first, the others in the order received."""
    ordered = {name: members[name] for name in _FIRST if name in members}
    ordered.update(members)
    return ordered


# --- members of the body -----------------------------------------------------------------------


def _rename_members(members: Members) -> None:
    if not _RENAMED_NAMES.isdisjoint(members):
        for old, new in _RENAMED:
            rename(members, old, new)
    if "functions" in members:
        rename(members, "functions", "tools")
    if "function_call" in members and "tool_choice" not in members:
        choice = tools.legacy_choice(members["function_call"])
        if choice is not None:
            members["tool_choice"] = choice
            del members["function_call"]
    if "output_config" in members:
        move_from(members, "output_config", "format", "response_format")


def move_from(members: Members, holder: str, old: str, new: str) -> None:
    """Move a member of a member up; its holder goes when it held nothing else. [NORM-13]"""
    inner = members.get(holder)
    if not isinstance(inner, dict) or inner.get(old) is None or new in members:
        return
    members[new] = inner[old]
    rest = {k: v for k, v in inner.items() if k != old}
    if rest:
        members[holder] = derived(rest, inner)
    else:
        del members[holder]


def _gather_context(members: Members) -> None:
    if "context" in members or _CONTEXT.isdisjoint(members):
        return
    members["context"] = {name: members.pop(name) for name in list(members) if name in _CONTEXT}


# --- system text -------------------------------------------------------------------------------


def _lead(members: Members) -> None:
    """Move the leading run of system messages to `system`. [NORM-6]"""
    messages: list[JSON] = members["messages"]
    pieces: list[JSON] = []
    run = 0
    for message in messages:
        more = _system_parts(message)
        if more is None:
            break
        pieces.extend(more)
        run += 1
    if _lead_text(members, pieces) and run:
        members["messages"] = messages[run:]


def _lead_text(members: Members, pieces: list[JSON]) -> bool:
    """Put `pieces` behind the system text that stands; False if that has another type."""
    if "system" in members:
        given = members["system"]
        value = parts(blocks(given) if isinstance(given, list) else given)
        if value is None:
            members["system"] = content(given) if isinstance(given, list) else given
            return False
        pieces = value + pieces
    if pieces:
        members["system"] = joined(pieces)
    return True


def _system_parts(message: JSON) -> list[JSON] | None:
    if not isinstance(message, dict) or message.keys() != {"role", "content"}:
        return None
    return parts(message["content"]) if message["role"] in SYSTEM_ROLES else None
