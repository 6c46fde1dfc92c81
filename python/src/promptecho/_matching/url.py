"""What of a URL goes into the key, and what is stored. [URL-1] to [URL-4], [URL-9]

Clients of different languages send one address in several spellings; the key's path undoes
exactly those differences that RFC 3986 calls equivalent. `query` says what becomes of the query.

A program calls few addresses many times, so what was made of one is kept.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from .._base.vocabulary import lower
from . import query as _query
from .query import Field, Pairs, QueryRules

# RFC 3986, appendix B.
_SPLIT = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?\Z", re.DOTALL)
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PCHAR = frozenset((_UNRESERVED + "!$&'()*+,;=:@").encode())
# A percent-encoded octet, or a character that a path cannot hold as it is.
_ODD = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]")
# What no URL in a file holds. [FILE-9]
_UNSTORABLE = re.compile(r"[\0- \x7f]")
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?\Z", re.DOTALL)
_PORTS = {"http": "80", "https": "443"}


class _Parts(NamedTuple):
    scheme: str
    authority: str | None
    path: str
    query: str | None


@functools.lru_cache(maxsize=256)
def key_path(url: str) -> str:
    """The path of a URL, or a bare path, as it stands in the key. [URL-1] [URL-2]"""
    path = _split(url).path.encode("utf-8", "surrogatepass")
    return _ODD.sub(_canonical_octet, path).decode("ascii") or "/"


@functools.lru_cache(maxsize=256)
def key_query(url: str, rules: QueryRules) -> Pairs:
    """The query parameters that are in the key. [URL-3]"""
    return _query.key_query(_split(url).query, rules)


@functools.lru_cache(maxsize=256)
def host_text(url: str) -> str:
    """Host and port of a URL: what two URLs of one host have in common. [URL-9]"""
    scheme, authority, _, _ = _split(url)
    address = (authority or "").rpartition("@")[2]
    parts = _HOST.match(address)
    host, digits = parts.groups() if parts else (address, None)
    port = (digits.lstrip("0") or "0") if digits else _PORTS.get(lower(scheme))
    host = lower(host).removesuffix(".")
    return f"{host}:{port}" if port else host


def has_query(url: str) -> bool:
    """Whether a URL has a query that is not empty."""
    return bool(_split(url).query)


def query_fields(url: str, rules: QueryRules) -> tuple[Field, ...]:
    """The fields of a URL's query with their classes. [URL-6]"""
    return _query.fields(_split(url).query, rules)


def lost_query(url: str, before: QueryRules, now: QueryRules) -> tuple[str, ...]:
    """Names of the query whose values are in the key now, and were not stored. [URL-11]"""
    return _query.lost(_split(url).query, before, now)


def stored_url(url: str, rules: QueryRules) -> str:
    """The URL without userinfo and fragment, its query as it is stored. [URL-4]"""
    scheme, authority, path, query = _split(url)
    stored = f"{scheme}:" if scheme else ""
    if authority is not None:
        stored += "//" + authority.rpartition("@")[2]
    stored += path
    if query is not None:
        stored += "?" + _query.stored_query(query, rules)
    return _UNSTORABLE.sub(_escaped, stored)


def _split(url: str) -> _Parts:
    match = _SPLIT.match(url)
    assert match is not None  # the expression matches every string
    scheme, authority, path, query = match.groups()
    return _Parts(scheme or "", authority, path, query)


def _canonical_octet(match: re.Match[bytes]) -> bytes:
    digits: bytes | None = match.group(1)
    octet = match.group()[0] if digits is None else int(digits, 16)
    return bytes([octet]) if octet in _PCHAR else b"%%%02X" % octet


def _escaped(match: re.Match[str]) -> str:
    return f"%{ord(match.group()):02X}"
