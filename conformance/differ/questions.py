"""Questions of the suite with a few of their values changed: still questions of the protocol.

The schema of the protocol says what may stand at a place, so a changed question is well-formed:
bytes stay bytes, and members stay where they are.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from runner.cases import Case, bytes_form, resolved
from runner.comparing import as_bytes, is_bytes, is_form
from runner.places import Place, question_place

from . import mutations
from .pools import HEADER_NAMES, HEADER_VALUES, LEFT_ALONE, METHODS, STATUSES, URL_PARTS


class Question(NamedTuple):
    """What is asked, and what it was made from."""

    op: str
    given: dict[str, Any]
    origin: str


class Spot(NamedTuple):
    """A value in a question that can be changed: its owner, its step, and its place."""

    owner: Any
    step: Any
    place: Place


#: How often an operation is asked; a session costs as much as ten of the others.
WEIGHTS = {
    "load": 20,
    "normalize": 18,
    "key": 14,
    "redact": 12,
    "encode": 8,
    "emit": 6,
    "replay": 6,
    "decode": 4,
    "canonical": 4,
    "query": 4,
    "miss": 4,
    "path": 2,
    "secret": 2,
}
MAX_SAFE = 2**53 - 1
LONGEST = 4000  # characters of a question that is changed


def usable(cases: list[Case], fixtures: Any) -> dict[str, list[Question]]:
    """The cases that are changed, by operation."""
    found: dict[str, list[Question]] = {op: [] for op in WEIGHTS}
    for case in cases:
        given = resolved(case.content["given"], fixtures)
        if case.op in found and len(json.dumps(given)) <= LONGEST:
            found[case.op].append(Question(case.op, given, case.name))
    return found


def mutated(random: Random, bases: dict[str, list[Question]]) -> Question:
    """A question with one to three values changed, the answer to which does not need a clock."""
    while True:
        question = changed_case(random, bases)
        text = json.dumps(question.given).lower()
        if not ("retry-after" in text and " gmt" in text):
            return question


def changed_case(random: Random, bases: dict[str, list[Question]]) -> Question:
    """A question with one to three values changed."""
    op = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    base = random.choice(bases[op])
    given = copy.deepcopy(base.given)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        found = spots(given, question_place(op))
        if found:
            spot = random.choice(found)
            other = random.choice(bases[op]).given
            spot.owner[spot.step] = changed(random, spot, other)
    return Question(op, given, base.origin)


def spots(value: Any, place: Place) -> list[Spot]:
    """The values that can be changed, in order; those of options and modes are left as they are."""
    found: list[Spot] = []
    walk(value, place, found)
    return found


def walk(value: Any, place: Place, found: list[Spot]) -> None:
    """Collect the spots below a value."""
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in list(steps):
        at = place.member(step) if isinstance(value, dict) else place.item(step)
        if step in LEFT_ALONE or (step in ("body", "events") and value.get("binary")):
            continue
        if is_leaf(step, inner, at):
            found.append(Spot(value, step, at))
        elif isinstance(inner, (dict, list)):
            walk(inner, at, found)


def is_leaf(step: Any, value: Any, place: Place) -> bool:
    """Whether a value is changed as a whole."""
    if is_bytes(value) and place.is_bytes:
        return True
    if is_form(value, "json") and place.is_json_text:
        return True
    if step == "body" and not place.is_bytes and not place.is_json_text:
        return True
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def changed(random: Random, spot: Spot, other: dict[str, Any]) -> Any:
    """Another value for a spot."""
    value, step, place = spot.owner[spot.step], spot.step, spot.place
    if is_form(value, "json") and place.is_json_text:
        return {"json": json_text(random, value["json"])}
    if place.is_bytes:
        return bytes_form(some_bytes(random, as_bytes(value), other))
    if step == "method":
        return random.choice(METHODS)
    if step == "status":
        return random.choice(STATUSES)
    if step in ("url", "query"):
        start = re.match(r"(?:[a-zA-Z]+:)?(?://[^/?#]*)?/?", value)
        head = start[0] if start and step == "url" else ""
        return head + inserted(random, value[len(head) :], URL_PARTS)
    if isinstance(spot.owner, list) and len(spot.owner) == 2 and isinstance(value, str):
        return random.choice(HEADER_NAMES if step == 0 else HEADER_VALUES)
    if step == "body" and isinstance(value, str):  # a JSON text of `normalize`, or a text
        return sound(json_text(random, value))
    if isinstance(value, str):
        return sound(inserted(random, value, mutations.HOSTILE))
    return another(random, value) if step == "body" else value


def json_text(random: Random, text: str) -> str:
    """Another JSON text: another value, or the same with another spelling of a number."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(another(random, value), ensure_ascii=random.random() < 0.5)


def another(random: Random, value: Any) -> Any:
    """Another value; an object or an array stays one, because rules are for these."""
    found = unnumbered(sound_value(mutations.tree(random, value)))
    if isinstance(value, dict) and not isinstance(found, dict):
        return {"a": found}
    return [found] if isinstance(value, list) and not isinstance(found, (dict, list)) else found


def unnumbered(value: Any) -> Any:
    """A JSON value without names like `0`: JavaScript puts such members of plain JSON first."""
    if isinstance(value, dict):
        return {f"n{name}" if name.isdigit() else name: unnumbered(value[name]) for name in value}
    return [unnumbered(item) for item in value] if isinstance(value, list) else value


def some_bytes(random: Random, data: bytes, other: dict[str, Any]) -> bytes:
    """Other bytes: by value where they are JSON, by line where they are a file, or by octet."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return mutations.octets(random, data, [data])
    if random.random() < 0.7:
        try:
            value = json.loads(text)
        except ValueError:
            pass
        else:
            spaces = random.choice((None, (",", ":")))
            return json.dumps(
                sound_value(mutations.tree(random, value)), separators=spaces
            ).encode()
    if "\n" in text and random.random() < 0.8:
        pool = [as_bytes(each).decode("utf-8", "replace") for each in byte_forms(other)] or [text]
        return sound(mutations.lines(random, text, pool)).encode()
    return mutations.octets(random, data, [data])


def byte_forms(value: Any) -> list[dict[str, str]]:
    """Every form of bytes in a question."""
    if is_bytes(value):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [form for each in inner for form in byte_forms(each)]


def inserted(random: Random, text: str, parts: Sequence[str]) -> str:
    """A text with a part put in, over a few characters or between two."""
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(parts) + text[at + random.choice((0, 0, 0, 1, 3)) :]


def sound(text: str) -> str:
    """A text without lone surrogates: no pipe of UTF-8 carries them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def sound_value(value: Any) -> Any:
    """A JSON value whose texts are sound, and whose integers are inside the guard."""
    if isinstance(value, dict):
        return {sound(name): sound_value(member) for name, member in value.items()}
    if isinstance(value, list):
        return [sound_value(item) for item in value]
    if isinstance(value, int) and abs(value) > MAX_SAFE:
        return MAX_SAFE
    return sound(value) if isinstance(value, str) else value
