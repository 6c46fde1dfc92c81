"""What of a URL goes into the key, and what is stored. [URL-1] to [URL-4]

Clients of different languages send one address in several spellings; the key's path undoes
exactly those differences that RFC 3986 calls equivalent. A query parameter is in the key if and
only if its value is stored in clear.

A program calls few addresses many times, so what was made of one is kept.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple
from urllib.parse import unquote_plus

from .._base.vocabulary import REDACTED

# RFC 3986, appendix B.
_SPLIT = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?\Z", re.DOTALL)
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PCHAR = frozenset((_UNRESERVED + "!$&'()*+,;=:@").encode())
# A percent-encoded octet, or a character that a path cannot hold as it is.
_ODD = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]")
# What no URL in a file holds. [FILE-9]
_UNSTORABLE = re.compile(r"[\0- \x7f]")


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
def key_query(url: str, keep: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The query parameters that are in the key, form-decoded and sorted by name. [URL-3]

    Args:
        url: an absolute URL, or any text with a ``?``.
        keep: the names whose values are stored in clear, in any case.
    """
    return tuple(sorted((pair for pair in query_pairs(url) if _kept(pair[0], keep)), key=_name))


def query_pairs(url: str) -> tuple[tuple[str, str], ...]:
    """All query parameters, form-decoded, in order. [URL-3]"""
    return tuple(_decoded(field) for field in _fields(_split(url).query))


@functools.lru_cache(maxsize=256)
def stored_url(url: str, keep: frozenset[str]) -> str:
    """The URL without userinfo and fragment, with unlisted query values redacted. [URL-4]"""
    scheme, authority, path, query = _split(url)
    stored = f"{scheme}:" if scheme else ""
    if authority is not None:
        stored += "//" + authority.rpartition("@")[2]
    stored += path
    if query is not None:
        stored += "?" + "&".join(_stored_field(field, keep) for field in query.split("&"))
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


def _fields(query: str | None) -> list[str]:
    return [field for field in (query or "").split("&") if field]


def _decoded(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _name(pair: tuple[str, str]) -> str:
    return pair[0]


def _stored_field(field: str, keep: frozenset[str]) -> str:
    name, equals, _ = field.partition("=")
    if not equals or _kept(unquote_plus(name), keep):
        return field
    return f"{name}={REDACTED}"


def _kept(name: str, keep: frozenset[str]) -> bool:
    return name.lower() in _folded(keep)


@functools.lru_cache(maxsize=8)
def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
