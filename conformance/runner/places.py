"""Where a line holds bytes, a JSON text or a text: `protocol.schema.json` says it, per place.

`{"utf8": "a"}` is bytes in `chunks` of `decode`, and an object with one member in `body` of
`normalize`. So the shape of a value decides nothing; its place does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from .cases import HERE

SCHEMA = HERE / "protocol.schema.json"
BYTES, JSON_TEXT = "#/$defs/bytes", "#/$defs/json"


class Place(NamedTuple):
    """A place in an answer, or in a question.

    Attributes:
        schemas: the alternatives for its value; none where any JSON value may stand.
    """

    schemas: tuple[dict[str, Any], ...] = ()

    @property
    def is_bytes(self) -> bool:
        """Whether an object at this place is a form of bytes."""
        return any(each.get("$ref") == BYTES for each in self.schemas)

    @property
    def is_json_text(self) -> bool:
        """Whether an object at this place is a JSON value by its spelling."""
        return any(each.get("$ref") == JSON_TEXT for each in self.schemas)

    @property
    def is_text(self) -> bool:
        """Whether `$text` of an expectation may stand here."""
        return any(each.get("type") == "string" for each in self.schemas)

    def member(self, name: str) -> Place:
        """The place of a member of an object."""
        return Place(tuple(found for each in self.schemas for found in _of_member(each, name)))

    def item(self, index: int) -> Place:
        """The place of an item of a list."""
        return Place(tuple(found for each in self.schemas for found in _of_item(each, index)))


ANYTHING = Place()


@cache
def answer_place(op: str) -> Place:
    """The place of `ok` in an answer to an operation."""
    return Place(tuple(_alternatives({"$ref": f"#/$defs/ok_{op}"})))


@cache
def question_place(op: str) -> Place:
    """The place of `given` in a question of an operation."""
    return Place(tuple(_alternatives({"$ref": f"#/$defs/given_{op}"})))


@cache
def _definitions() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"])


def _alternatives(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):  # `true`: anything
        return
    reference = schema.get("$ref")
    if reference in (BYTES, JSON_TEXT):
        yield schema
    elif reference:
        yield from _alternatives(_definitions()[reference.rpartition("/")[2]])
    else:
        yield schema
        for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from _alternatives(each)


def _of_member(schema: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    named = schema.get("properties", {})
    if name in named:
        yield from _alternatives(named[name])
        return
    patterns = schema.get("patternProperties", {}).items()
    found = [inner for pattern, inner in patterns if re.search(pattern, name)]
    for inner in found or [schema.get("additionalProperties")]:
        yield from _alternatives(inner)


def _of_item(schema: dict[str, Any], index: int) -> Iterator[dict[str, Any]]:
    first = schema.get("prefixItems", ())
    yield from _alternatives(first[index] if index < len(first) else schema.get("items"))
