"""The lines that `yaml_writer` writes, read without a YAML library. [FILE-16]

One pattern describes a line, and a block with the line that it belongs to. No other value continues
beyond its line, and a block ends where its indentation does: where all lines of a text fit, none
can hide inside another one's value. `check` sees to that, and `mapping` builds the value. Both know
what `yaml_writer` writes and little more: anything else that YAML may read is `Inexact`, and left
to `yaml_reader`.

Long texts are left to the loops of C that look for one character: replacing, deleting, `[^"]*` and
`.`, and the json module's scanner of strings. A set of characters is thirty times slower.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from json import decoder
from typing import Any, Callable

from .._base.errors import YamlError
from .._base.late import late
from .._base.model import JSON
from .._base.vocabulary import MAX_WRITTEN_NAME, RESERVED
from . import yaml_runs as runs
from .special_characters import has_special
from .yaml_flow import Inexact
from .yaml_flow import value as flow_value
from .yaml_scalars import MAX_DEPTH, plain_value

# A value may be two levels deeper than its line.
MOST_INDENTED = 2 * (MAX_DEPTH - 3)
# Bounds on what the regular expression engine has to remember.
_LINES_AT_ONCE = 50
_LINES_OF_BLOCK = 20_000
_APOSTROPHES = 20_000
_ITEMS_AT_ONCE = 500

_ITEM = rf'(?:{runs.PLAIN}|"[^"\\\n]*")'
FLOW = rf"\[(?:{_ITEM}(?:,[ ]{_ITEM})*)?\]"
# None of these characters begins what ends on another line; `_items` reads the list.
_FLOW = rf"(?:\[[-A-Za-z0-9_./+, ]*\]|{FLOW})"
_DOUBLE = '"[^"]*"'
_SINGLE = f"'[^']*(?:''[^']*){{0,{_APOSTROPHES}}}'"
_SCALAR = rf"(?:{_DOUBLE}|{_SINGLE}|{runs.PLAIN}|{_FLOW}|\{{\}})"
_NAME = r'(?:[A-Za-z_][A-Za-z0-9_-]*|"[^"]*")'


def text_of(data: bytes) -> str:
    """The text of some bytes that hold no character which has to be escaped.

    Raises:
        Inexact: they do, or are not UTF-8.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Inexact from None
    if has_special(text, data):
        raise Inexact
    return text


def _value(pad: str) -> str:
    """What may follow a name or a dash; `pad` begins the lines of a block."""
    more = rf"(?:\n+{pad}.+){{0,{_LINES_OF_BLOCK}}}"
    return rf"{_SCALAR}(?=\n)|\|-?\n{pad}(?![ \t]).+{more}(?=\n(?!\n|{pad}))"


def _line(least: int, group: str, but: str = "(?!)", *, runs_too: bool = True) -> str:
    """A line, indented by `least` or more, that does not begin as `but`.

    Strings that are items one after another, as the events of a stream are, count as one line, and
    so does a run, with `runs_too`. `group` opens a group for a part of the line.
    """
    inner, deeper = runs.INNER, r"(?P=pad)[ ]{4}"
    strings = "|".join(
        rf"{quoted}(?:\n(?P=pad)-[ ]{quoted}){{1,{_ITEMS_AT_ONCE}}}(?=\n)"
        for quoted in (_SINGLE, _DOUBLE)
    )
    member = rf"{group}{_NAME}):(?:[ ]{group}{_value(inner)}))?"
    in_item = rf"{group}{_NAME}):(?:[ ]{group}{_value(deeper)}))?"
    pad = rf"(?!{but})(?P<pad>[ ]{{{least},{MOST_INDENTED}}})"
    if not runs_too:
        item = rf"{group}-)(?:[ ](?:{group}{strings})|{group}{_value(inner)})|{in_item}))?"
        return rf"{pad}(?:{member}|{item})\n"
    one_or_more = rf"{group}{strings})|{group}{runs.ITEMS})|{group}{_value(inner)})|{in_item}"
    item = rf"{group}-)(?:[ ](?:{one_or_more})|{group}{runs.PAIRS}))?"
    run = rf"{group}{runs.members_pattern(but)})"
    return rf"{pad}(?:{run}|{member}|{item})\n"


def document(data: bytes) -> JSON:
    """The value of a text that consists of such lines and the end marker. [YAML-W1]

    Args:
        data: the text in UTF-8, without a byte order mark.

    Raises:
        Inexact: it consists of others too, or what it says is not certain.
    """
    text = text_of(data)
    if not text.endswith(_END):
        raise Inexact
    return checked_mapping(text[: -len(_END) + 1])


