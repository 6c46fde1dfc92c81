"""Whether a live answer is still like a recorded one: same, reworded, or of another shape. Pure.

A model words its answers otherwise each time. What code depends on is the shape: which members
there are and of which types, the order of the events, the tools that are called, and why the model
stopped. Arguments of tools are words, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from .._base.model import JSON, Body, RecordedResponse
from .._base.vocabulary import FIRST_ERROR
from .._bodies import forms
from .._text.canonical import comparable
from .._views.payloads import Payload, declared

SAME, REWORDED, CHANGED, GONE = "same", "reworded", "changed", "gone"

_GONE = (404, 410)
#: Members whose values differ in each answer, and mean nothing for a test.
_UNIQUE = frozenset(
    ("id", "created", "created_at", "createTime", "system_fingerprint", "request_id", "responseId")
)
#: Members whose values decide what code does.
_DECISIVE = frozenset(
    ("type", "role", "object", "finish_reason", "stop_reason", "finishReason", "stopReason")
)
#: Members that hold the arguments of a tool, beside its name.
_ARGUMENTS = ("arguments", "input", "args")


class Words(NamedTuple):
    """What two answers are called."""

    before: str
    after: str

    def change(self, place: str, before: object, after: object) -> str:
        """A line that says what has changed."""
        return f"{place}: {self.before} {before} / {self.after} {after}"


#: In mode ``verify``.
VERIFY = Words("recorded", "live")


class Compared(NamedTuple):
    """A live answer beside a recorded one.

    Attributes:
        result: `SAME`, `REWORDED`, `CHANGED` or `GONE`.
        changes: what has changed, each as a line.
    """

    result: str
    changes: tuple[str, ...] = ()


def compared(recorded: RecordedResponse, live: RecordedResponse, words: Words = VERIFY) -> Compared:
    """Compare two answers as they are stored.

    Args:
        recorded: the earlier answer.
        live: the later one.
        words: how the lines of changes name them.
    """
    if recorded.status != live.status:
        is_gone = live.status in _GONE and recorded.status < FIRST_ERROR
        change = words.change("status", recorded.status, live.status)
        return Compared(GONE if is_gone else CHANGED, (change,))
    if type(recorded.body) is not type(live.body):
        names = (type(each.body).__name__ for each in (recorded, live))
        return Compared(CHANGED, (words.change("body", *names),))
    ours, theirs = list(declared(live.body)), list(declared(recorded.body))
    changes = tuple(_changes(theirs, ours, words))
    if changes:
        return Compared(CHANGED, changes)
    return Compared(SAME if _is_same(recorded.body, live.body) else REWORDED)


def shape_changes(expected: JSON, answer: JSON) -> Iterator[str]:
    """Where the shapes of two JSON values differ, with those of the arguments of tools."""
    before, now = (_facts([Payload("", value)], of_arguments=True) for value in (expected, answer))
    for path in sorted({*before, *now}):
        one, other = before.get(path, set()), now.get(path, set())
        if one != other:
            yield f"{path or 'the whole'}: expected {_listed(one)} / answer {_listed(other)}"


def _is_same(recorded: Body, live: Body) -> bool:
    theirs, ours = list(declared(recorded)), list(declared(live))
    if theirs or ours:
        texts = ([comparable(_lasting(each.value)) for each in parts] for parts in (theirs, ours))
        one, other = texts
        return one == other
    return forms.decode(recorded) == forms.decode(live)


def _lasting(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _lasting(each) for name, each in value.items() if name not in _UNIQUE}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def _changes(recorded: list[Payload], live: list[Payload], words: Words) -> Iterator[str]:
    theirs, ours = (
        [name for name, _ in groupby(each.label for each in parts)] for parts in (recorded, live)
    )
    if theirs != ours:
        yield words.change("events", ", ".join(theirs), ", ".join(ours))
    before, now = _facts(recorded), _facts(live)
    for path in sorted({*before, *now}):
        one, other = before.get(path, set()), now.get(path, set())
        if one != other:
            yield words.change(path, _listed(one), _listed(other))


def _listed(values: set[str]) -> str:
    return ", ".join(sorted(values)) or "(absent)"


def _facts(parts: list[Payload], *, of_arguments: bool = False) -> dict[str, set[str]]:
    """The types of values by their paths, and the values that decide."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for path, fact in _of_value(part.value, part.label, of_arguments=of_arguments):
            found.setdefault(path, set()).add(fact)
    return found


def _of_value(root: JSON, label: str, *, of_arguments: bool) -> Iterator[tuple[str, str]]:
    waiting = [(label, "", root)]
    while waiting:
        path, name, value = waiting.pop()
        if of_arguments and name in _ARGUMENTS:
            name, value = "", _spelled(value)
        if isinstance(value, dict) and name not in _ARGUMENTS:
            yield path, "object"
            is_call = any(each in value for each in _ARGUMENTS)
            for each, member in value.items():
                inner = f"{path}.{each}" if path else each
                if isinstance(member, str) and (each in _DECISIVE or (is_call and each == "name")):
                    yield inner, json.dumps(member, ensure_ascii=False)
                else:
                    waiting.append((inner, each, member))
        elif isinstance(value, list) and name not in _ARGUMENTS:
            yield path, "array"
            waiting += ((f"{path}[]", "", each) for each in value)
        else:
            yield path, _type(value)


def _spelled(value: JSON) -> JSON:
    """The arguments of a tool, which some providers send as a text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (dict, list, str)):
        return {dict: "object", list: "array", str: "string"}[type(value)]
    return "number"
