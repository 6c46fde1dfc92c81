"""What must hold of one implementation by itself.

What was redacted is clean: a request and an answer as they are stored stay so if they are redacted
again. What was normalized is normalized: a canonical body is its own canonical body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runner.comparing import Difference, difference
from runner.places import ANYTHING

from .pairs import Found, Pair
from .questions import Question


def broken(pair: Pair, questions: list[Question]) -> list[Found]:
    """The questions for which a property does not hold, for either implementation."""
    first = pair.answers([each for each in questions if again(each, {}) is not None])
    asked = [each for each in questions if again(each, {}) is not None]
    found: list[Found] = []
    for side, answers in enumerate(first):
        pairs = [(q, a["ok"]) for q, a in zip(asked, answers) if "ok" in a]
        seconds = [(q, ok, again(q, ok)) for q, ok in pairs]
        mine = [(q, ok, second) for q, ok, second in seconds if second and second.given]
        replies = pair.answers([second for _, _, second in mine])[side]
        for (question, ok, _), reply in zip(mine, replies):
            found += unstable(question, ok, reply.get("ok"), pair.names[side])
    return found


def again(question: Question, ok: dict[str, Any]) -> Question | None:
    """The question about an answer; None if its operation has no property."""
    if question.op == "normalize" and "a" not in question.given:
        given = {**question.given, "body": json.dumps(ok["body"])} if ok else {}
        return question._replace(given=given)
    if question.op == "redact":
        return question._replace(given=stored_again(question.given, ok) if ok else {})
    return None


def stored_again(given: dict[str, Any], ok: dict[str, Any]) -> dict[str, Any]:
    """A question with what was stored in the place of what was sent."""
    if any(name.startswith("__") for name in ok["body"]):
        return {}  # a form, or bytes: its members are no request of JSON
    body = {"utf8": json.dumps(ok["body"])}
    types = [["content-type", "application/json"]]
    request = {**given["request"], "url": ok["url"], "headers": types, "body": body}
    return {**given, "request": request}


#: What must be the same the second time. An answer is not compared: it is asked as it came.
COMPARED = {"normalize": ("body",), "redact": ("body", "url")}


def unstable(
    question: Question, before: dict[str, Any], after: dict[str, Any] | None, name: str
) -> Iterator[Found]:
    """What is not the same the second time."""
    if after is None:
        yield Found(question, Difference(f"/twice/{name}", "an answer", "nothing there"))
        return
    for member in COMPARED[question.op]:
        at = f"/twice/{name}/{member}"
        unequal = difference(before[member], after[member], at, ANYTHING)
        if unequal:
            yield Found(question, unequal)
            return
