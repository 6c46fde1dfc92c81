"""Cassettes of langchain-tests: a list of requests, and a list of their answers.

Its recorder may replace the URL and the values of all headers by ``**REDACTED**``. The answer then
tells the path, where it names the API that gives such answers, and the body tells its type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from . import members, vcrpy
from .calls import Call, Lost, Refused, collected

#: What an answer of an API begins with or has near its beginning, and the URL of the API.
_APIS = (
    (
        re.compile(rb'"object": ?"chat\.completion(?:\.chunk)?"'),
        "https://api.openai.com/v1/chat/completions",
    ),
    (re.compile(rb'"object": ?"response"'), "https://api.openai.com/v1/responses"),
    (re.compile(rb'"type": ?"message"'), "https://api.anthropic.com/v1/messages"),
)
_BEGINNING = 4096
_IS_SSE = re.compile(rb"(?:event|data):").match


def matches(tree: Any) -> bool:
    """Whether a value is such a cassette."""
    return isinstance(tree, dict) and "requests" in tree and "responses" in tree


def calls(tree: Any) -> Iterator[Call | Lost]:
    """The calls of a cassette."""
    requests, responses = (members.items(tree.get(name)) for name in ("requests", "responses"))
    responses = [*responses, *[None] * (len(requests) - len(responses))]
    yield from collected(list(zip(requests, responses)), _call, _label)


def _label(pair: tuple[Any, Any]) -> str:
    request = members.mapping(pair[0])
    return members.label(request.get("method"), request.get("uri"))


def _call(pair: tuple[Any, Any]) -> Call:
    request, response = map(members.mapping, pair)
    if not request:
        raise Refused("no-request")
    if not response:
        raise Refused("no-answer")
    answer = vcrpy.answer_of({**response, "headers": _shown(response.get("headers"))})
    request = {**request, "headers": _shown(request.get("headers"))}
    notes = answer.notes
    if members.is_hidden(members.text(request.get("uri"))):
        request["uri"] = _url_of(answer.body)
        notes += ("inferred-url",)
    sent, changed = vcrpy.request_of(request)
    headers = answer.headers
    if answer.body and not members.header(headers, "content-type"):
        kind = _type_of(answer.body)
        headers += (("content-type", kind),) if kind else ()
        notes += ("inferred-type",) if kind else ()
    return answer._replace(request=sent, headers=headers, notes=changed + notes)


def _shown(headers: Any) -> dict[str, Any]:
    """The headers whose values are not hidden."""
    return {
        name: value
        for name, value in members.mapping(headers).items()
        if not any(members.is_hidden(each) for _, each in members.headers({name: value}))
    }


def _url_of(body: bytes) -> str:
    beginning = body[:_BEGINNING]
    for answers, url in _APIS:
        if answers.search(beginning):
            return url
    raise Refused("no-url")


def _type_of(body: bytes) -> str:
    if _IS_SSE(body):
        return "text/event-stream"
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return "application/json"
