"""What a file of another recorder holds: calls, and what could not be kept of them.

All values are immutable. A call is what a live recording would have seen, so the recorder's own
pipeline can store it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Callable, NamedTuple

from .._base.model import Request

#: Why a call cannot come over.
REASONS = {
    "no-request": "the source does not say what was requested",
    "no-url": "the source does not say the URL",
    "scheme": "its URL is not one of http or https",
    "url": "its URL is not well-formed",
    "no-answer": "the source has no answer to it",
    "no-body": "the source has headers of the body and not its bytes",
    "not-bytes": "its body is an object that has no bytes",
    "not-base64": "its body is not in the encoding that the source names",
    "not-text": "its URL or its body has half a surrogate pair, which no bytes stand for",
    "status": "its status is not that of an answer (200 to 999)",
    "not-http": "it is not a call of HTTP (gRPC or WebSocket)",
    "unstorable": "a cassette cannot hold it",
    "passthrough": "promptecho passes such calls through and does not replay them (telemetry)",
    "own-replay": "its own request does not find its answer",
}
#: What was changed in a call that came over.
NOTES = {
    "rebuilt-request": "the source has the values of the request's JSON and not its bytes",
    "rebuilt-answer": "the source has the values of the answer's JSON and not its bytes",
    "stale-coding": "the body was stored decoded, so its content-encoding was dropped",
    "inferred-url": "the source hides the URL; the path is that of an API that answers so",
    "inferred-type": "the source hides the content-type; it was set from the body",
    "not-utf-8": "the file is not UTF-8 and was read as ISO 8859-1",
}


class Call(NamedTuple):
    """One call with its answer, as a client saw it.

    Attributes:
        request: the request.
        status: of the answer.
        reason: the reason phrase; empty where the source has none.
        headers: of the answer; names and values in order.
        body: of the answer, with its content-encoding not undone if `headers` names one.
        recorded_at: when it was recorded, as a cassette writes it; None if that is not known.
        notes: names of `NOTES`.
    """

    request: Request
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    recorded_at: str | None = None
    notes: tuple[str, ...] = ()


class Lost(NamedTuple):
    """A call that cannot come over.

    Attributes:
        reason: a name of `REASONS`.
        label: its method and its URL without a query, as far as they are known.
    """

    reason: str
    label: str = ""


class Source(NamedTuple):
    """A file of another recorder.

    Attributes:
        kind: a name of `reader.KINDS`.
        calls: in the order of the file.
    """

    kind: str
    calls: tuple[Call | Lost, ...]


class Unreadable(Exception):
    """A file is damaged or too large, or is no cassette; the message says so."""


class Unknown(Unreadable):
    """A file is sound, and no recorder that is known has written it."""


class Refused(Exception):
    """A part of a call cannot be kept; the argument is a name of `REASONS`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(REASONS[reason])


def collected(
    items: Iterable[Any], call_of: Callable[[Any], Call], label_of: Callable[[Any], str]
) -> Iterator[Call | Lost]:
    """The call of each item, or why there is none."""
    for item in items:
        try:
            yield call_of(item)
        except Refused as error:
            yield Lost(error.reason, label_of(item))