_END = "\n...\n"
Lines = Callable[[str, int], "re.Match[str] | None"]


def lines(least: int, *, but: str = "(?!)") -> Lines:
    """Matches some lines, indented by `least` or more, at a position; none that begins as `but`.

    A run is lines that fit alone, too. To try runs first pays where numbers and words are many,
    and nearly doubles the price of an ordinary recording.
    """
    line = _line(least, "(?:", but, runs_too=False)
    return re.compile(rf"(?:{line}){{1,{_LINES_AT_ONCE}}}").match


def check(text: str, start: int, lines: Lines) -> None:
    """See that a text consists of such lines from a position on.

    Raises:
        Inexact: it does not.
    """
    if checked(text, start, lines) != len(text):
        raise Inexact


def checked(text: str, start: int, lines: Lines) -> int:
    """How far a text consists of such lines from a position on."""
    text = _masked(text)
    while start < len(text):
        found = lines(text, start)
        if found is None:
            break
        start = found.end()
    return start


def checked_mapping(text: str) -> dict[str, JSON]:
    """The mapping that a text says; nothing has checked the text.

    Raises:
        Inexact: it does not consist of such lines, or what it says is not certain.
    """
    return _mapping(_checked_parts(text), 0)


def mapping(text: str, indent: int) -> dict[str, JSON]:
    """The mapping that a text says.

    Args:
        text: what `check` has passed.
        indent: how far its first names are indented.

    Raises:
        Inexact: what it says is not certain.
    """
    return _mapping(_parts(text), indent)


