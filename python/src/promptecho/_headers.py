"""Response headers as they are stored. [HEAD]

Names in lower case, in the order of first appearance; a name that came more than once keeps its
values apart. What belongs to the connection is dropped, what names somebody is redacted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

REDACTED = "REDACTED"

# RFC 9110, 7.6.1, and the length, which is computed again when the answer is played.
_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class HeaderRules(NamedTuple):
    """Which response headers are not stored, and which without their values (lower case)."""

    dropped: frozenset[str]
    redacted: frozenset[str]


def stored(
    pairs: Iterable[tuple[str, str]], rules: HeaderRules, *, keep_encoding: bool = False
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headers of a response, grouped by name.

    Args:
        pairs: names and values as received.
        rules: the spec's lists, with what the user added.
        keep_encoding: the body's content-encoding could not be undone, so it is still true.
    """
    fields = [(name.lower(), value.strip(" \t")) for name, value in pairs]
    encoding = {"content-encoding"}
    listed = rules.dropped - encoding if keep_encoding else rules.dropped | encoding
    dropped = _CONNECTION | _named_by_connection(fields) | listed
    groups: dict[str, list[str]] = {}
    for name, value in fields:
        if name not in dropped:
            groups.setdefault(name, []).append(REDACTED if name in rules.redacted else value)
    return tuple((name, tuple(values)) for name, values in groups.items())


def _named_by_connection(fields: list[tuple[str, str]]) -> frozenset[str]:
    values = (value for name, value in fields if name == "connection")
    return frozenset(token.strip(" \t").lower() for value in values for token in value.split(","))
