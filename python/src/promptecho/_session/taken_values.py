"""Which secret values of an answer are literals for the rest of the session. [RED-16]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._base.model import Request
from .._bodies.content_coding import undo
from .._redaction.literals import Literal, shapes_of


def first_told(values: Iterable[str], request: Request) -> tuple[str, ...]:
    """The values that the request of their answer did not carry.

    A client that has sent a value before has the value from elsewhere, and sends it on replay too.
    """
    texts = list(_texts(request))
    return tuple(value for value in values if not _is_in(value, texts))


def _is_in(value: str, texts: Iterable[str]) -> bool:
    spellings = [shape.literal for shape in shapes_of([Literal(value, "")])]
    return any(spelling in text for text in texts for spelling in spellings)


def _texts(request: Request) -> Iterator[str]:
    yield request.url
    encoding = ""
    for name, value in request.headers:
        yield value
        if name.lower() == "content-encoding":
            encoding = value
    body = undo(request.body, encoding) if encoding else request.body
    yield (request.body if body is None else body).decode("utf-8", "replace")
