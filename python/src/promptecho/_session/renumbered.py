"""A stored body with other numbers of JSON-RPC calls; nothing but the tokens changes. [RPC-4]

A token is found in the text, and cut out there: what surrounds it keeps its spelling.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import singledispatch
from typing import NamedTuple

from .._base.errors import NotCanonical
from .._base.model import (
    JSON,
    NDJSON,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    FrameStream,
    JsonBody,
    TextBody,
    not_a_body,
)
from .._bodies.json_text import render
from .._text.canonical import comparable
from .._text.json import parse
from .call_numbers import Numbers, Tokens, is_number


@singledispatch
def renumbered(body: Body, numbers: Numbers) -> Body:
    """A body with the numbers of the calls that ask for it [RPC-5]."""
    not_a_body(body)


@renumbered.register(Empty)
@renumbered.register(BinaryBody)
@renumbered.register(BinaryStream)
def _(body: Body, numbers: Numbers) -> Body:
    return body


@renumbered.register(JsonBody)
def _(body: JsonBody, numbers: Numbers) -> Body:
    text = render(body.value, body.layout)
    changed = _in_text(text, numbers)
    return body if changed == text else TextBody(changed)


@renumbered.register(TextBody)
def _(body: TextBody, numbers: Numbers) -> Body:
    return TextBody(_in_text(body.text, numbers))


@renumbered.register(EventStream)
def _(body: EventStream, numbers: Numbers) -> Body:
    if body.framing == NDJSON:
        events = tuple(_in_text(event, numbers) for event in body.events)
        return body._replace(events=events, tail=_in_text(body.tail, numbers))
    return body._replace(events=tuple(_in_event(event, numbers) for event in body.events))


@renumbered.register(FrameStream)
def _(body: FrameStream, numbers: Numbers) -> Body:
    frames = (f._replace(payload=_in_text(f.payload, numbers)) for f in body.frames)
    return FrameStream(tuple(frames))


# --- texts -------------------------------------------------------------------------------------


class _Edit(NamedTuple):
    """A token, and what replaces it."""

    start: int
    end: int
    token: str


def _in_text(text: str, numbers: Numbers) -> str:
    return _edited(text, _edits(text, numbers))


def _edited(text: str, edits: list[_Edit]) -> str:
    for start, end, token in reversed(edits):
        text = text[:start] + token + text[end:]
    return text


_data_line = re.compile(r"^data: *(.*?) *$", re.MULTILINE).finditer


def event_data(event: str) -> str:
    """The data of a server-sent event; it may have several lines [BODY-10]."""
    return "\n".join(match.group(1) for match in _data_line(event))


def numbers_in(event: str) -> Numbers:
    """The numbers of calls in a server-sent event, each with itself as its value."""
    value = _parsed(event_data(event))
    found: dict[str, dict[str, str]] = {"ids": {}, "progress": {}}
    for item in value if isinstance(value, list) else [value]:
        place = _place(item) if isinstance(item, dict) else None
        if place is not None and is_number(place.value):
            text = comparable(place.value)
            found[place.kind][text] = text
    return Numbers(**found)


def _in_event(event: str, numbers: Numbers) -> str:
    """An event whose data is a JSON text."""
    lines = [match.span(1) for match in _data_line(event)]
    data = event_data(event)
    starts, at = [], 0  # where each line begins in `data`
    for start, end in lines:
        starts.append(at)
        at += end - start + 1
    edits = []
    for start, end, token in _edits(data, numbers):
        line = bisect_right(starts, start) - 1
        shift = lines[line][0] - starts[line]
        edits.append(_Edit(start + shift, end + shift, token))
    return _edited(event, edits)


def _edits(text: str, numbers: Numbers) -> list[_Edit]:
    """The tokens of a JSON text that are replaced, in order."""
    value = _parsed(text)
    at = _after_space(text, 0)
    if isinstance(value, dict):
        return _in_object(text, at, value, numbers)
    if isinstance(value, list):
        places = zip(_items(text, at), value)
        return [
            edit
            for place, item in places
            if isinstance(item, dict)
            for edit in _in_object(text, place, item, numbers)
        ]
    return []


def _parsed(text: str) -> JSON:
    """The value of a JSON text; None of another text."""
    try:
        return parse(text.encode("utf-8"))
    except (NotCanonical, UnicodeEncodeError):
        return None


class _Place(NamedTuple):
    """The number of a call in an answer, or in a notice of progress.

    Attributes:
        kind: `ids` or `progress`, where `Numbers` has it.
        steps: the names of the members that lead to it.
        value: the number.
    """

    kind: str
    steps: tuple[str, ...]
    value: JSON


def _place(value: dict[str, JSON]) -> _Place | None:
    """The number in an object, if it has one [RPC-4]."""
    if value.get("jsonrpc") != "2.0":
        return None
    is_progress = value.get("method") == "notifications/progress"
    params = value.get("params")
    if "id" in value and "method" not in value:
        return _Place("ids", ("id",), value["id"])
    if is_progress and isinstance(params, dict) and "progressToken" in params:
        return _Place("progress", ("params", "progressToken"), params["progressToken"])
    return None


def _in_object(text: str, at: int, value: dict[str, JSON], numbers: Numbers) -> list[_Edit]:
    place = _place(value)
    if place is None:
        return []
    tokens: Tokens = getattr(numbers, place.kind)
    token = tokens.get(comparable(place.value))
    if token is None:
        return []
    end = at
    for step in place.steps:
        at, end = _members(text, at)[step]
    return [_Edit(at, end, token)]


# --- places in a JSON text; it is known to be one ----------------------------------------------

_space = re.compile(r"[ \t\r\n]*").match
_value_at = json.JSONDecoder().raw_decode


def _after_space(text: str, at: int) -> int:
    found = _space(text, at)
    return found.end() if found else at


def _members(text: str, at: int) -> dict[str, tuple[int, int]]:
    """The places of the values of an object's members; the object begins at `at`."""
    found = {}
    at = _after_space(text, at + 1)
    while text[at] != "}":
        name, at = _value_at(text, at)
        start = _after_space(text, _after_space(text, at) + 1)
        end = _value_at(text, start)[1]
        found[name] = start, end
        at = _next(text, end)
    return found


def _items(text: str, at: int) -> Iterator[int]:
    """Where the items of an array begin; the array begins at `at`."""
    at = _after_space(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, _value_at(text, at)[1])


def _next(text: str, end: int) -> int:
    """The place of the next member or item, or of the bracket that closes them."""
    at = _after_space(text, end)
    return _after_space(text, at + 1) if text[at] == "," else at
