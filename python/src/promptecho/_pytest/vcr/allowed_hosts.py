"""The hosts of ``--allowed-hosts``: regular expressions there, patterns with ``*`` here."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ANY = ".*"
_PLAIN = re.compile(r"[A-Za-z0-9_:-]")


def pattern(expression: str) -> str | None:
    """The pattern that names the same hosts as an expression, or None if there is none.

    A dot between letters is taken for a dot: ``api.example.com`` means this host.
    """
    text = expression.strip().removeprefix("^").removesuffix("$")
    made = ""
    while text:
        if text.startswith(_ANY):
            made, text = f"{made}*", text[len(_ANY) :].removeprefix("?")
        elif text.startswith(r"\.") or text.startswith(r"\-"):
            made, text = made + text[1], text[2:]
        elif (text[0] == "." and text[1:2] not in ("+", "?", "{")) or _PLAIN.match(text):
            made, text = made + text[0], text[1:]
        else:
            return None
    return _bracketed(made) or None


def _bracketed(host: str) -> str:
    """A host, with brackets around an address of IPv6."""
    return f"[{host}]" if host.count(":") > 1 else host


def patterns(expressions: Sequence[str] | str | None) -> list[str]:
    """The patterns of a list of expressions, or of a text with commas between them.

    Raises:
        ValueError: one has no pattern; the text says which and what to write.
    """
    listed = expressions.split(",") if isinstance(expressions, str) else expressions or ()
    found: list[str] = []
    for each in listed:
        made = pattern(each)
        if made is None:
            raise ValueError(
                f"the allowed host {each!r} is a regular expression that promptecho has no pattern "
                "for: write names of hosts, with .* for any characters"
            )
        found.append(made)
    return found
