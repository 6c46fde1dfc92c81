"""Cassettes of cassetter, in YAML and in TOML; its files named `.json` hold YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .._base.model import Request
from . import bodies, members
from .calls import Call, Lost, Refused, collected

_OTHERS = re.compile(r"(?:ws|websocket|grpc)[a-z_]*").fullmatch
_TYPES = ("json", "text", "binary", "none")


def matches(tree: Any) -> bool:
    """Whether a value is such a cassette: a body has a type."""
    if not isinstance(tree, dict):
        return False
    found = members.items(tree.get("interactions"))
    is_own = any(_is_typed(each) for each in found)
    return is_own or any(_OTHERS(name) for name in map(members.text, tree))


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The calls of a cassette."""
    yield from collected(members.items(tree.get("interactions")), _call, _label)
    for name, value in tree.items():
        if _OTHERS(members.text(name)):
            for item in members.items(value):
                yield Lost("not-http", _label(item))


def _is_typed(item: Any) -> bool:
    halves = (members.mapping(members.mapping(item).get(name)) for name in ("request", "response"))
    return any(_type(half) in _TYPES for half in halves)


def _type(half: dict[str, Any]) -> Any:
    return half.get("body_type", members.mapping(half.get("body")).get("type"))


def _label(item: Any) -> str:
    item = members.mapping(item)
    request = members.mapping(item.get("request")) or item
    return members.label(request.get("method"), request.get("uri"))


def _call(item: Any) -> Call:
    item = members.mapping(item)
    request = members.mapping(item.get("request"))
    if not request:
        raise Refused("no-request")
    method, url = members.method(request.get("method")), members.url(request.get("uri"))
    body, notes = _octets(request, "rebuilt-request")
    sent, body, _ = bodies.current(members.headers(request.get("headers")), body)
    response = members.mapping(item.get("response"))
    if not response:
        raise Refused("no-answer")
    number = members.status(response.get("status"))
    answer, rebuilt = _octets(response, "rebuilt-answer")
    headers, answer, stale = bodies.current(members.headers(response.get("headers")), answer)
    at = members.moment(item.get("recorded_at"))
    sent_request = Request(method, url, sent, body)
    return Call(sent_request, number, "", headers, answer, at, notes + rebuilt + stale)


def _octets(half: dict[str, Any], note: str) -> tuple[bytes, tuple[str, ...]]:
    kind, body = _type(half), members.mapping(half.get("body"))
    content = half.get("body_content", body.get("content"))
    if kind == "none" or kind is None:
        return bodies.octets(content), ()
    if kind == "binary":
        return bodies.from_hex(content), ()
    if kind == "json" and "body_content" in half:  # TOML holds JSON as text
        return bodies.octets(content), ()
    if kind == "json":
        return bodies.json_octets(content), (note,)
    return bodies.octets(content), ()
