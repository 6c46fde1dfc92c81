"""What of a request's URL and headers is stored, and what is in the key. [URL-4] [HEAD-8]"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from .._redaction.places import Found
from .._redaction.redactor import Redactor
from . import url
from .query import Field, QueryRules
from .request_headers import header_digest, joined
from .rules import RecordingPolicy


class Address(NamedTuple):
    """A URL: what is stored of it, and what is in the key.

    Attributes:
        url: the stored URL [URL-4].
        path: the key path [URL-1].
        query: the key query [URL-3].
        host: the host text [URL-9].
        fields: the fields of the query as they were sent, with their classes [URL-6].
        found: the secrets that were taken out.
        left: the secrets that were left in.
    """

    url: str
    path: str
    query: tuple[tuple[str, str], ...]
    host: str
    fields: tuple[Field, ...]
    found: tuple[Found, ...]
    left: tuple[Found, ...]


@lru_cache(maxsize=256)
def address(sent: str, redactor: Redactor, detector: Redactor | None, rules: QueryRules) -> Address:
    """What is stored of a URL, what is in the key, and the secrets that stood in it.

    A program calls few addresses many times, so what was made of one is kept.
    """
    fields = url.query_fields(sent, rules)
    shapes = [shape for field in fields for shape in field.shapes]
    stored = redactor.url(url.stored_url(sent, rules), shapes)
    left: list[str] = []
    if detector is not None:
        detector.url(stored, left)
    return Address(
        stored,
        url.key_path(stored),
        url.key_query(stored, rules),
        url.host_text(stored),
        fields,
        _found("request.url", shapes),
        _found("request.url", left),
    )


class Headers(NamedTuple):
    """The request headers that are stored [HEAD-8], and the secrets in them."""

    stored: tuple[tuple[str, str], ...]
    found: tuple[Found, ...] = ()
    left: tuple[Found, ...] = ()


def headers(sent: Iterable[tuple[str, str]], rules: RecordingPolicy) -> Headers:
    """What is stored of request headers: digests, and values in clear [HEAD-8]."""
    values = joined(sent, rules.request_headers)
    stored: list[tuple[str, str]] = []
    found: list[Found] = []
    left: list[Found] = []
    for name, value in values.items():
        if name in rules.request_headers.matched:
            stored.append((name, header_digest(rules.taken.text(value))))
            continue
        shapes: list[str] = []
        clean = rules.redactor.text(value, shapes)
        stored.append((name, clean))
        found += _found(f"request.headers.{name}", shapes)
        if rules.detector is not None:
            seen: list[str] = []
            rules.detector.text(clean, seen)
            left += _found(f"request.headers.{name}", seen)
    return Headers(tuple(stored), tuple(found), tuple(left))


def _found(place: str, shapes: list[str]) -> tuple[Found, ...]:
    return (Found(place, tuple(dict.fromkeys(shapes))),) if shapes else ()
