"""A response as it came in <-> what is stored of it (spec sections "Response bodies", "Headers").

`record` and `playable` are inverse to each other in what a client can see: status, headers that
say something, and every byte of the body.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from . import _body, _headers
from ._encoding import undo
from ._model import (
    BinaryBody,
    BinaryStream,
    Body,
    EventStream,
    Frame,
    FrameStream,
    JsonBody,
    RecordedResponse,
    Steps,
    TextBody,
)
from ._redact import Redactor, render_path
from ._rules import Rules


class Received(NamedTuple):
    """An answer as the wire brought it.

    Attributes:
        status: the status code.
        reason: the reason phrase; empty where the protocol has none.
        headers: names and values in order, duplicates kept.
        chunks: the body as it came, content-encoding still in place.
        stopped: whether the body was left before its end, by the client or by the upstream.
        arrivals_ms: when each chunk came, in milliseconds since the head, or None.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    stopped: bool = False
    arrivals_ms: tuple[int, ...] | None = None


class Playable(NamedTuple):
    """An answer as a client gets it back.

    Attributes:
        chunks: the body; one event of a stream is one chunk.
        delays_ms: how long the upstream took before each chunk, or None.
        truncated: whether reading past the last chunk is an error [BODY-9].
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    delays_ms: tuple[int, ...] | None
    truncated: bool


def record(received: Received, rules: Rules) -> tuple[RecordedResponse, tuple[str, ...]]:
    """What is stored of an answer, and the paths of secrets that were found in it."""
    raw = b"".join(received.chunks)
    fields = {name.lower(): value for name, value in received.headers}
    encoding = fields.get("content-encoding", "")
    plain = undo(raw, encoding, truncated=received.stopped) if encoding else raw
    headers = list(received.headers)
    if plain is None:  # BODY-2: an encoding that cannot be undone stays
        plain = raw
    else:
        headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
    body = _body.encode(fields.get("content-type", ""), plain)
    delays = None if encoding else _delays(received, body)
    body, found = _clean_body(body, plain, rules.redactor)
    if rules.detector is not None:
        found += _clean_body(body, plain, rules.detector)[1]
    stored_headers, found_headers = _clean_headers(headers, rules)
    truncated = received.stopped and not _complete(body, raw, fields, rules)
    reason = received.reason
    if reason in ("", rules.reasons.get(received.status, "")):
        reason = ""
    response = RecordedResponse(
        received.status, stored_headers, body, reason or None, truncated, delays
    )
    return response, found_headers + found


def playable(response: RecordedResponse, rules: Rules) -> Playable:
    """The answer that a recording gives."""
    chunks = tuple(_body.decode(response.body))
    headers = [(name, value) for name, values in response.headers for value in values]
    sized = not response.streaming and not response.truncated
    if sized and response.status >= 200 and response.status not in (204, 304):
        # HEAD-6: framing headers are not stored; the length is that of these bytes.
        headers.append(("content-length", str(sum(map(len, chunks)))))
    reason = response.reason or rules.reasons.get(response.status, "")
    return Playable(
        response.status, reason, tuple(headers), chunks, response.delays_ms, response.truncated
    )


def _complete(body: Body, raw: bytes, fields: dict[str, str], rules: Rules) -> bool:
    # BODY-10: many clients stop reading at the last event, before the end of the connection.
    if fields.get("content-length", "").strip() == str(len(raw)):
        return True
    if isinstance(body, EventStream) and body.events and not body.tail:
        return rules.ends_stream(body.events[-1])
    return False


def _delays(received: Received, body: Body) -> tuple[int, ...] | None:
    if received.arrivals_ms is None:
        return None
    ends = list(accumulate(map(len, received.chunks)))
    delays, before, chunk, offset = [], 0, 0, 0
    for piece in _body.decode(body):
        offset += len(piece)
        while ends[chunk] < offset:
            chunk += 1
        delays.append(received.arrivals_ms[chunk] - before)
        before = received.arrivals_ms[chunk]
    return tuple(delays)


def _clean_headers(
    pairs: list[tuple[str, str]], rules: Rules
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]:
    stored = _headers.stored(pairs, rules.headers)
    clean = tuple(
        (name, tuple(rules.redactor.text(value) for value in values)) for name, values in stored
    )
    if clean == stored:
        return stored, ()
    changed = tuple(f"response.headers.{a[0]}" for a, b in zip(stored, clean) if a != b)
    return clean, changed


def _clean_body(body: Body, plain: bytes, redactor: Redactor) -> tuple[Body, tuple[str, ...]]:
    """A body without secrets, and where they stood [RED-4, RED-5]."""
    if isinstance(body, JsonBody):
        found: list[Steps] = []
        value = redactor.json(body.value, plain.decode(), found)
        places = tuple(f"response.body.{render_path(path)}" for path in found)
        return JsonBody(value, body.layout), places
    if isinstance(body, TextBody):
        text = redactor.document(body.text)
        return TextBody(text), _changed("response.body", text, body.text)
    if isinstance(body, EventStream):
        return _clean_events(body, redactor)
    if isinstance(body, FrameStream):
        frames = tuple(
            Frame(frame.headers, redactor.document(frame.payload)) for frame in body.frames
        )
        return FrameStream(frames), _differing("response.events", frames, body.frames)
    return _clean_binary(body, redactor)


def _clean_events(body: EventStream, redactor: Redactor) -> tuple[Body, tuple[str, ...]]:
    events = tuple(redactor.document(event) for event in body.events)
    tail = redactor.document(body.tail)
    places = _differing("response.events", events, body.events)
    return EventStream(body.framing, events, tail), places + _changed(
        "response.tail", tail, body.tail
    )


def _clean_binary(body: Body, redactor: Redactor) -> tuple[Body, tuple[str, ...]]:
    # A key in bytes that are not UTF-8 is still a key; latin-1 maps every byte to one character.
    if isinstance(body, BinaryBody):
        data = redactor.text(body.data.decode("latin-1")).encode("latin-1")
        return BinaryBody(data), () if data == body.data else ("response.body",)
    if isinstance(body, BinaryStream):
        chunks = tuple(redactor.text(c.decode("latin-1")).encode("latin-1") for c in body.chunks)
        return BinaryStream(chunks), _differing("response.events", chunks, body.chunks)
    return body, ()


def _changed(place: str, clean: str, text: str) -> tuple[str, ...]:
    return () if clean == text else (place,)


def _differing(
    place: str, clean: tuple[object, ...], original: tuple[object, ...]
) -> tuple[str, ...]:
    pairs = enumerate(zip(clean, original))
    return tuple(f"{place}[{i}]" for i, (new, old) in pairs if new != old)


