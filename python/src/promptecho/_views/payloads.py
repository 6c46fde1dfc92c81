"""The JSON values of a body: the whole of it, or one for each event. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Callable, NamedTuple

from .._base.model import (
    JSON,
    NDJSON,
    BinaryBody,
    BinaryStream,
    Body,
    EventStream,
    FrameStream,
    JsonBody,
    TextBody,
)
from .._bodies import aws_eventstream
from .._text.json import depth_within

#: The line ends of server-sent events, by the HTML standard; `str.splitlines` knows many more.
_LINE_END = re.compile(r"\r\n|\r|\n")
_IS_SSE = re.compile(r"\ufeff?\s*(?:data|event|id|retry)?:").match
#: Levels of a value; walks over it call themselves.
_MAX_LEVELS = 100
#: Frames of AWS that carry a payload of the model, as base64.
_CHUNK = "chunk"


class Payload(NamedTuple):
    """A JSON value of a body.

    Attributes:
        label: the name of its event, or else its `type`; of an event that is no JSON, its text.
        value: None for an event that is no JSON, such as ``[DONE]``.
    """

    label: str
    value: JSON


def _everything(text: str) -> bool:
    return True


def declared(body: Body, wanted: Callable[[str], bool] = _everything) -> Iterator[Payload]:
    """The values of a body of a form that holds such; none for text and bytes.

    A frame of Bedrock that wraps JSON of the model is that JSON.

    Args:
        body: as it is stored.
        wanted: whether a text that may be JSON is parsed; others are left out.
    """
    if isinstance(body, JsonBody):
        yield Payload("", body.value)
    elif isinstance(body, FrameStream):
        for frame in body.frames:
            headers = dict(frame.headers)
            name = headers.get(":event-type") or headers.get(":exception-type", "")
            if name == _CHUNK or wanted(frame.payload):
                yield _unwrapped(_payload(name, frame.payload))
    elif isinstance(body, EventStream):
        yield from _of_events(body, wanted)


def _of_events(body: EventStream, wanted: Callable[[str], bool]) -> Iterator[Payload]:
    for event in body.events:
        if wanted(event):
            if body.framing == NDJSON:
                yield _payload("", event)
            else:
                yield from _of_event(event)


def payloads(body: Body) -> Iterator[Payload]:
    """The values of a body of any form: also of a stream that no header declares.

    What follows the last event counts, and items of a JSON array are values of their own: Gemini
    streams one.
    """
    if isinstance(body, JsonBody) and isinstance(body.value, list):
        yield from (Payload("", value) for value in body.value)
    elif isinstance(body, TextBody):
        yield from _of_text(body.text)
    elif isinstance(body, (BinaryBody, BinaryStream)):
        data = body.data if isinstance(body, BinaryBody) else b"".join(body.chunks)
        frames = aws_eventstream.split(data)
        if frames is not None:
            yield from payloads(frames)
        elif isinstance(body, BinaryStream):
            yield from _of_text(data.decode("utf-8", "replace"))
    elif isinstance(body, EventStream) and not body.framing:
        yield from _of_text("".join((*body.events, body.tail)))
    else:
        yield from declared(body)
        if isinstance(body, EventStream) and body.tail.strip():
            yield from _of_text(body.tail)


def _of_text(text: str) -> Iterator[Payload]:
    if _IS_SSE(text):
        yield from _of_event(text)
    elif text.lstrip()[:1] in ("{", "["):
        whole = _payload("", text)
        if isinstance(whole.value, list):
            yield from (Payload("", value) for value in whole.value)
        elif whole.value is not None:
            yield whole
        else:
            yield from _of_lines(text)


def _of_lines(text: str) -> Iterator[Payload]:
    """NDJSON, if its first line is JSON."""
    found = [_payload("", line) for line in text.split("\n") if line.strip()]
    if found[0].value is not None:
        yield from found


def _of_event(text: str) -> Iterator[Payload]:
    """The events of a text of server-sent events; the end of the text ends the last."""
    if text.startswith("data: ") and "\n" not in text and "\r" not in text:
        yield _named("", text[6:])
        return
    name, data = "", []
    for line in (*_LINE_END.split(text), ""):
        field, _, value = line.partition(":")
        value = value[1:] if value[:1] == " " else value
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif not line:
            if data:
                yield _named(name, "\n".join(data))
            name, data = "", []


def _named(name: str, text: str) -> Payload:
    payload = _payload(name, text)
    # Without a name it has this one, by the HTML standard.
    return payload if payload.label else payload._replace(label="message")


def parsed(text: str) -> JSON:
    """What a JSON text means.

    Raises:
        ValueError: it is no JSON, or nested deeper than anyone can read.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    may_be_deep = text.count("{") + text.count("[") > _MAX_LEVELS
    if may_be_deep and not depth_within(value, _MAX_LEVELS):
        raise ValueError("nested too deeply")
    return value


def _payload(name: str, text: str) -> Payload:
    try:
        value = parsed(text)
    except ValueError:
        return Payload(name or text, None)
    kind = value.get("type") if isinstance(value, dict) else None
    return Payload(name or (kind if isinstance(kind, str) else ""), value)


def _unwrapped(payload: Payload) -> Payload:
    """What a frame of invoke-with-response-stream holds."""
    value = payload.value
    if payload.label != _CHUNK or not isinstance(value, dict):
        return payload
    try:
        text = base64.b64decode(value["bytes"]).decode("utf-8")
    except (KeyError, TypeError, ValueError):
        return payload
    inner = _payload("", text)
    if inner.value is None:  # an agent has words there
        return Payload(payload.label, {**value, "bytes": text})
    return inner
