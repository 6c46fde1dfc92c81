"""Lines of which every port writes the very same: what they say has no other text. [YAML-W2..11]

`yaml_lines` reads what a hand may have changed: a string in quotes that needs none, `1.0` for `1`.
Lines that pass here are those that `yaml_writer` would write again, so their text can be copied,
and two values of the same text, and no others, are equal. The answer is on the safe side: rare
lines that a writer does write, such as those with a tab, do not pass.
"""

from __future__ import annotations

import re

from .._base.vocabulary import RESERVED
from .yaml_flow import Inexact
from .yaml_lines import MOST_INDENTED, Lines, double_quoted
from .yaml_writer import emit

_RESERVED = f"(?i:{'|'.join(sorted(RESERVED))})"
# Numbers of few digits: no other token has the value of one.
_NUMBER = r"(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,5})\.[0-9]{0,7}[1-9])"
_ATOM = rf"(?:{_NUMBER}|true|false|null)"
_FLOW = rf"\[(?:{_ATOM}(?:,[ ]{_ATOM})*)?\]"
_WORD = "[A-Za-z][A-Za-z0-9_./+-]*"
_PLAIN_NAME = "_*[A-Za-z][A-Za-z0-9_-]*"
_PLAIN = rf"(?!{_RESERVED}\n){_WORD}"
# `(?=.*"\n)`: the line ends with a quote, so the string ends there at the latest.
_DOUBLE = rf'"(?=.*"\n)(?!(?!{_RESERVED}"){_WORD}")[^"]*"'
_SINGLE = r"""'(?=.*'\n)(?=[^"\\\n]*["\\])[^']*(?:''(?!\n)[^']*){0,20000}'"""
_NAME = rf"""(?:(?!{_RESERVED}:){_PLAIN_NAME}|"(?!(?!{_RESERVED}"){_PLAIN_NAME}")[^"\n]*")"""
_LINES_AT_ONCE, _LINES_OF_BLOCK, _ITEMS_AT_ONCE = 50, 20_000, 500

# A string in double quotes with an escape; such text may be a part of a block, too.
_ESCAPED = r'[:-] ("[^"\\\n]*(?:\\.[^"\\\n]*)+")$'
_find_escaped = re.compile(_ESCAPED, re.MULTILINE).finditer
_is_simple = re.compile(r'"[^"\\]*(?:\\[nt"][^"\\]*)*"').fullmatch


def exact_lines(least: int, *, but: str = "(?!)", also: str = "(?!)") -> Lines:
    """Matches some such lines, indented by `least` or more, as `yaml_lines.lines` does.

    Args:
        least: of spaces.
        but: how no line begins.
        also: other lines.
    """
    line = rf"(?:{also}|(?!{but}){_line(least)})"
    return re.compile(rf"(?:{line}){{1,{_LINES_AT_ONCE}}}").match


def has_one_spelling(text: str) -> bool:
    """Whether what no pattern of a line tells is exact, too, in a text of exact lines."""
    if "\t" in text or " \n" in text:
        return False
    return "\\" not in text or all(map(_is_escaped_alike, _find_escaped(text)))


def _is_escaped_alike(found: re.Match[str]) -> bool:
    text = found[1]
    # A break is not in single quotes, and a space at an end of a line not in a block.
    if "\\n" in text and (" \\n" in text or text[1] == " " or text[-2] == " ") and _is_simple(text):
        return True
    try:
        return emit(double_quoted(text)) == f"{text}\n"
    except Inexact:
        return False


def _line(least: int) -> str:
    """A line; the next one is deeper only if this one opens a list or a mapping."""
    pad = rf"(?P<pad>(?:[ ]{{2}}){{{least // 2},{MOST_INDENTED // 2}}})"
    strings = "|".join(
        rf"{quoted}(?:\n(?P=pad)-[ ]{quoted}){{1,{_ITEMS_AT_ONCE}}}{_no_deeper(0)}"
        for quoted in (_SINGLE, _DOUBLE)
    )
    opened = r"(?=\n(?P=pad)[ ]{2}[^ \n])"
    member = rf"{_NAME}:(?:[ ](?:{_value(2)})|{opened})"
    of_item = rf"{_NAME}:(?:[ ](?:{_value(4)})|(?=\n(?P=pad)[ ]{{4}}[^ \n]))"
    item = rf"-(?:[ ](?:{strings}|{_value(2)}|{of_item})|(?=\n(?P=pad)[ ]{{2}}-))"
    return rf"{pad}(?:{member}|{item})\n"


def _value(deeper: int) -> str:
    """What may follow a name or a dash; a block is indented by so much more."""
    pad = rf"(?P=pad)[ ]{{{deeper}}}"
    more = rf"(?:\n+{pad}.+)"
    block = (
        rf"\|\n{pad}(?![ \t]).+{more}{{0,{_LINES_OF_BLOCK}}}(?=\n(?!\n|{pad}))"
        rf"|\|-\n{pad}(?![ \t]).+{more}{{1,{_LINES_OF_BLOCK}}}(?=\n(?!\n|{pad}))"
    )
    scalar = rf"(?:{_DOUBLE}|{_SINGLE}|{_NUMBER}|true|false|null|{_PLAIN}|{_FLOW}|\{{\}})"
    return rf"{scalar}{_no_deeper(deeper - 2)}|{block}"


def _no_deeper(siblings: int) -> str:
    """The end of a line that opens nothing: the next one is a sibling or less indented."""
    return rf"(?=\n(?!(?P=pad)[ ]{{{siblings}}}[ ]))"