def _mapping(parts: Iterable[Sequence[str]], indent: int) -> dict[str, JSON]:
    root: dict[str, JSON] = {}
    step: Any
    # The open collections, from the outermost in: each is indented by two more.
    stack: list[Any] = [root]
    # Where the value goes that the next line begins.
    awaited: tuple[Any, Any] | None = None
    # How far the line before was indented, if it was a whole member of the innermost collection.
    before: str | None = None
    for pad, run, name, value, dash, *in_list in parts:
        if value and pad == before:
            step = _name(name)
            if step in stack[-1]:
                raise Inexact
            stack[-1][step] = _resolved(value, pad + "  ")
            continue
        before = None
        if awaited:
            here: Any = [] if dash else {}
            awaited[0][awaited[1]] = here
            stack.append(here)
            awaited = None
        else:
            if len(pad) < indent:
                raise Inexact
            del stack[(len(pad) - indent) // 2 + 1 :]
            here = stack[-1]
        if len(pad) != indent + 2 * (len(stack) - 1) or (type(here) is list) is not bool(dash):
            raise Inexact
        if run:
            runs.add_members(here, run, pad, _scalar)
            before = pad
            continue
        if dash:
            strings, items, item, name_in_item, value_in_item, pairs = in_list
            if strings or items or pairs:
                here += _many(strings, items, pairs, pad)
                continue
        before = pad if value and not dash else None
        step = len(here)
        if dash:
            value = item
            here.append(None)
            if name_in_item:
                name, value, pad = name_in_item, value_in_item, pad + "  "
                here[step] = {}
                here = here[step]
                stack.append(here)
        if name:
            step = _name(name)
            if step in here:
                raise Inexact
        if value:
            here[step] = _resolved(value, pad + "  ")
        else:
            here[step] = None
            awaited = here, step
    if awaited:
        raise Inexact
    return root


def _parts(text: str) -> Iterable[Sequence[str]]:
    """For each line: indentation, run of members, name, value; dash, and behind it what follows.

    That is a run of strings, a run of items, one item, the name and the value of a mapping in an
    item, and a run of pairs.
    """
    if "\\" not in text:
        return _each_line.findall(text)
    # The groups are found in the masked text, and their values are those of the text itself.
    found = _each_line.finditer(_masked(text))
    return ([text[start:end] for start, end in line.regs[1:]] for line in found)


_each_line = re.compile(_line(0, "("))


def _checked_parts(text: str) -> Iterator[Sequence[str]]:
    """The same of a text that has not been checked: each line begins where one has ended.

    Raises:
        Inexact: the text does not consist of such lines.
    """
    masked, match = _masked(text), _each_line.match
    start, end = 0, len(text)
    while start < end:
        line = match(masked, start)
        if line is None:
            raise Inexact
        start = line.end()
        if masked is text:
            yield line.groups("")
        else:
            yield [text[first:last] for first, last in line.regs[1:]]


def _masked(text: str) -> str:
    """The text without its escaped quotes and backslashes: each quote that is left is one.

    Text in single quotes may be masked too: two apostrophes are one there.
    """
    return text.replace("\\\\", "''").replace('\\"', "''") if "\\" in text else text


_is_plain_name = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z").match


@functools.lru_cache(maxsize=4096)
def _name(text: str) -> str:
    if _is_plain_name(text) and text.lower() not in RESERVED and len(text) <= MAX_WRITTEN_NAME:
        return text
    name = _resolved(text, "")
    if len(text) > MAX_WRITTEN_NAME or not isinstance(name, str):
        raise Inexact
    return name


def _resolved(text: str, pad: str) -> JSON:
    """The value of a scalar, a flow line, or a block whose lines begin with `pad`."""
    first = text[0]
    if first not in _MARKS:
        return _plain(text)
    if first == '"':
        return double_quoted(text)
    if first == "'":
        return _single(text)
    if first == "|":
        content = text[text.index("\n") :].replace("\n" + pad, "\n")
        return content[1:] if text[1] == "-" else content[1:] + "\n"
    if first == "[":
        return _items(text)
    return {}


_MARKS = frozenset("\"'|[{")


def _items(flow: str) -> list[JSON]:
    if len(flow) > _LONG_FLOW:
        with suppress(Inexact):
            return flow_value(flow)
    if not _is_flow(flow):
        raise Inexact
    return [_scalar(item) for item in _each_item(flow)]


_LONG_FLOW = 64
_is_flow = late(lambda: re.compile(FLOW).fullmatch)
_each_item = late(lambda: re.compile(_ITEM).findall)
_surrogate = re.compile(r"\\u[dD][89a-fA-F]").search
# The json module's C function: from behind the first quote on.
_scan_string: Callable[[str, int], tuple[str, int]] = getattr(decoder, "scanstring")  # noqa: B009


def double_quoted(text: str) -> str:
    """The text in double quotes. Escapes of JSON are YAML's too, except those of surrogates."""
    try:
        string, end = _scan_string(text, 1)
    except ValueError:
        raise Inexact from None
    if len(string) != end - 2 and _surrogate(text):
        raise Inexact
    return string


def _strings(text: str, pad: str) -> list[str]:
    """The texts in the double quotes of items that are indented by `pad`."""
    try:
        strings: list[str] = json.loads("[" + text.replace(f"\n{pad}- ", ",") + "]")
    except ValueError:
        raise Inexact from None
    # Fewer, if a string continues on the next line.
    if len(strings) != text.count("\n") + 1 or _surrogate(text):
        raise Inexact
    return strings


def _single(text: str) -> str:
    """The text in single quotes. [YAML-W11]"""
    if "\n" in text:
        raise Inexact
    return text[1:-1].replace("''", "'")


def _singles(text: str, pad: str) -> list[str]:
    """The texts in the single quotes of items that are indented by `pad`."""
    strings = text[1:-1].split(f"'\n{pad}- '")
    # Fewer, if a string continues on the next line.
    if len(strings) != text.count("\n") + 1:
        raise Inexact
    if text.count("'") == 2 * len(strings):  # those around them; quicker than to look for two
        return strings
    # An apostrophe alone, if the break was one between two lines of a string.
    if any("'" in string.replace("''", "") for string in strings):
        raise Inexact
    return [string.replace("''", "'") for string in strings]


def _many(strings: str, items: str, pairs: str, pad: str) -> Sequence[JSON]:
    """The items of a run in a list, one of three kinds."""
    if strings:
        return _strings(strings, pad) if strings[0] == '"' else _singles(strings, pad)
    return runs.items(items, pad, _scalar) if items else runs.pairs(pairs, pad, _scalar)


def _scalar(text: str) -> JSON:
    """The value of a scalar that is plain or in double quotes."""
    return double_quoted(text) if text[0] == '"' else _plain(text)


def _plain(text: str) -> JSON:
    return _known_plain(text) if len(text) <= _LONGEST_KNOWN else _plain_value(text)


def _plain_value(text: str) -> JSON:
    try:
        return plain_value(text, 0)
    except YamlError:
        raise Inexact from None


# Files repeat words and small numbers.
_LONGEST_KNOWN = 40
_known_plain = functools.lru_cache(maxsize=4096)(_plain_value)
