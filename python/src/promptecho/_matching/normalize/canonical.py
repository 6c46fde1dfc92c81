"""The canonical body: members under one name, in one order. [NORM-6] [NORM-15]

Every chat dialect comes through here, and what comes out is a fixed point of it.
"""

from __future__ import annotations

from ..._base.model import JSON
from . import chat_paths, tools
from .content import blocks, content, joined, parts
from .context import CONTEXT, gather
from .conversation import SYSTEM_ROLES, conversation
from .members import Members

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

#: What brings tools of its own, so that no tools are not the same as an empty list. [NORM-22]
_BRING_TOOLS = frozenset(("prompt", "agent_id", "assistant_id", "conversation"))

#: What the next pass would move to the place of `tools` or `tool_choice` if it was free. [NORM-22]
_WAITING = (
    ("functions",),
    ("function_call",),
    ("tool_config", "function_calling_config"),
    ("toolConfig", "tools"),
    ("toolConfig", "toolChoice"),
)


def canonical(members: Members, *, strict: str | None = None) -> Members:
    """The canonical body of members that this call may change in place.

    Args:
        members: the body, in the shapes of the `messages` dialect.
        strict: what `strict` of a function tool is where it is absent [NORM-25].
    """
    messages = members.get("messages")
    if isinstance(messages, list):
        members["messages"] = conversation(messages)
        _lead(members)
    elif isinstance(members.get("system"), list):
        _lead_text(members, [])
    chat_paths.move(members, chat_paths.EACH)
    _legacy_choice(members)
    if "tools" in members:
        members["tools"] = tools.tools(members["tools"], strict=strict)
    if "tool_choice" in members:
        members["tool_choice"] = tools.choice(members["tool_choice"])
    gather(members)
    _drop_idle_tools(members)
    return in_order(members)


def in_order(members: Members) -> Members:
    """Canonical members first, the others in the order received."""
    ordered = {name: members[name] for name in _FIRST if name in members}
    ordered.update(members)
    return ordered


# --- members of the body -----------------------------------------------------------------------


def _legacy_choice(members: Members) -> None:
    """OpenAI's former `function_call` is `tool_choice`. [NORM-13]"""
    if "function_call" in members and "tool_choice" not in members:
        choice = tools.legacy_choice(members["function_call"])
        if choice is not None:
            members["tool_choice"] = choice
            del members["function_call"]


def _drop_idle_tools(members: Members) -> None:
    """Drop a choice and a list of tools that say nothing. [NORM-22]"""
    given = members.get("tools")
    if not isinstance(given, list) or any(chat_paths.find(members, names) for names in _WAITING):
        return
    if given:
        if members.get("tool_choice") == {"mode": "auto"}:
            del members["tool_choice"]
    elif _BRING_TOOLS.isdisjoint(members) and _BRING_TOOLS.isdisjoint(_context(members)):
        del members["tools"]


def _context(members: Members) -> Members:
    context = members.get(CONTEXT)
    return context if isinstance(context, dict) else {}


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
