"""A view as lines of text, for a screen and for a text diff. Pure.

A line is not escaped: who prints it does that, and says how a style looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .._base.model import JSON
from .recording import Recording, as_json
from .view import (
    Answer,
    Conversation,
    Media,
    Part,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
)

#: How a line looks: by what it says.
PLAIN, HEAD, ROLE, FAINT, ADDED, REMOVED = "plain", "head", "role", "faint", "added", "removed"

_INDENT = "    "
#: A JSON value up to so many characters is one line.
_ONE_LINE = 88
#: A list of more numbers, and a word of more characters, are shown by their size.
_NUMBERS, _WORD = 8, 200
_UNITS = ("kB", "MB", "GB")


class Line(NamedTuple):
    """A line of text, and how it looks."""

    text: str
    style: str = PLAIN


def of_recording(item: Recording) -> Iterator[Line]:
    """A recording as a conversation."""
    yield Line(f"{item.number}: {item.method} {item.url}", HEAD)
    yield Line(_INDENT + ", ".join(_facts(item)), FAINT)
    yield from of_conversation(item.asked)
    if item.answered is not None:
        yield from of_answer(item.answered)
    if item.redacted:
        yield Line(f"redacted: {', '.join(item.redacted)}", FAINT)


def _facts(item: Recording) -> Iterator[str]:
    answered = item.answered
    if item.status is not None:
        yield str(item.status)
    if item.failure:
        yield f"failed: {item.failure}"
    if item.asked.model:
        yield item.asked.model
    if answered is not None:
        events = f" in {count(answered.events, 'event')}" if answered.events else ""
        yield size(item.size) + events + (" (broken off)" if item.truncated else "")
    yield f"key {item.match_key}"
    if item.recorded_at:
        yield f"recorded at {item.recorded_at}"
    origin = item.origin
    if origin.recorder:
        yield f"by {origin.recorder}" + (f" for {origin.sdk}" if origin.sdk else "")
    if origin.kind != "recorded":
        yield f"origin: {origin.kind}" + (f" ({origin.source})" if origin.source else "")


def of_conversation(asked: Conversation) -> Iterator[Line]:
    """What was asked."""
    for turn in asked.turns:
        yield from _turn(turn.role or "message", turn)
    if asked.tools:
        yield Line("tools", ROLE)
        for tool in asked.tools:
            yield Line(_INDENT + _tool(tool), FAINT)
    if asked.settings:
        yield Line("settings" if asked.turns else "body", ROLE)
        for name, value in asked.settings:
            yield from _indented(_json(value, f"{name}: "), FAINT if asked.turns else PLAIN)


def of_answer(answered: Answer) -> Iterator[Line]:
    """What was answered."""
    several = len(answered.turns) > 1
    for number, turn in enumerate(answered.turns, 1):
        yield from _turn(f"answer {number}" if several else "answer", turn)
    if answered.error:
        yield Line("error", ROLE)
        yield from _indented(answered.error.split("\n"))
    last = [f"stopped: {turn.finish}" for turn in answered.turns if turn.finish][:1]
    last += _tokens(answered.usage)
    if last:
        yield Line(", ".join(last), FAINT)


def _turn(name: str, turn: Turn) -> Iterator[Line]:
    yield Line(name, ROLE)
    for part in turn.parts:
        yield from _indented(_part(part), FAINT if isinstance(part, Reasoning) else PLAIN)


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Text):
        yield from part.text.split("\n")
    elif isinstance(part, Reasoning):
        yield "[thinking]" if part.text else "[thinking, encrypted]"
        yield from part.text.split("\n") if part.text else ()
    elif isinstance(part, Media):
        yield _media(part)
    elif isinstance(part, ToolCall):
        yield from _json(part.arguments, f"-> {part.name} ")
    elif isinstance(part, ToolResult):
        yield f"<- {part.name or part.id}"
        for each in part.parts:
            yield from (_INDENT + line for line in _part(each))
    else:
        yield from _json(part.value, f"[{part.kind}] " if part.kind else "")


def _media(part: Media) -> str:
    facts = [part.media_type or part.kind]
    if part.size is not None:
        facts.append(size(part.size))
    if part.source:
        facts.append(_short(part.source))
    return f"[{', '.join(facts)}]"


def _tool(tool: Tool) -> str:
    says = tool.description.strip().partition("\n")[0]
    return f"{tool.name}({', '.join(tool.parameters)})" + (f": {says}" if says else "")


def _tokens(usage: Usage) -> list[str]:
    if usage.input is None and usage.output is None:
        return [] if usage.total is None else [f"{usage.total} tokens"]
    details = ((usage.cached, "cached"), (usage.reasoning, "reasoning"))
    more = ", ".join(f"{number} {name}" for number, name in details if number)
    return [
        f"{usage.input or 0} tokens in, {usage.output or 0} out" + (f" ({more})" if more else "")
    ]


def _indented(texts: Iterable[str], style: str = PLAIN) -> Iterator[Line]:
    return (Line(_INDENT + text if text else "", style) for text in texts)


def _json(value: JSON, before: str) -> Iterator[str]:
    """A JSON value behind a few words, on one line if it is short."""
    shown = _shortened(as_json(value))
    text = json.dumps(shown, ensure_ascii=False)
    if len(text) > _ONE_LINE and isinstance(shown, (dict, list)):
        text = json.dumps(shown, ensure_ascii=False, indent=2)
    yield from (before + text).split("\n")


def _shortened(value: JSON) -> JSON:
    """A value without what nobody reads: long vectors, and data in base64."""
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    if isinstance(value, list):
        if len(value) > _NUMBERS and all(isinstance(each, (int, float)) for each in value):
            return f"[{len(value)} numbers]"
        return [_shortened(each) for each in value]
    return _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    if len(text) <= _WORD or any(map(str.isspace, text[:_WORD])):
        return text
    return f"{text[:40]}... ({len(text)} characters)"


def size(number: int) -> str:
    """A number of bytes, as a person reads it."""
    if number < 1000:
        return count(number, "byte")
    amount = float(number)
    for unit in _UNITS:
        amount /= 1000
        if amount < 999.95 or unit == _UNITS[-1]:
            break
    return f"{amount:.1f} {unit}"


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
