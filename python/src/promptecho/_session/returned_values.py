"""Values that a server sends back in a `location`, such as the `state` of OAuth. [URL-12]

A client makes a new one for each call, and refuses an answer with another. So the file has none,
and what is played has that of the call that asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote_plus

from .._base.model import RecordedResponse
from .._base.vocabulary import REDACTED
from .._matching.query import Field, Kind
from .response import ReplayResponse

#: What is before a query, the query, and what is after it.
_split = re.compile(r"([^?#]*\?)([^#]*)(.*)", re.DOTALL).fullmatch
#: Gives the new value for a decoded name and a value as it is written.
_Change = Callable[[str, str], str]


def without_returned(response: RecordedResponse, sent: Iterable[Field]) -> RecordedResponse:
    """A response that is recorded, without the volatile values that its request sent."""
    values = {(field.name, field.value) for field in _volatile(sent)}
    if not values:
        return response

    def hide(name: str, written: str) -> str:
        return REDACTED if (name, unquote_plus(written)) in values else written

    headers = tuple(
        (name, tuple(_changed(each, hide) for each in held) if name == "location" else held)
        for name, held in response.headers
    )
    return response._replace(headers=headers)


def with_returned(response: ReplayResponse, sent: Iterable[Field]) -> ReplayResponse:
    """A response that is played, with the volatile values of the request that asks."""
    values: dict[str, str] = {}
    for field in _volatile(sent):
        values.setdefault(field.name, field.written)
    if not values:
        return response

    def show(name: str, written: str) -> str:
        return values.get(name, written) if written == REDACTED else written

    headers = tuple(
        (name, _changed(value, show) if name == "location" else value)
        for name, value in response.headers
    )
    return response._replace(headers=headers)


def _volatile(sent: Iterable[Field]) -> Iterable[Field]:
    return (field for field in sent if field.kind is Kind.VOLATILE and field.written)


def _changed(location: str, change: _Change) -> str:
    parts = _split(location)
    if parts is None:
        return location
    before, query, after = parts.groups()
    return before + "&".join(_field(text, change) for text in query.split("&")) + after


def _field(text: str, change: _Change) -> str:
    name, equals, written = text.partition("=")
    return f"{name}{equals}{change(unquote_plus(name), written)}" if written else text
