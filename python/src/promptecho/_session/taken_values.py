"""Which secret values of an answer are literals for the rest of the session. [RED-16]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._base.model import Request
from .._bodies.content_coding import undo
from .._redaction.literals import Literal, shapes_of

_MOST_OCTETS = 1 << 20  # of a body that is remembered


class SentRequests:
    """The requests of one session, so that a value is known that a client had all along.

    A client that sent a value before an answer had it knows the value from elsewhere, and sends it
    on replay, too. Such a value must not be replaced.
    """

    def __init__(self) -> None:
        self._requests: list[Request] = []

    def add(self, request: Request) -> None:
        """Remember a request, less a very long body."""
        long = len(request.body) > _MOST_OCTETS
        self._requests.append(request._replace(body=b"") if long else request)

    def without(self, values: Iterable[str]) -> tuple[str, ...]:
        """The values that no request has carried."""
        return tuple(value for value in values if not self._have(value))

    def _have(self, value: str) -> bool:
        spellings = [shape.literal for shape in shapes_of([Literal(value, "")])]
        return any(
            spelling in text
            for request in self._requests
            for text in _texts(request)
            for spelling in spellings
        )


class Memory:
    """What one session knows of its secret values; several tests that share a file have one.

    Attributes:
        sent: what clients have sent.
        learned: the values that were learned from answers; they are literals.
    """

    def __init__(self) -> None:
        self.sent = SentRequests()
        self.learned: list[str] = []


def _texts(request: Request) -> Iterator[str]:
    yield request.url
    encoding = ""
    for name, value in request.headers:
        yield value
        if name.lower() == "content-encoding":
            encoding = value
    body = undo(request.body, encoding) if encoding else request.body
    yield (request.body if body is None else body).decode("utf-8", "replace")
