"""A recorded answer -> what a client gets: under a fault, at a speed, or to be retried at once."""

from __future__ import annotations

from .._base.model import (
    JSON,
    Answer,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    Failure,
    FrameStream,
    JsonBody,
    RecordedResponse,
    TextBody,
)
from .._matching.request import Prepared
from . import error_shapes
from .faults import DECODE, Fault

#: How an answer breaks off if the fault does not say it.
_CLOSED = "closed"
#: The statuses after which SDKs make a call again, beside 500 and above.
_RETRIED = frozenset((408, 409, 429))
#: SDKs of OpenAI, Anthropic, Groq and Cohere read `retry-after-ms` first, and take no 0. urllib3
#: reads `retry-after` alone, as a whole number of seconds; 0 is no wait.
_RETRY_AT_ONCE = (("retry-after-ms", ("1",)), ("retry-after", ("0",)))


def faulted(answer: Answer, fault: Fault, prepared: Prepared) -> Answer:
    """An answer under a fault.

    Args:
        answer: of the recording.
        fault: the fault.
        prepared: the request; the shape of the provider's error depends on it.
    """
    if fault.status is not None:
        return Answer(answer.method, _error(fault.status, fault, prepared))
    response = answer.response
    if fault.cut_after_events is not None and response is not None:
        kind = fault.failure or _CLOSED
        return Answer(answer.method, _cut(response, fault.cut_after_events), Failure(kind))
    if fault.failure == DECODE:
        return Answer(answer.method, _not_decodable(response))
    if fault.failure is not None:
        return Answer(answer.method, None, Failure(fault.failure))
    return answer


def at_speed(answer: Answer, speed: float) -> Answer:
    """An answer whose recorded pauses are shorter by a factor."""
    response, failure = answer.response, answer.failure
    if response is not None and response.delays_ms is not None:
        delays = tuple(round(each / speed) for each in response.delays_ms)
        response = response._replace(delays_ms=delays)
    if failure is not None and failure.after_ms is not None:
        failure = failure._replace(after_ms=round(failure.after_ms / speed))
    return answer._replace(response=response, failure=failure)


def retried_at_once(answer: Answer) -> Answer:
    """An answer after which an SDK makes its call again at once."""
    response = answer.response
    if response is None or not (response.status in _RETRIED or response.status >= 500):
        return answer
    names = {name for name, _ in _RETRY_AT_ONCE}
    headers = tuple(pair for pair in response.headers if pair[0] not in names)
    return answer._replace(response=response._replace(headers=headers + _RETRY_AT_ONCE))


def _error(status: int, fault: Fault, prepared: Prepared) -> RecordedResponse:
    headers: dict[str, tuple[str, ...]] = {}
    body = fault.body
    if body is None:
        error = error_shapes.error(status, prepared)
        body = error.body
        headers = {name: (value,) for name, value in error.headers}
    kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
    headers = {"content-type": (kind,), **headers}
    headers.update((name, (value,)) for name, value in fault.headers)
    return RecordedResponse(status, tuple(headers.items()), _stored(body))


def _not_decodable(response: RecordedResponse | None) -> RecordedResponse:
    """A response whose body a client fails to decode, as it would one of the network."""
    status, headers = (200, ()) if response is None else (response.status, response.headers)
    return RecordedResponse(
        status, (*headers, ("content-encoding", ("gzip",))), TextBody("no gzip")
    )


def _stored(body: JSON) -> Body:
    if isinstance(body, str):
        return TextBody(body) if body else Empty()
    return JsonBody(body)


def _cut(response: RecordedResponse, events: int) -> RecordedResponse:
    body = response.body
    if isinstance(body, EventStream):
        body = body._replace(events=body.events[:events], tail="")
    elif isinstance(body, FrameStream):
        body = FrameStream(body.frames[:events])
    elif isinstance(body, BinaryStream):
        body = BinaryStream(body.chunks[:events])
    elif events == 0:
        body = Empty()
    delays, after = response.delays_ms, response.after
    return response._replace(
        body=body,
        truncated=True,
        delays_ms=None if delays is None else delays[:events],
        after=None if after is None else after[:events],
    )
