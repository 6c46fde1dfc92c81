"""The rules that hold for any mapping: nulls, caching hints, renamed members. [NORM-3] [NORM-4]"""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON

Members = dict[str, JSON]

#: What a caller says about caching is not what it asks. [NORM-4]
HINTS = frozenset(("cache_control", "cachePoint", "prompt_cache_breakpoint"))


def present(members: Members) -> Members:
    """A new mapping without null members and caching hints."""
    return {k: v for k, v in members.items() if v is not None and k not in HINTS}


def without_hints(members: Members) -> Members:
    """The mapping without caching hints; itself if it has none."""
    if HINTS.isdisjoint(members):
        return members
    return {k: v for k, v in members.items() if k not in HINTS}


def rename(members: Members, old: str, new: str) -> None:
    """Move a member in place, unless one of the new name is there: then both stand."""
    if old in members and new not in members:
        members[new] = members.pop(old)


def disjoint(one: Members, other: Iterable[str]) -> bool:
    """Whether two mappings can become one without loss."""
    return one.keys().isdisjoint(other)
