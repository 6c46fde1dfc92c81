"""The lines that `_yaml_emit` writes, read without a YAML library. [FILE-16]

One pattern describes a line, and a block with the line that it belongs to. No other value goes on
beyond its line, and a block ends where its indentation does: where all lines of a text fit, none
can hide inside another one's value. `check` sees to that, and `mapping` builds the value. Both know
what `_yaml_emit` writes and little more: all else that YAML might read is `Inexact`, and left to
`_yaml_read`.
"""

from __future__ import annotations

import functools
import re
from json import decoder
from typing import Any, Callable

from ._errors import YamlError
from ._model import JSON
from ._yaml_emit import BEYOND_ASCII
from ._yaml_read import MAX_DEPTH, plain_value

_CLEAR = rf'[^\x00-\x1f"\\{BEYOND_ASCII}]*'
_ESCAPE = r'\\(?:["\\nrt]|u(?:00[01][0-9a-f]|007f|00[89][0-9a-f]|202[89]|feff|fff[ef]))'
_QUOTED = rf'"{_CLEAR}(?:{_ESCAPE}{_CLEAR})*"'
_PLAIN = r"-?[A-Za-z0-9][A-Za-z0-9_./+-]*"
_ITEM = rf"(?:{_PLAIN}|{_QUOTED})"
FLOW = rf"\[(?:{_ITEM}(?:,[ ]{_ITEM})*)?\]"
_SCALAR = rf"(?:{_QUOTED}|{_PLAIN}|{FLOW}|\{{\}})"
_NAME = rf"(?:[A-Za-z_][A-Za-z0-9_-]*|{_QUOTED})"
_TEXT = rf"[^\x00-\x08\x0a-\x1f{BEYOND_ASCII}]+"

# Bounds on what the regular expression engine has to remember.
_LINES_AT_ONCE = 50
_LINES_OF_BLOCK = 20_000
# A value may stand two levels deeper than its line.
_MOST_INDENTED = 2 * (MAX_DEPTH - 3)
# YAML parsers give up on longer names; the writer has none.
_LONGEST_NAME = 1000


class Inexact(Exception):
    """The text is not in the exact form: what it says is for a YAML parser to tell."""


def _value(pad: str) -> str:
    """What may stand behind a name or a dash; `pad` begins the lines of a block."""
    lines = rf"(?:\n+{pad}{_TEXT}){{0,{_LINES_OF_BLOCK}}}"
    block = rf"\|-?\n{pad}(?![ \t]){_TEXT}{lines}(?=\n(?!\n|{pad}))"
    return rf"{_SCALAR}(?=\n)|{block}"


def _line(least: int, group: str) -> str:
    """A line, indented by `least` or more; `group` opens a group for a part of it."""
    inner, deeper = r"(?P=pad)[ ]{2}", r"(?P=pad)[ ]{4}"
    member = rf"{group}{_NAME}):(?:[ ]{group}{_value(inner)}))?"
    in_item = rf"{group}{_NAME}):(?:[ ]{group}{_value(deeper)}))?"
    item = rf"{group}-)(?:[ ](?:{group}{_value(inner)})|{in_item}))?"
    return rf"(?P<pad>[ ]{{{least},{_MOST_INDENTED}}})(?:{member}|{item})\n"


Matcher = Callable[[str, int], "re.Match[str] | None"]


def lines(least: int, *, but: str = "(?!)") -> Matcher:
    """Matches some lines, indented by `least` or more, at a position; none that begins as `but`."""
    line = rf"(?!{but}){_line(least, '(?:')}"
    return re.compile(rf"(?:{line}){{1,{_LINES_AT_ONCE}}}").match


def check(text: str, start: int, lines: Matcher) -> None:
    """See that a text consists of such lines from a position on.

    Raises:
        Inexact: it does not.
    """
    while start < len(text):
        found = lines(text, start)
        if found is None:
            raise Inexact
        start = found.end()


_parts = re.compile(_line(0, "(")).findall


def mapping(text: str, indent: int) -> dict[str, JSON]:
    """The mapping that a text says.

    Args:
        text: what `check` has passed.
        indent: how far its first names are indented.

    Raises:
        Inexact: what it says is not certain.
    """
    root: dict[str, JSON] = {}
    # The open collections, from the outermost in: each is indented by two more.
    stack: list[Any] = [root]
    # Where the value goes that the next line begins.
    awaited: tuple[Any, Any] | None = None
    for pad, name, value, dash, item, name_in_item, value_in_item in _parts(text):
        depth = (len(pad) - indent) // 2
        if awaited:
            here: Any = [] if dash else {}
            awaited[0][awaited[1]] = here
            stack.append(here)
            awaited = None
        else:
            del stack[depth + 1 :]
            here = stack[-1]
        if len(pad) != indent + 2 * (len(stack) - 1) or (type(here) is list) is not bool(dash):
            raise Inexact
        step: Any = len(here)
        if dash:
            value = item
            here.append(None)
            if name_in_item:
                name, value = name_in_item, value_in_item
                here[step] = {}
                here = here[step]
                stack.append(here)
        if name:
            step = _name(name)
            if step in here:
                raise Inexact
        if value:
            here[step] = _resolved(value, pad + "    " if name and dash else pad + "  ")
        else:
            here[step] = None
            awaited = here, step
    if awaited:
        raise Inexact
    return root


@functools.lru_cache(maxsize=4096)
def _name(text: str) -> str:
    name = _resolved(text, "")
    if len(text) > _LONGEST_NAME or not isinstance(name, str):
        raise Inexact
    return name


def _resolved(text: str, pad: str) -> JSON:
    """The value of a scalar, a flow line or a block, whose lines begin with `pad`."""
    first = text[0]
    if first == '"':
        return _unescaped(text) if "\\" in text else text[1:-1]
    if first == "|":
        content = text[text.index("\n") :].replace("\n" + pad, "\n")
        return content[1:] if text[1] == "-" else content[1:] + "\n"
    if first == "[":
        return [_resolved(item, "") for item in _items(text)]
    if first == "{":
        return {}
    try:
        return plain_value(text, 0)
    except YamlError:
        raise Inexact from None


_items = re.compile(_ITEM).findall
# The json module's C function; from behind the first quote on.
_scan_string: Callable[[str, int], tuple[str, int]] = getattr(decoder, "scanstring")  # noqa: B009


def _unescaped(text: str) -> str:
    return _scan_string(text, 1)[0]
