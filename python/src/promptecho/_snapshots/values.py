"""What can be a snapshot: a text, or a JSON value made of the objects of an SDK. No secrets."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

from .._base.model import JSON
from .._base.printable import printable
from .._matching.rules import UserRules, rules, secret_values
from .._text.storable import storable


class SnapshotError(Exception):
    """A snapshot cannot be compared or stored, or an option of it is wrong.

    Attributes:
        problem: what is wrong, in one sentence.
        remedy: what to do next.
    """

    __module__ = "promptecho"

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem, remedy)

    def __str__(self) -> str:
        return f"{printable(self.problem)}\n{printable(self.remedy)}"


def plain(value: Any) -> JSON:
    """A value as JSON, without its secrets.

    Raises:
        SnapshotError: it is neither a text nor made of JSON values.
    """
    found = _json(value)
    redactor = rules(UserRules(literals=secret_values(os.environ))).redactor
    clean = redactor.text(found) if isinstance(found, str) else redactor.json(found, [])
    if not storable(clean):
        raise SnapshotError(
            "the answer is nested too deeply for a snapshot, or has a name that is too long",
            "Pass the part of it that the test is about.",
        )
    return clean


def as_text(value: JSON) -> str:
    """A value as the text that levels and scorers of texts compare."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _json(value: Any) -> JSON:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _json(each) for name, each in value.items()}
    dump = getattr(value, "model_dump", None)
    if callable(dump):  # of pydantic: what the provider has sent, without the defaults of the SDK
        return _json(dump(mode="json", exclude_unset=True))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: _json(getattr(value, field.name)) for field in fields}
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    raise SnapshotError(
        f"a snapshot compares texts and JSON values, and the answer is a {type(value).__name__}",
        "Pass its text, or what its method to_dict or json returns.",
    )
