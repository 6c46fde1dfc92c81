"""The rules that hold for any mapping: nulls, caching hints, renamed members. [NORM-3] [NORM-4]"""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from .trace import derived

Members = dict[str, JSON]

#: What a caller says about caching is not what it asks. [NORM-4]
HINTS = frozenset(("cache_control", "cachePoint", "prompt_cache_breakpoint"))

#: Objects whose members a rule puts beside those of what holds them. [NORM-3]
_INNER = frozenset(
    (
        "function",
        "function_call",
        "function_response",
        "inline_data",
        "file_data",
        "file",
        "input_audio",
        "image_url",
        "audio_url",
        "video_url",
        "document_url",
        "toolUse",
        "toolResult",
        "toolSpec",
        "tool_calls",
    )
)
_SPECIAL = HINTS | _INNER


def present(members: Members) -> Members:
    """A new mapping without null members and caching hints, also in inner objects."""
    return {
        name: _inner(name, value) if name in _INNER else value
        for name, value in members.items()
        if value is not None and name not in HINTS
    }


def clean(members: Members) -> Members:
    """As :func:`present`; the mapping itself if there is nothing to leave out."""
    if _SPECIAL.isdisjoint(members) and None not in members.values():
        return members
    return derived(present(members), members)


def _inner(name: str, value: JSON) -> JSON:
    if isinstance(value, dict) and name != "tool_calls":
        return clean(value)
    if isinstance(value, list) and name == "tool_calls":
        return [clean(entry) if isinstance(entry, dict) else entry for entry in value]
    return value


def without_hints(members: Members) -> Members:
    """The mapping without caching hints; itself if it has none."""
    if HINTS.isdisjoint(members):
        return members
    return {k: v for k, v in members.items() if k not in HINTS}


def rename(members: Members, old: str, new: str) -> None:
    """Move a member in place, unless one of the new name is there: then both stay."""
    if old in members and new not in members:
        members[new] = members.pop(old)


def disjoint(one: Members, other: Iterable[str]) -> bool:
    """Whether two mappings can become one without loss."""
    return one.keys().isdisjoint(other)
