"""Challenges of authentication, less what could be a credential. [HEAD-11]

A client reads the challenge of one answer to build its next request: digest authentication needs
realm, nonce and qop, and OAuth needs the address of the metadata.
"""

from __future__ import annotations

import re

from .._base.late import late
from .._base.vocabulary import REDACTED, lower

# RFC 9110, 5.6.2, 5.6.4 and 11.2. A scheme may have a token68 or parameters.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_END = r"(?=[ \t]*(?:,|\Z))"
_match_item = late(
    lambda: (
        re.compile(
            r"[ \t,]*(?:"
            rf'(?P<name>{_TOKEN})[ \t]*=[ \t]*(?P<value>"(?:[^"\\]|\\.)*"|{_TOKEN}){_END}'
            rf"|{_TOKEN}(?:[ \t]+(?P<token68>[A-Za-z0-9._~+/-]+=*){_END})?(?=[ \t,]|\Z)"
            r")[ \t,]*",
            re.DOTALL,
        ).match
    )
)


def cleaned(value: str, kept: frozenset[str]) -> str:
    """A challenge without the values of parameters other than `kept`, and without token68.

    What cannot be read is the word alone.
    """
    pieces, at = [], 0
    while at < len(value):
        item = _match_item(value, at)
        if item is None:
            return REDACTED
        start, end = _secret_of(item, kept)
        pieces.append(
            value[at:start] + REDACTED + value[end : item.end()] if start < end else item[0]
        )
        at = item.end()
    return "".join(pieces)


def _secret_of(item: re.Match[str], kept: frozenset[str]) -> tuple[int, int]:
    """Where the secret of an item is; an empty span if it has none."""
    if item["token68"] is not None:
        return item.span("token68")
    start, end = item.span("value")
    if item["name"] is None or lower(item["name"]) in kept:
        return start, start
    return (start + 1, end - 1) if item["value"].startswith('"') else (start, end)
