"""Cassettes of vcrpy, in YAML and JSON, and those with a `parsed_body` of pydantic-ai's tests.

Files of vcrpy before 1.0 are a list of the same calls, whose requests have parts in place of a URI.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from .._base.model import Request
from . import bodies, members
from .calls import Call, Lost, Refused, collected

_FORM = "application/x-www-form-urlencoded"
_NO_REQUEST = Request("", "")


def matches(tree: Any) -> bool:
    """Whether a value is such a cassette."""
    if isinstance(tree, list):
        return bool(tree) and isinstance(tree[0], dict) and "request" in tree[0]
    if not isinstance(tree, dict) or "interactions" not in tree:
        return False
    return members.text(tree.get("version", 1)) == "1"


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The calls of a cassette."""
    found = tree if isinstance(tree, list) else tree.get("interactions")
    yield from collected(members.items(found), _call, _label)


def _label(item: Any) -> str:
    request = members.mapping(members.mapping(item).get("request"))
    return members.label(request.get("method"), _uri(request))


def _call(item: Any) -> Call:
    item = members.mapping(item)
    request = members.mapping(item.get("request"))
    if not request:
        raise Refused("no-request")
    sent, notes = request_of(request)
    response = item.get("response")
    if not isinstance(response, dict) or not response:
        raise Refused("no-answer")
    answer = answer_of(response)
    at = members.moment(item.get("recorded_at"))
    return answer._replace(request=sent, recorded_at=at, notes=notes + answer.notes)


def request_of(request: dict[str, Any]) -> tuple[Request, tuple[str, ...]]:
    """The request, and what was changed in it.

    Raises:
        Refused: it cannot be kept.
    """
    method = members.method(request.get("method"))
    url = members.url(_uri(request))
    headers = members.headers(request.get("headers"))
    body, is_rebuilt = _body(request, headers)
    if is_rebuilt:
        return Request(method, url, headers, body), ("rebuilt-request",)
    headers, body, _ = bodies.current(headers, body)
    return Request(method, url, headers, body), ()


def answer_of(response: dict[str, Any]) -> Call:
    """The answer, in a call without a request.

    Raises:
        Refused: it cannot be kept.
    """
    headers = members.headers(response.get("headers"))
    status = response.get("status", response.get("status_code"))
    reason = ""
    if isinstance(status, dict):
        reason = members.text(status.get("message", status.get("reason")))
        status = status.get("code", status.get("status_code"))
    number = members.status(status)
    body, is_rebuilt = _body(response, headers)
    headers, body, notes = bodies.current(headers, body)
    if is_rebuilt:
        notes = ("rebuilt-answer",)  # which says that it is not coded
    return Call(_NO_REQUEST, number, reason, headers, body, None, notes)


def _uri(request: dict[str, Any]) -> Any:
    if "uri" in request or "host" not in request:
        return request.get("uri", request.get("url"))
    part = {name: members.text(request.get(name)) for name in ("protocol", "host", "port", "path")}
    port = f":{part['port']}" if part["port"] not in ("", "80", "443") else ""
    return f"{part['protocol'] or 'http'}://{part['host']}{port}{part['path'] or '/'}"


def _body(half: dict[str, Any], headers: members.Headers) -> tuple[bytes, bool]:
    """The bytes of a request or an answer, and whether the file has only what they mean."""
    # The stub for httpx of vcrpy 4 and 5 wrote `content`.
    body = half.get("body", half.get("content"))
    if body is None and half.get("parsed_body") is not None:
        return _of_values(half["parsed_body"], headers), True
    if isinstance(body, dict) and body.get("base64_string") is not None:
        return bodies.from_base64(body["base64_string"]), False
    if isinstance(body, dict) and (not body or "string" in body):
        body = body.get("string")
    if isinstance(body, dict):  # a serializer of the project's own
        return _of_values(body, headers), True
    return bodies.octets(body), False


def _of_values(values: Any, headers: members.Headers) -> bytes:
    is_form = members.header(headers, "content-type").startswith(_FORM)
    if is_form and isinstance(values, dict):
        return members.encoded(urlencode(values, doseq=True))
    return bodies.json_octets(values)
