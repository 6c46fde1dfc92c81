"""HTTP archives (HAR 1.2) of browsers and tools, and the recordings of Polly.js, which are such.

Polly.js holds a body with a content-encoding as a JSON text: a list of its chunks, each in base64
or in hexadecimal digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from .._base.model import Request
from . import bodies, members
from .calls import Call, Lost, Refused, collected

_DECODERS = {"base64": bodies.from_base64, "hex": bodies.from_hex}


def matches(tree: Any) -> bool:
    """Whether a value is an archive."""
    return isinstance(tree, dict) and "entries" in members.mapping(tree.get("log"))


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The calls of an archive."""
    yield from collected(members.items(tree["log"].get("entries")), _call, _label)


def _label(entry: Any) -> str:
    request = members.mapping(members.mapping(entry).get("request"))
    return members.label(request.get("method"), request.get("url"))


def _call(entry: Any) -> Call:
    entry = members.mapping(entry)
    if entry.get("_webSocketMessages") or entry.get("_resourceType") == "websocket":
        raise Refused("not-http")
    request = members.mapping(entry.get("request"))
    if not request:
        raise Refused("no-request")
    method, url = members.method(request.get("method")), members.url(request.get("url"))
    sent, body, _ = bodies.current(
        members.headers(request.get("headers")), _sent(request.get("postData"))
    )
    response = members.mapping(entry.get("response"))
    if not response:
        raise Refused("no-answer")
    number = members.status(response.get("status"))
    headers = members.headers(response.get("headers"))
    content = members.mapping(response.get("content"))
    answer = _answer(content, method, number)
    if _chunks(content.get("text")) is None and bodies.lacks(headers):
        headers = members.without(headers, "content-encoding")  # HAR 1.2: one piece is decoded
    headers, answer, notes = bodies.current(headers, answer)
    if answer and not members.header(headers, "content-type"):
        kind = members.text(content.get("mimeType"))
        headers += (("content-type", kind),) if "/" in kind and kind != "x-unknown" else ()
    return Call(
        Request(method, url, sent, body),
        number,
        members.text(response.get("statusText")),
        headers,
        answer,
        members.moment(entry.get("startedDateTime")),
        notes,
    )


def _sent(data: Any) -> bytes:
    if not isinstance(data, dict):
        return bodies.octets(data)
    if data.get("text"):
        return _content(data)
    fields = [
        (members.text(each.get("name")), members.text(each.get("value")))
        for each in members.items(data.get("params"))
        if isinstance(each, dict)
    ]
    if fields and not members.text(data.get("mimeType")).startswith("multipart/"):
        return members.encoded(urlencode(fields))
    if fields:
        raise Refused("no-body")
    return b""


def _answer(content: dict[str, Any], method: str, status: int) -> bytes:
    if content.get("text") is not None:
        return _content(content)
    size = content.get("size")
    is_sized = isinstance(size, int) and size > 0
    if is_sized and method != "HEAD" and status not in (204, 304):
        raise Refused("no-body")
    return b""


def _content(content: dict[str, Any]) -> bytes:
    body, encoding = content["text"], members.text(content.get("encoding")).lower()
    decode = _DECODERS.get(encoding)
    if decode is None:
        if content.get("_isBinary") and _chunks(body) is not None:
            decode = bodies.from_hex
        else:
            return bodies.octets(body)
    chunks = _chunks(body)
    return decode(body) if chunks is None else b"".join(map(decode, chunks))


def _chunks(body: Any) -> list[str] | None:
    """The chunks of a body of Polly.js; None if it is one piece."""
    if isinstance(body, list):
        found = body
    else:
        if not members.text(body).startswith("["):
            return None
        try:
            found = json.loads(members.text(body))
        except (ValueError, RecursionError):
            return None
    is_texts = isinstance(found, list) and all(isinstance(each, str) for each in found)
    return found if is_texts else None
