"""The smallest question that still shows a difference of the same kind."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, Callable

from .questions import Question

BATCH = 60
ABSOLUTE = re.compile(r"https?://[^/?#]")
MOST = 300  # questions that are tried for one fault

Check = Callable[[list[Question]], list[bool]]


def smallest(question: Question, still: Check) -> Question:
    """A question with as much left out as possible.

    Args:
        question: what shows a difference.
        still: which of some questions show it, too.
    """
    tried = 0
    while tried < MOST:
        tries = [question._replace(given=each) for each in smaller(question.given)]
        tries = [each for each in tries if size(each) < size(question) and is_sound(each)]
        tries.sort(key=size)
        for start in range(0, len(tries), BATCH):
            part = tries[start : start + BATCH]
            tried += len(part)
            better = [each for each, holds in zip(part, still(part)) if holds]
            if better:
                question = better[0]
                break
        else:
            break
    return question


def is_sound(question: Question) -> bool:
    """Whether all its URLs are absolute; in questions that hold only a URL any is allowed."""
    return question.op == "path" or all(map(ABSOLUTE.match, urls(question.given)))


def urls(value: Any) -> Iterator[str]:
    """The URLs of all requests in a question."""
    if isinstance(value, dict):
        if isinstance(value.get("url"), str):
            yield value["url"]
        for member in value.values():
            yield from urls(member)
    elif isinstance(value, list):
        for item in value:
            yield from urls(item)


def size(question: Question) -> int:
    """The length of a question as it is sent."""
    return len(json.dumps(question.given))


def smaller(value: Any) -> Iterator[Any]:
    """A value with one thing left out, at every place."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield {other: kept for other, kept in value.items() if other != name}
            for inner in smaller(member):
                yield {**value, name: inner}
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield [*value[:at], *value[at + 1 :]]
            for inner in smaller(item):
                yield [*value[:at], inner, *value[at + 1 :]]
    elif isinstance(value, str) and value:
        yield from smaller_text(value)


def smaller_text(text: str) -> Iterator[str]:
    """A text with a line, a half or a character left out; a JSON text by its value."""
    try:
        tree = json.loads(text)
    except ValueError:
        tree = None
    if isinstance(tree, (dict, list)):
        yield from (json.dumps(each, ensure_ascii=False) for each in smaller(copy.deepcopy(tree)))
        return
    lines = text.splitlines(keepends=True)
    if len(lines) > 2:
        for count in (len(lines) // 2, 4, 1):
            for at in range(0, len(lines), count or 1):
                yield "".join([*lines[:at], *lines[at + (count or 1) :]])
    half = len(text) // 2
    if half and len(lines) <= 40:
        yield text[:half]
        yield text[half:]
    if len(text) <= 60:
        yield from (text[:at] + text[at + 1 :] for at in range(len(text)))
