"""Response headers as they are stored. [HEAD]

Names in lower case, in the order of first appearance; a name that came more than once keeps its
values apart. Headers of the connection are dropped, and those that identify a user are redacted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .._base.vocabulary import FIELD_NAME, REDACTED, UNSENDABLE


class HeaderRules(NamedTuple):
    """Which response headers are not stored, and which without their values (lower case)."""

    dropped: frozenset[str]
    redacted: frozenset[str]


def stored(
    pairs: Iterable[tuple[str, str]], rules: HeaderRules
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headers of a response, grouped by name.

    A content-encoding is kept: a caller that undoes it leaves the header out of `pairs`. What no
    reader would accept is left out [HEAD-11].

    Args:
        pairs: names and values as received.
        rules: the spec's lists, with what the user added.
    """
    fields = [(name.lower(), value.strip(" \t")) for name, value in pairs]
    dropped = (rules.dropped - {"content-encoding"}) | _named_by_connection(fields)
    groups: dict[str, list[str]] = {}
    for name, value in fields:
        if name not in dropped and FIELD_NAME.fullmatch(name) and not UNSENDABLE.search(value):
            groups.setdefault(name, []).append(REDACTED if name in rules.redacted else value)
    return tuple((name, tuple(values)) for name, values in groups.items())


def _named_by_connection(fields: list[tuple[str, str]]) -> frozenset[str]:
    values = (value for name, value in fields if name == "connection")
    return frozenset(token.strip(" \t").lower() for value in values for token in value.split(","))
