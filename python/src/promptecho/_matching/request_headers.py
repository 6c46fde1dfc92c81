"""Request headers that choose the answer: what is stored, and what is in the key. [HEAD-8..10]

A header of `match_headers` is stored as its digest and is in the key. Of the others, those of
`header-drift.json` are stored in clear; a difference is drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .query import digest, is_digest

#: Stored headers: names in lower case and values, sorted by name.
Stored = tuple[tuple[str, str], ...]
#: Headers in a key: name and digest, sorted by name; None if the header was not sent.
Keyed = tuple[tuple[str, "str | None"], ...]

#: The value of a header in a recording that was made before its name was matched [HEAD-10].
UNKNOWN = "unknown"


class RequestHeaderRules(NamedTuple):
    """Which request headers are stored; names in lower case.

    Attributes:
        matched: `match_headers`, sorted.
        drift: the names of `header-drift.json`.
    """

    matched: tuple[str, ...]
    drift: frozenset[str]


def joined(headers: Iterable[tuple[str, str]], rules: RequestHeaderRules) -> dict[str, str]:
    """The values of the headers that are stored, sorted by name, in clear. [HEAD-8]"""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in rules.drift or lower in rules.matched:
            values.setdefault(lower, []).append(value.strip(" \t"))
    return {name: ", ".join(values[name]) for name in sorted(values)}


def header_digest(value: str) -> str:
    """The digest of a joined value. [HEAD-10]"""
    try:
        return digest(value.encode("latin-1"))
    except UnicodeEncodeError:  # a client that does not send Latin-1 sends UTF-8
        return digest(value.encode("utf-8", "surrogatepass"))


def key_headers(stored: Mapping[str, str], names: Iterable[str]) -> Keyed:
    """The headers in the key of a request, made of what is stored. [HEAD-10]"""
    return tuple((name, _keyed(stored.get(name))) for name in names)


def with_unknown(stored: Stored, names: Iterable[str], known: Iterable[str]) -> Stored:
    """Stored headers of a recording that is matched on more names than it was recorded with.

    Args:
        stored: what the recording holds.
        names: the `match_headers` in force.
        known: names that would have been stored if they had been sent.
    """
    held = dict(stored)
    missing = set(names).difference(held, known)
    if not missing:
        return stored
    return tuple(sorted({**held, **dict.fromkeys(missing, UNKNOWN)}.items()))


def drifting(
    stored: Stored, sent: Stored, rules: RequestHeaderRules, complete: bool
) -> list[tuple[str, str | None, str | None]]:
    """Headers outside the key that differ: name, recorded and incoming value [DRIFT-3].

    Args:
        stored: what the recording holds.
        sent: what is stored of the request.
        rules: which headers are stored.
        complete: whether the recording would hold a header if it had been sent.
    """
    if stored == sent:
        return []
    theirs, ours = dict(stored), dict(sent)
    names = sorted(rules.drift.difference(rules.matched) & {*theirs, *ours})
    return [
        (name, theirs.get(name), ours.get(name))
        for name in names
        if (complete or name in theirs) and _differ(theirs.get(name), ours.get(name))
    ]


def _differ(recorded: str | None, incoming: str | None) -> bool:
    if recorded is None or incoming is None or not is_digest(recorded):
        return recorded != incoming
    return recorded != _keyed(incoming)


def _keyed(value: str | None) -> str | None:
    if value is None or value == UNKNOWN or is_digest(value):
        return value
    return header_digest(value)
