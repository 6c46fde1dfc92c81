"""Secret values that redaction takes out of an answer, so that later requests are known by them.

A login answers with a token, and the client sends the token in its next request. The recording has
`REDACTED` in the answer, so that is what the client sends on replay. So the token is a literal for
the rest of the session that records [RED-16].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._base.model import (
    Body,
    EventStream,
    FrameStream,
    JsonBody,
    RecordedResponse,
    Steps,
    TextBody,
)
from .._base.vocabulary import REDACTED
from .places import Found
from .redactor import Redactor


def taken_from(
    before: RecordedResponse,
    after: RecordedResponse,
    found: Iterable[Found],
    redactor: Redactor,
    cookies: frozenset[str],
) -> Iterator[str]:
    """The values that look secret and stand in one of two responses only.

    Args:
        before: the response as it was received.
        after: the response as it is stored.
        found: the steps to what was taken out.
        redactor: the rules.
        cookies: names of headers that set a cookie.
    """
    for name, values in before.headers:
        for value, stored in zip(values, dict(after.headers).get(name, ())):
            if name in cookies:  # an attribute that is dropped is no value
                value, stored = value.partition(";")[0], stored.partition(";")[0]
            yield from _secrets(removed(value, stored), redactor)
    for steps, _ in found:
        if steps[1] not in ("body", "events", "tail"):
            continue
        told = removed(_text_at(before.body, steps), _text_at(after.body, steps))
        yield from _secrets(told, redactor)


def removed(before: str, after: str) -> list[str]:
    """The parts of a text that stand as ``REDACTED`` in another, as far as they can be told."""
    if before == after:
        return []
    pieces: list[str] = after.split(REDACTED)
    first = pieces.pop(0)
    if not pieces or not before.startswith(first) or not before.endswith(pieces[-1]):
        return []
    found: list[str] = []
    at = len(first)
    end = len(before) - len(pieces[-1])
    for piece in pieces[:-1]:
        start = before.find(piece, at, end) if piece else -1
        if start < 0:
            return found
        found.append(before[at:start])
        at = start + len(piece)
    return [*found, before[at:end]]


def _secrets(values: Iterable[str], redactor: Redactor) -> Iterator[str]:
    # What has a known shape is found by its shape again, in any request.
    return (
        value
        for value in values
        if redactor.looks_secret(value) and redactor.text(value) != REDACTED
    )


def _text_at(body: Body, steps: Steps) -> str:
    """The text at a place of a body; an empty text if there is none."""
    member, inner = steps[1], steps[2:]
    if isinstance(body, JsonBody):
        value = body.value
        for step in inner:
            value = value[step]
        return str(value)
    if isinstance(body, TextBody):
        return body.text
    if isinstance(body, EventStream):
        return body.tail if member == "tail" else body.events[inner[0]]
    if isinstance(body, FrameStream) and len(inner) == 1:
        return body.frames[inner[0]].payload
    return ""
