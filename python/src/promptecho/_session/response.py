"""A live response <-> its stored form (spec sections "Response bodies", "Headers").

`record` and `playable` are inverse in what a client can see: status, stored headers, and every byte
of the body.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Callable, NamedTuple

from .._base.model import (
    Answer,
    Body,
    EventStream,
    Failure,
    FrameStream,
    Interaction,
    JsonBody,
    RecordedResponse,
)
from .._base.vocabulary import UNSENDABLE
from .._bodies import forms
from .._bodies import headers as _headers
from .._bodies.batches import batches
from .._bodies.checksum import checksum, digits
from .._bodies.content_coding import undo
from .._matching.rules import RecordingPolicy
from .._redaction.places import Found, response_place
from .._redaction.sweep import clean_response
from .._redaction.taken import taken_from
from .call_numbers import Numbers
from .renumbered import renumbered
from .turns import Turns


def _nothing() -> None:
    """Nobody asks whether the client reads past the end."""


class LiveResponse(NamedTuple):
    """A response as the network delivered it.

    Attributes:
        status: the status code.
        reason: the reason phrase; empty where the protocol has none.
        headers: names and values in order, duplicates kept.
        chunks: the body as it arrived, content-encoding not undone.
        stopped: whether the client or the server stopped before the end of the body.
        arrivals_ms: when each chunk arrived, in milliseconds since the head, or None.
        starts: how many requests of the session had started when the head came, and when each
            chunk came; empty where it is not known.
        failed: whether the client got an exception in place of the end.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    stopped: bool = False
    arrivals_ms: tuple[int, ...] | None = None
    starts: tuple[int, ...] = ()
    failed: bool = False

    def __repr__(self) -> str:
        # Tools that show variables get no value of a header.
        return f"<LiveResponse {self.status}, {len(self.headers)} headers>"


