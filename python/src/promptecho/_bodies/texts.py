"""Every text of an interaction, with its place: one walk for redaction, leak search and usage.

A :class:`Visitor` says what becomes of a text; what it does not change stays the same object.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import singledispatch
from typing import Any

from .._base.model import (
    JSON,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    Interaction,
    JsonBody,
    RecordedRequest,
    RecordedResponse,
    Steps,
    TextBody,
    not_a_body,
)
from .._base.vocabulary import FORM, MULTIPART


class Visitor:
    """What is done with each text; this one changes nothing.

    A place is the path in the interaction, such as ``("response", "events", 3)``.
    """

    def skips(self, texts: Iterable[str]) -> bool:
        """Whether none of these texts has to be visited; asked before those of a long list."""
        return False

    def skips_fields(self, fields: Collection[tuple[str, str]]) -> bool:
        """Whether the value of none of these fields has to be visited."""
        return False

    def tree(self, place: Steps, value: JSON) -> JSON:
        """A JSON value."""
        return value

    def document(self, place: Steps, text: str) -> str:
        """A text that may be JSON, XML, a server-sent event or prose."""
        return text

    def value(self, place: Steps, text: str) -> str:
        """A single value: a header, a reason phrase, the name of a file."""
        return text

    def url(self, place: Steps, text: str) -> str:
        """The URL of a request."""
        return text

    def field(self, place: Steps, name: str, text: str) -> str:
        """The value of a form's field."""
        return text

    def data(self, place: Steps, data: bytes) -> bytes:
        """Bytes that are not UTF-8."""
        return data


def map_interaction(item: Interaction, visitor: Visitor) -> Interaction:
    """An interaction with what a visitor makes of its texts, in the order of the file."""
    response, failure = item.response, item.failure
    return item._replace(
        request=map_request(item.request, visitor),
        response=response and map_response(response, visitor),
        failure=failure
        and failure._replace(extras=_map_extras(("failure",), failure.extras, visitor)),
        extras=_map_extras((), item.extras, visitor),
    )


def map_response(response: RecordedResponse, visitor: Visitor) -> RecordedResponse:
    """A response with what a visitor makes of its texts."""
    reason = response.reason
    return response._replace(
        reason=visitor.value(("response", "reason"), reason) if reason else reason,
        headers=_map_headers(response.headers, visitor),
        body=map_body(response.body, visitor),
        extras=_map_extras(("response",), response.extras, visitor),
    )


def map_request(request: RecordedRequest, visitor: Visitor) -> RecordedRequest:
    """A request with what a visitor makes of its texts."""
    return request._replace(
        url=visitor.url(("request", "url"), request.url),
        headers=tuple(
            (name, visitor.value(("request", "headers", name), value))
            for name, value in request.headers
        ),
        body=_map_request_body(request.body, visitor),
        extras=_map_extras(("request",), request.extras, visitor),
    )


def _map_request_body(body: dict[str, JSON], visitor: Visitor) -> dict[str, JSON]:
    place: Steps = ("request", "body")
    if FORM in body and _is_form(body[FORM]):
        if visitor.skips_fields(body[FORM]):
            return body
        pairs = enumerate(body[FORM])
        return {FORM: [[n, visitor.field((*place, FORM, i), n, v)] for i, (n, v) in pairs]}
    if MULTIPART in body and _is_multipart(body[MULTIPART]):
        parts = enumerate(body[MULTIPART])
        return {MULTIPART: [_map_part((*place, MULTIPART, i), part, visitor) for i, part in parts]}
    value: dict[str, JSON] = visitor.tree(place, body)
    return value


def _is_form(value: Any) -> bool:
    """Whether a value is a form as it is stored; a file may have been edited."""
    return isinstance(value, list) and all(
        isinstance(each, list) and len(each) == 2 and all(isinstance(text, str) for text in each)
        for each in value
    )


def _is_multipart(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and isinstance(each.get("name", ""), str)
        and ("text" not in each or isinstance(each.get("name"), str))
        and all(isinstance(each.get(name, ""), str) for name in ("text", "filename"))
        for each in value
    )


def _map_part(place: Steps, part: dict[str, JSON], visitor: Visitor) -> dict[str, JSON]:
    clean = part
    if "filename" in part:
        clean = {**clean, "filename": visitor.value((*place, "filename"), part["filename"])}
    if "text" in part:
        text = visitor.field((*place, "text"), part["name"], part["text"])
        clean = {**clean, "text": text}
    return clean


def _map_extras(
    place: Steps, extras: tuple[tuple[str, JSON], ...], visitor: Visitor
) -> tuple[tuple[str, JSON], ...]:
    if not extras:
        return ()
    tree = dict(extras)
    clean = visitor.tree(place, tree)
    return extras if clean is tree else tuple(clean.items())


def _map_headers(
    headers: tuple[tuple[str, tuple[str, ...]], ...], visitor: Visitor
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if visitor.skips(value for _, values in headers for value in values):
        return headers
    return tuple(
        (name, tuple(visitor.value(("response", "headers", name), value) for value in values))
        for name, values in headers
    )


# --- the forms of a response's body ------------------------------------------------------------

_BODY: Steps = ("response", "body")
_EVENTS: Steps = ("response", "events")
_TAIL: Steps = ("response", "tail")


@singledispatch
def map_body(body: Body, visitor: Visitor) -> Body:
    """A body with what a visitor makes of its texts."""
    not_a_body(body)


@map_body.register(Empty)
def _(body: Empty, visitor: Visitor) -> Body:
    return body


@map_body.register(JsonBody)
def _(body: JsonBody, visitor: Visitor) -> Body:
    return JsonBody(visitor.tree(_BODY, body.value), body.layout)


@map_body.register(TextBody)
def _(body: TextBody, visitor: Visitor) -> Body:
    return TextBody(visitor.document(_BODY, body.text))


@map_body.register(BinaryBody)
def _(body: BinaryBody, visitor: Visitor) -> Body:
    return BinaryBody(visitor.data(_BODY, body.data))


@map_body.register(EventStream)
def _(body: EventStream, visitor: Visitor) -> Body:
    if visitor.skips((*body.events, body.tail)):
        return body
    events = tuple(visitor.document((*_EVENTS, i), event) for i, event in enumerate(body.events))
    return EventStream(body.framing, events, visitor.document(_TAIL, body.tail))


@map_body.register(FrameStream)
def _(body: FrameStream, visitor: Visitor) -> Body:
    if visitor.skips(text for frame in body.frames for text in _texts_of(frame)):
        return body
    return FrameStream(
        tuple(_map_frame((*_EVENTS, i), frame, visitor) for i, frame in enumerate(body.frames))
    )


def _texts_of(frame: Frame) -> list[str]:
    return [*(value for _, value in frame.headers), frame.payload]


def _map_frame(place: Steps, frame: Frame, visitor: Visitor) -> Frame:
    headers = tuple(
        (name, visitor.value((*place, "headers", name), value)) for name, value in frame.headers
    )
    return frame._replace(headers=headers, payload=visitor.document(place, frame.payload))


@map_body.register(BinaryStream)
def _(body: BinaryStream, visitor: Visitor) -> Body:
    return BinaryStream(
        tuple(visitor.data((*_EVENTS, i), chunk) for i, chunk in enumerate(body.chunks))
    )
