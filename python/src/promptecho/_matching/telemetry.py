"""Requests of telemetry, by method, path and content (spec section "Passthrough") [PASS-4].

A collector or a self-hosted server can have any host, so `passthrough` cannot list it. A body of
telemetry holds ids and times: no recording would ever answer it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, NamedTuple
from urllib.parse import urlsplit

from .._base.errors import NotCanonical
from .._base.model import Request
from .._base.spec_data import data
from .._base.vocabulary import lower
from .._bodies.content_coding import undo
from .._text.json import parse_plain
from .hosts import glob


class _Row(NamedTuple):
    """One kind of telemetry: its paths, media types, and members of a JSON object."""

    is_path: Callable[[str], object]
    types: frozenset[str]
    members: frozenset[str]


def is_telemetry(request: Request) -> bool:
    """Whether a request passes through because of what it is [PASS-4]."""
    path = urlsplit(request.url).path
    rows = [row for row in _rows().get(request.method.upper(), ()) if row.is_path(path)]
    if not rows:
        return False
    media_type = _media_type(request)
    if any(media_type in row.types for row in rows):
        return True
    members = _members(request)
    return any(not row.members.isdisjoint(members) for row in rows)


def looks_like_telemetry(request: Request) -> bool:
    """Whether a miss of a request should name the option `passthrough` [MISS-11]."""
    looks = data("passthrough")["looks"]
    segments = lower(urlsplit(request.url).path).split("/")
    return _media_type(request) in looks["types"] or not set(segments).isdisjoint(looks["segments"])


@lru_cache(maxsize=1)
def _rows() -> dict[str, list[_Row]]:
    rows: dict[str, list[_Row]] = {}
    for row in data("passthrough")["telemetry"]:
        is_path = re.compile(glob(row["path"]), re.DOTALL).fullmatch
        kind = _Row(is_path, frozenset(row["types"]), frozenset(row["members"]))
        rows.setdefault(row["method"], []).append(kind)
    return rows


def _media_type(request: Request) -> str:
    return lower(_header(request, "content-type").partition(";")[0].strip())


def _members(request: Request) -> frozenset[str]:
    """The names of the members of a body that is a JSON object."""
    coding = ", ".join(each for name, each in request.headers if name.lower() == "content-encoding")
    body = undo(request.body, coding) if coding else request.body
    try:
        value = parse_plain(request.body if body is None else body)[0]
    except NotCanonical:
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _header(request: Request, wanted: str) -> str:
    """The last value of a header, or an empty text."""
    return {name.lower(): value for name, value in request.headers}.get(wanted, "")
