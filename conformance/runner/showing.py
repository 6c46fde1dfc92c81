"""How values are shown: on one line, in ASCII, shortened."""

from __future__ import annotations

import json
import re
from typing import Any


class Token(str):
    """A number by its spelling."""


class Members(list):  # type: ignore[type-arg]
    """The members of an object, in order."""


ABSENT = object()


def window(text: str, at: int) -> str:
    """A text around a place."""
    start, end = max(0, at - 30), at + 50
    before, after = "..." if start else "", "..." if end < len(text) else ""
    return before + json.dumps(text[start:end], ensure_ascii=True) + after


def hex_window(data: bytes, at: int) -> str:
    """Bytes around a place, and eight of them in hexadecimal."""
    start, end = max(0, at - 30), at + 50
    text = ("..." if start else "") + ascii(data[start:end])[1:] + ("..." if data[end:] else "")
    octets = data[at : at + 8].hex(" ") or "the end"
    return f"{text} (there: {octets})"


def shown(value: Any) -> str:
    """A value on one line, shortened."""
    if value is ABSENT:
        return "nothing there"
    return shortened(json.dumps(unspelled(value), ensure_ascii=True, default=str), 300)


def unspelled(value: Any) -> Any:
    """A value that keeps tokens and order, as `json` can write it."""
    if isinstance(value, Members):
        return {name: unspelled(member) for name, member in value}
    return [unspelled(item) for item in value] if isinstance(value, list) else value


def spelled_text(value: Any) -> str:
    """A value that keeps tokens and order, by its kind."""
    if isinstance(value, Token):
        return f"the number {shortened(value, 300)}"
    if isinstance(value, Members):
        return f"the object {shown(value)}"
    return f"the array {shown(value)}" if isinstance(value, list) else shown(value)


def shortened(text: str, longest: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= longest else text[:longest] + "..."


def printable(text: str) -> str:
    """What another program wrote, without what drives a terminal; lines stay lines."""
    return re.sub(
        r"[^\n\t -~\u00a1-\u1fff\u2070-\ud7ff]", lambda found: ascii(found[0])[1:-1], text
    )
