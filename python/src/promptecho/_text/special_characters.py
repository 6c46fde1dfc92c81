"""Characters that a cassette holds only as escapes, tab and line feed aside. [YAML-W7]

A long text hardly ever has one. Each is looked for by a loop of C that knows one character, or all
octets to drop: a set of characters in a pattern takes four times as long.
"""

from __future__ import annotations

# Control characters but tab and LF, and what YAML parsers take for a break or refuse.
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n"))
_BREAKS = "\u2028\u2029\ufeff\ufffe\uffff"
_FIRST_OF_80_TO_BF, _A0 = b"\xc2", b"\xa0"


def has_special(text: str, data: bytes) -> bool:
    """Whether a text has such a character; `data` is the text in UTF-8."""
    if len(data.translate(None, _CONTROLS)) != len(data):
        return True
    if text.isascii():
        return False
    if any(character in text for character in _BREAKS):
        return True
    pieces = data.split(_FIRST_OF_80_TO_BF)[1:] if _FIRST_OF_80_TO_BF in data else ()
    return any(piece[:1] < _A0 for piece in pieces)
