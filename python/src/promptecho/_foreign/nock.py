"""Recordings of nock and of `nock.back`: a list of calls.

nock stores the values of a JSON text, so its bytes are not known; octets that are not text, and the
chunks of a body with a content-encoding, are hexadecimal digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .._base.model import Request
from . import bodies, members
from .calls import Call, Lost, Refused, collected

_DEFAULT_PORT = re.compile(r"(https://[^/]*):443$|(http://[^/]*):80$", re.IGNORECASE)
_HEX = re.compile("(?:[0-9a-f]{2})+").fullmatch


def matches(tree: Any) -> bool:
    """Whether a value is such a list."""
    return isinstance(tree, list) and bool(tree) and "scope" in members.mapping(tree[0])


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The calls of a recording."""
    yield from collected(tree, _call, _label)


def _label(item: Any) -> str:
    item = members.mapping(item)
    return members.label(item.get("method"), _url(item))


def _url(item: dict[str, Any]) -> str:
    scope = _DEFAULT_PORT.sub(r"\1\2", members.text(item.get("scope")).rstrip("/"))
    return scope + members.text(item.get("path"))


def _call(item: Any) -> Call:
    item = members.mapping(item)
    if not item:
        raise Refused("no-request")
    method, url = members.method(item.get("method", "GET")), members.url(_url(item))
    sent = members.headers(item.get("reqheaders"))
    body, rebuilt = _sent(item.get("body"), sent)
    number = members.status(item.get("status", 200))
    headers = members.headers(item.get("rawHeaders", item.get("headers")))
    answer, notes = _answer(item, headers)
    headers, answer, stale = bodies.current(headers, answer)
    notes = rebuilt + notes + stale
    return Call(Request(method, url, sent, body), number, "", headers, answer, None, notes)


def _sent(body: Any, headers: members.Headers) -> tuple[bytes, tuple[str, ...]]:
    if body is None or isinstance(body, str):
        octets = bodies.octets(body)
        is_text = members.header(headers, "content-type").startswith("text/")
        if body and _HEX(body) and not is_text and not _is_text(bytes.fromhex(body)):
            return bytes.fromhex(body), ()  # nock writes digits for what is not UTF-8 only
        return octets, ()
    return bodies.json_octets(body), ("rebuilt-request",)


def _is_text(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _answer(item: dict[str, Any], headers: members.Headers) -> tuple[bytes, tuple[str, ...]]:
    response = item.get("response", "")
    if item.get("responseIsBinary") is True:
        return bodies.from_hex(response), ()
    if isinstance(response, str):
        return bodies.octets(response), ()
    is_coded = bool(members.header(headers, "content-encoding"))
    if is_coded and isinstance(response, list) and all(isinstance(x, str) for x in response):
        return b"".join(map(bodies.from_hex, response)), ()
    return bodies.json_octets(response), ("rebuilt-answer",)
