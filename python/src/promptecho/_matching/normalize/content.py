"""Content of messages: strings and blocks, and system text. [NORM-5] [NORM-6]"""

from __future__ import annotations

from ..._base.model import JSON
from .media import media
from .members import Members, clean
from .trace import derived


def content(value: JSON) -> JSON:
    """Canonical content: a string, or a list of blocks; anything else stays."""
    return collapse(blocks(value)) if isinstance(value, list) else value


def collapse(items: list[JSON]) -> JSON:
    """One plain text block is its text. [NORM-5]"""
    return items[0]["text"] if len(items) == 1 and is_plain(items[0]) else items


def blocks(items: list[JSON]) -> list[JSON]:
    """Canonical blocks; one that held only nulls and caching hints is gone. [NORM-4]"""
    cleaned = ((item, block(item)) for item in items)
    return [new for old, new in cleaned if new != {} or old == {}]


def block(value: JSON) -> JSON:
    """A block without inline data and what says nothing, also inside a result or a document."""
    return block_of(clean_block(value)) if isinstance(value, dict) else value


def block_of(members: Members) -> Members:
    """The block that a clean one is."""
    made = media(members)
    source = made.get("source")
    if isinstance(source, dict) and isinstance(source.get("content"), list):
        inner = {**source, "content": blocks(source["content"])}
        made = derived({**made, "source": inner}, members)
    return made


def clean_block(value: Members) -> Members:
    """A block without nulls, caching hints and what says nothing. [NORM-21]"""
    members = clean(value)
    if "annotations" in members and members["annotations"] == []:
        members = derived(_but(members, "annotations"), value)
    if members.get("is_error") is False and members.get("type") == "tool_result":
        members = derived(_but(members, "is_error"), value)
    return members


def _but(members: Members, name: str) -> Members:
    return {k: v for k, v in members.items() if k != name}


def text_block(text: str) -> Members:
    """A plain text block."""
    return {"type": "text", "text": text}


def is_plain(value: JSON) -> bool:
    """Whether a block is text and nothing else."""
    return (
        isinstance(value, dict)
        and len(value) == 2
        and value.get("type") == "text"
        and isinstance(value.get("text"), str)
    )


def parts(value: JSON) -> list[JSON] | None:
    """System text as a list of strings and blocks; None if it is neither. [NORM-6]"""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [item["text"] if is_plain(item) else item for item in value]
    return None


def joined(pieces: list[JSON]) -> JSON:
    """Parts that are all text are one string; otherwise they are blocks. [NORM-6]"""
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0]
    if all(isinstance(piece, str) for piece in pieces):
        return derived("\n".join(pieces), pieces[0])
    return [text_block(piece) if isinstance(piece, str) else piece for piece in pieces]