class ReplayResponse(NamedTuple):
    """A response as a client gets it from a recording.

    Attributes:
        chunks: the body; the first events of a stream are one chunk each [BODY-12].
        delays_ms: how long the upstream took before each chunk, or None.
        truncated: whether reading past the last chunk is an error [BODY-9].
        turns: when each chunk may be handed out, or None if nothing waits [AFTER-3].
        failure: how it broke off; None if that is not known, or if it did not [FAIL-3].
        read_past: is called when the client reads past the end of a truncated response.
        live: compares it with the answer of a live call (mode ``verify``); None if none is made.
        wait_ms: how long the client waits before it gets the response.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    delays_ms: tuple[int, ...] | None
    truncated: bool
    turns: Turns | None = None
    failure: Failure | None = None
    read_past: Callable[[], None] = _nothing
    live: LiveAnswer | None = None
    wait_ms: int = 0


class LiveAnswer(NamedTuple):
    """Compares the answer of a live call with what is replayed.

    Attributes:
        answered: takes the status and the body, content-encoding undone.
        failed: takes the kind of the failure, if there was no answer.
    """

    answered: Callable[[int, bytes], None]
    failed: Callable[[str], None]


class ReplayFailure(NamedTuple):
    """A call that got no answer; the client gets its own exception of that kind.

    Attributes:
        failure: why there is no answer.
        wait_ms: how long the client waits before it gets the exception.
    """

    failure: Failure
    wait_ms: int = 0


class Recorded(NamedTuple):
    """The stored form of a response.

    Attributes:
        redacted: places where something was redacted [RED-10].
        secrets: places with text in the shape of a credential, redacted or not [RED-11].
        named: places where a value was replaced, and not for its shape [RED-11].
        taken: secret values that were replaced [RED-16].
    """

    response: RecordedResponse
    redacted: tuple[str, ...]
    secrets: tuple[Found, ...]
    named: tuple[str, ...]
    taken: tuple[str, ...]


def record(
    received: LiveResponse, rules: RecordingPolicy, *, conversation: bool = False
) -> Recorded:
    """The stored form of a live response.

    Args:
        received: the response.
        rules: those in force.
        conversation: whether its request is one of a conversation [MATCH-8].
    """
    raw = b"".join(received.chunks)
    fields = {name.lower(): value for name, value in received.headers}
    codings = [value for name, value in received.headers if name.lower() == "content-encoding"]
    encoding = ", ".join(codings)
    plain = undo(raw, encoding, truncated=received.stopped or received.failed) if encoding else raw
    headers = received.headers
    if plain is None:
        plain = raw  # BODY-31: an encoding that cannot be undone is stored with its header
        body = forms.encode_coded(fields.get("content-type", ""), plain)
    else:
        headers = tuple(pair for pair in headers if pair[0].lower() != "content-encoding")
        body = forms.encode(fields.get("content-type", ""), plain)
    truncated = received.failed or (received.stopped and not _complete(body, raw, fields, rules))
    response = RecordedResponse(
        received.status,
        _headers.stored(headers, rules.headers),
        body,
        _reason(received, rules),
        truncated,
        None if encoding else _delays(received, body),
        after=None if encoding else _after(received, body),
    )
    clean, steps = clean_response(response, rules.redactor, plain, lambda: conversation)
    if steps and isinstance(clean.body, JsonBody):
        clean = clean._replace(body=forms.smallest_layout(clean.body))
    if plain:
        unchanged = clean.body is body
        clean = clean._replace(checksum=digits(plain) if unchanged else checksum(clean.body))
    found = _in_places(steps)
    left: tuple[Found, ...] = ()
    if rules.detector is not None:
        left = _in_places(clean_response(clean, rules.detector, plain, lambda: conversation)[1])
    taken: Iterable[str] = ()
    hides = rules.headers.hides(name for name, _ in response.headers)
    if hides or steps:
        in_clear = _headers.stored(headers, rules.headers.in_clear()) if hides else response.headers
        before = response._replace(headers=in_clear)
        taken = taken_from(before, clean, steps, rules.redactor, rules.headers.cookies)
    return Recorded(
        clean,
        tuple(dict.fromkeys(place for place, _ in found)),
        tuple(each for each in (*found, *left) if each.shapes),
        tuple(dict.fromkeys(each.place for each in found if not each.shapes)),
        tuple(dict.fromkeys(taken)),
    )


def playable(
    recording: Interaction | Answer,
    rules: RecordingPolicy,
    numbers: Numbers | None = None,
    *,
    joined: bool = False,
) -> ReplayResponse | ReplayFailure:
    """The response that a recording gives; its failure if it has no response.

    Args:
        recording: the recording, or what it answers with.
        rules: which headers and reason phrases are not stored.
        numbers: what replaces the numbers of JSON-RPC calls, if anything does [RPC-4].
        joined: whether nobody waits between the events of a stream.
    """
    answer = recording.answer if isinstance(recording, Interaction) else recording
    method, response, failure = answer
    if response is None:
        assert failure is not None  # FAIL-1
        return ReplayFailure(failure)
    body = renumbered(response.body, numbers) if numbers else response.body
    chunks = batches(body) if joined else forms.decode(body)
    headers = [
        (name, value)
        for name, values in response.headers
        if name == "content-encoding" or name not in rules.framing_headers
        for value in values
    ]
    if _sized(method, response):
        # HEAD-6: framing headers are not stored; the length is that of these bytes.
        headers.append(("content-length", str(sum(map(len, chunks)))))
    reason = response.reason or rules.reasons.get(response.status, "")
    return ReplayResponse(
        response.status,
        reason,
        tuple(headers),
        tuple(chunks),
        None if joined else response.delays_ms,
        response.truncated,
        failure=failure,
    )


def _sized(method: str, response: RecordedResponse) -> bool:
    return (
        not response.streaming
        and not response.truncated
        and response.status >= 200
        and response.status not in (204, 304)
        and method != "HEAD"
    )


def _reason(received: LiveResponse, rules: RecordingPolicy) -> str | None:
    # FILE-14, HEAD-20
    reason = received.reason
    known = reason in ("", rules.reasons.get(received.status))
    return None if known or UNSENDABLE.search(reason) else reason


def _complete(body: Body, raw: bytes, fields: dict[str, str], rules: RecordingPolicy) -> bool:
    # BODY-10: many clients stop reading at the last event, before the end of the connection.
    if fields.get("content-length", "").strip() == str(len(raw)):
        return True
    if isinstance(body, EventStream) and body.events and not body.tail:
        return rules.ends_stream(body.events[-1])
    return False


def _delays(received: LiveResponse, body: Body) -> tuple[int, ...] | None:
    if received.arrivals_ms is None:
        return None
    arrivals = [received.arrivals_ms[chunk] for chunk in _last_chunks(received, body)]
    return tuple(now - before for before, now in zip([0, *arrivals], arrivals))


def _after(received: LiveResponse, body: Body) -> tuple[int, ...] | None:
    # AFTER-2: how many requests had started when the last octet of each event came.
    if not received.starts or not isinstance(body, (EventStream, FrameStream)):
        return None
    if set(received.starts) == {received.starts[0]}:
        return None  # nearly always: no other request has started meanwhile
    at_head, *counts = received.starts
    chunks = _last_chunks(received, body)
    found = tuple(counts[chunk] for chunk in chunks[: forms.count_events(body)])
    return None if set(found) <= {at_head} else found


def _last_chunks(received: LiveResponse, body: Body) -> list[int]:
    """For each piece of a body, the index of the chunk with its last octet."""
    ends = list(accumulate(map(len, received.chunks)))
    found, chunk, offset = [], 0, 0
    for piece in forms.decode(body):
        offset += len(piece)
        while ends[chunk] < offset:
            chunk += 1
        found.append(chunk)
    return found


def _in_places(found: list[Found]) -> tuple[Found, ...]:
    """What was found, at the places that `redacted` names [RED-10]."""
    places = (Found(response_place(steps), shapes) for steps, shapes in found)
    return tuple(dict.fromkeys(places))
