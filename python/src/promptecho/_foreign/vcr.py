"""Cassettes of VCR for Ruby and of vcr for R: each of `http_interactions` is a call.

A `string` is replayed by VCR with the octets that it has in the file, whatever `encoding` says:
Psych writes octets that are not text with the tag ``!binary``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._base.model import Request
from . import bodies, members
from .calls import Call, Lost, Refused, collected


def matches(tree: Any) -> bool:
    """Whether a value is a cassette of VCR."""
    return isinstance(tree, dict) and "http_interactions" in tree


def matches_r(tree: Any) -> bool:
    """Whether a value is a cassette of vcr for R."""
    return matches(tree) and members.text(tree.get("recorded_with")).startswith("VCR-vcr")


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The calls of a cassette."""
    yield from collected(members.items(tree.get("http_interactions")), _call, _label)


def _label(item: Any) -> str:
    request = members.mapping(members.mapping(item).get("request"))
    return members.label(request.get("method"), request.get("uri"))


def _call(item: Any) -> Call:
    item = members.mapping(item)
    request = members.mapping(item.get("request"))
    if not request:
        raise Refused("no-request")
    method, url = members.method(request.get("method")), members.url(request.get("uri"))
    sent = members.headers(request.get("headers"))
    sent, body, _ = bodies.current(sent, _octets(request.get("body")))
    response = members.mapping(item.get("response"))
    if not response:
        raise Refused("no-answer")
    status, reason = response.get("status"), ""
    if isinstance(status, dict):
        # vcr for R has a message of its own beside the reason phrase.
        reason = members.text(status.get("reason", status.get("message")))
        status = status.get("code", status.get("status_code"))
    number = members.status(status)
    headers = members.headers(response.get("headers"))
    headers, answer, notes = bodies.current(headers, _octets(response.get("body")))
    at = members.moment(item.get("recorded_at"))
    return Call(Request(method, url, sent, body), number, reason, headers, answer, at, notes)


def _octets(body: Any) -> bytes:
    if not isinstance(body, dict):
        return bodies.octets(body)
    for name in ("base64_string", "raw_gzip", "json"):
        if body.get(name) is not None:
            return _OTHERS[name](body[name])
    if body.get("file") in (True, "yes"):
        raise Refused("no-body")  # vcr for R keeps it in a file, whose path is the string
    return bodies.octets(body.get("string"))


_OTHERS = {
    "base64_string": bodies.from_base64,
    "raw_gzip": bodies.from_base64,
    "json": bodies.json_octets,
}
