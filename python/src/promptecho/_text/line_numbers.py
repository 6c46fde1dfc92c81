"""Which line a place of a text is on. [ERR-11]"""

from __future__ import annotations


def line_number(text: str, position: int) -> int:
    """The 1-based line of a position; a line ends with LF, CRLF or CR."""
    ends = text.count("\n", 0, position) + text.count("\r", 0, position)
    return 1 + ends - text.count("\r\n", 0, position)


def line_of_octet(data: bytes, position: int) -> int:
    """The same, for the octets of a text in UTF-8."""
    return line_number(data[:position].decode("latin-1"), position)
