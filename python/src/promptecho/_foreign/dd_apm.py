"""Recordings of the test agent of dd-trace: JSON files of one call each.

Its older files are those of vcrpy. Octets that are not text are base64 behind ``base64:``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import bodies, members, vcrpy
from .calls import Call, Lost, Refused, collected

_BASE64 = "base64:"


def matches(tree: Any) -> bool:
    """Whether a value is such a recording."""
    return isinstance(tree, dict) and isinstance(tree.get("request"), dict) and "response" in tree


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The call of a recording."""
    yield from collected([tree], _call, _label)


def _label(tree: Any) -> str:
    request = members.mapping(tree.get("request"))
    return members.label(request.get("method"), request.get("url", request.get("uri")))


def _call(tree: Any) -> Call:
    request, response = (members.mapping(tree.get(name)) for name in ("request", "response"))
    if not request:
        raise Refused("no-request")
    if not response:
        raise Refused("no-answer")
    sent, notes = vcrpy.request_of(_unpacked(request))
    answer = vcrpy.answer_of(_unpacked(response))
    return answer._replace(request=sent, notes=notes + answer.notes)


def _unpacked(half: dict[str, Any]) -> dict[str, Any]:
    body = half.get("body")
    if isinstance(body, str) and body.startswith(_BASE64):
        return {**half, "body": bodies.from_base64(body[len(_BASE64) :])}
    return half
