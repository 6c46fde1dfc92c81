"""What an answer rests on outside the messages: the members of `context`. [NORM-14]"""

from __future__ import annotations

from functools import cache

from ..._base.model import JSON
from ..._base.spec_data import data
from .members import Members
from .trace import derived

CONTEXT = "context"


def is_context(name: str) -> bool:
    """Whether the name is that of a member that is gathered."""
    return name in _names() or name.startswith(_prefixes())


def gather(members: Members) -> None:
    """Move these members of a body behind those of its object `context`, in place."""
    names, prefixes = _names(), _prefixes()
    found = [name for name in members if name in names or name.startswith(prefixes)]
    if not found:
        return
    given = members.get(CONTEXT, {})
    if not isinstance(given, dict):
        return
    context: Members = dict(given)
    for name in found:
        if name not in context:
            context[name] = _value(name, members.pop(name))
    if context:
        members[CONTEXT] = derived(context, given)


def _value(name: str, value: JSON) -> JSON:
    """A conversation is its id; any other value is as received."""
    if name == "conversation" and isinstance(value, str):
        return derived({"id": value}, value)
    return value


@cache
def _names() -> frozenset[str]:
    return frozenset(row["name"] for row in data("context-members")["members"])


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(row["prefix"] for row in data("context-members")["prefixes"])
