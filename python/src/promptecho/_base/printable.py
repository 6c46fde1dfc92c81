"""Text of a file or a request as it is shown: nothing drives a terminal or a CI log. [ERR-10]

An escape sequence recolors or retitles a terminal, or types into it. U+0080 to U+009F are escape
sequences in one character. A bidirectional control shows text in another order than it has. A line
that begins with ``::`` is a command to GitHub Actions, and ``##[...]`` anywhere is one, too.
"""

from __future__ import annotations

import re

from .late import late

_replace_drives = late(
    lambda: (
        re.compile(
            "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
            r"|\A\s*:(?=:)|#(?=#\w*\[)"
        ).sub
    )
)


def printable(text: str) -> str:
    """One line of text, with each such character as ``\\u`` and four hex digits.

    Everything that promptecho prints goes through this function.
    """
    return _replace_drives(_escaped, text)


def printable_lines(text: str) -> str:
    """`printable` for each line of a text of ours; no file may have given it a line end."""
    return "\n".join(map(printable, text.split("\n")))


def _escaped(found: re.Match[str]) -> str:
    return "".join(c if c in " " else f"\\u{ord(c):04x}" for c in found[0])
