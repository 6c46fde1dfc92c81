"""Which line a place of a text is on. [ERR-11]"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any, Callable

# PyYAML counts these as line ends too.
_find_others = re.compile("[\x85\u2028\u2029]").finditer


def line_number(text: str, position: int) -> int:
    """The 1-based line of a position; a line ends with LF, CRLF or CR."""
    ends = text.count("\n", 0, position) + text.count("\r", 0, position)
    return 1 + ends - text.count("\r\n", 0, position)


def line_of_octet(data: bytes, position: int) -> int:
    """The same, for the octets of a text in UTF-8."""
    return line_number(data[:position].decode("latin-1"), position)


def lines_of_marks(text: str) -> Callable[[Any], int]:
    """The 1-based line of each mark that a parser of PyYAML sets in a text."""
    others = [found.start() for found in _find_others(text)]
    return lambda mark: int(mark.line) + 1 - bisect_left(others, mark.index)
