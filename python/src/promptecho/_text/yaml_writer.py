"""A value as the one YAML text that every port writes for it. [YAML-W2] to [YAML-W10]

The same value gives the same bytes, so saving twice leaves no difference. Text is in block style
with two spaces. The characters of a string alone decide whether it is plain, a literal block, in
single quotes or in double quotes. `_format.writer` writes the end marker [YAML-W1] and orders the
members of a file.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable
from itertools import chain
from json.encoder import encode_basestring
from string import ascii_letters, digits
from typing import Callable

from .._base.late import late
from .._base.model import JSON, Number
from .._base.vocabulary import RESERVED, RESERVED_SPELLINGS
from .canonical import ecma_number, same_in_c
from .special_characters import has_special

_is_plain_value = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*\Z").match
# Without a letter, `_1` is a number to YAML 1.1.
_is_plain_name = re.compile(r"_*[A-Za-z][A-Za-z0-9_-]*\Z").match

# Not printable in YAML, or a line break to some parser: YAML-W7 has an escape for each.
_BEYOND_ASCII = "\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_unfit_for_block = late(lambda: re.compile(f"[\x00-\x08\x0b-\x1f{_BEYOND_ASCII}]").search)
# In single quotes nothing is escaped; a string that fits a literal block may hold LF and tab too.
_unfit_for_single_quotes = late(lambda: re.compile(f"[\x00-\x1f{_BEYOND_ASCII}]").search)
# What the json module's C function writes otherwise than YAML-W7 asks.
_unfit_for_json = late(lambda: re.compile(f"[\b\f{_BEYOND_ASCII}]").search)
_ESCAPED = f'[\x00-\x1f"\\\\{_BEYOND_ASCII}]'
_replace_escaped = late(lambda: re.compile(_ESCAPED).sub)
find_escaped = late(lambda: re.compile(_ESCAPED).findall)
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_indent_text = re.compile("\n(?=[^\n])").sub
_insert_fraction = re.compile(r"\A(-?[0-9]+)e").sub


def emit(value: JSON, indent: int = 0) -> str:
    """The text of a value, each line `indent` spaces further in, with a final newline.

    Members of a mapping and items of a sequence are whole lines; any other value is one line.

    Args:
        value: what :func:`promptecho._text.storable.storable` accepts; a ``Number`` fits YAML-W9.
        indent: spaces before every line.
    """
    pad = " " * indent
    line = _inline(value, pad + "  ")
    if line is not None:
        return f"{pad}{line}\n"
    lines: list[str] = []
    _append_block(value, pad, pad, lines.append)
    return "".join(lines)


def quoted(text: str) -> str:
    """A string in double quotes, on one line; also a JSON string. [YAML-W6] [YAML-W7]"""
    if _is_clean(text) or not _unfit_for_json(text):
        return encode_basestring(text)
    return f'"{_replace_escaped(_escape, text)}"'


def flow(items: Iterable[JSON]) -> str:
    """A list of scalars on one line: ``[model, messages]``. [YAML-W2]"""
    return f"[{', '.join(map(_flow_item, items))}]"


@functools.lru_cache(maxsize=4096)
def name(text: str) -> str:
    """The name of a member, plain or in double quotes. [YAML-W8]"""
    if _is_plain_name(text) and text.lower() not in RESERVED:
        return text
    return quoted(text)


def number(value: JSON) -> str:
    """A number's token. [YAML-W9]"""
    if isinstance(value, Number):
        return value.text
    if type(value) is float and same_in_c(value):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    # Without a fraction, 1e-7 is a string to YAML 1.1.
    return _insert_fraction(r"\1.0e", ecma_number(value))


def _append_block(value: JSON, first: str, pad: str, append: Callable[[str], None]) -> None:
    """Append a mapping's or a sequence's lines: the first after `first`, the others after `pad`."""
    inner = pad + "  "
    lines = _lines(value, inner) if len(value) >= _MANY else None
    if lines is not None:
        append(first + f"\n{pad}".join(lines) + "\n")
        return
    if type(value) is dict:
        for key, member in value.items():
            line = _inline(member, inner)
            if line is None:
                append(f"{first}{name(key)}:\n")
                _append_block(member, inner, inner, append)
            else:
                append(f"{first}{name(key)}: {line}\n")
            first = pad
        return
    for item in value:
        line = _inline(item, inner)
        if line is not None:
            append(f"{first}- {line}\n")
        elif type(item) is dict:
            _append_block(item, f"{first}- ", inner, append)
        else:
            append(f"{first}-\n")
            _append_block(item, inner, inner, append)
        first = pad


# From so many on, a block of scalars is written at once.
_MANY = 50


def _lines(value: JSON, pad: str) -> list[str] | None:
    """The lines of a collection of scalars, or of lists of strings; None for another one.

    Args:
        value: the collection.
        pad: begins the further lines of a member or an item.
    """
    if type(value) is dict:
        texts = _scalars(list(value.values()), pad)
        return texts and [f"{key}: {text}" for key, text in zip(_names(value), texts)]
    texts = _scalars(value, pad)
    if texts or set(map(type, value)) != {list} or not all(value):
        return texts and [f"- {text}" for text in texts]
    flat = list(chain.from_iterable(value))
    if set(map(type, flat)) != {str}:
        return None
    known, dash = _texts(flat, pad + "  "), f"\n{pad}- "
    return [f"-{dash}{dash.join([known[text] for text in item])}" for item in value]


def _texts(texts: Iterable[str], pad: str) -> dict[str, str]:
    """What follows a name or a dash, for each of many strings."""
    return {text: _text(text, pad) for text in set(texts)}


def _names(texts: Collection[str]) -> Iterable[str]:
    """The names of many members."""
    joined = "\n".join(("", *texts, "")).encode("utf-8", "surrogatepass")
    simple = joined.translate(None, _NAME_CHARACTERS) == b"\n" * (len(texts) + 1)
    starts = joined.translate(_AS_DASH)
    simple = simple and b"\n-" not in starts and b"\n\n" not in starts
    return texts if simple and RESERVED_SPELLINGS.isdisjoint(texts) else map(name, texts)


_NO_FIRST = f"{digits}_-".encode()
_NAME_CHARACTERS = ascii_letters.encode() + _NO_FIRST
_AS_DASH = bytes.maketrans(_NO_FIRST, b"-" * len(_NO_FIRST))


def _scalars(values: list[JSON], pad: str) -> list[str] | None:
    """What follows the names or dashes of scalars; None if one value is a collection."""
    kinds = set(map(type, values))
    if kinds == {str}:
        known = _texts(values, pad)
        return [known[text] for text in values]
    if kinds <= _FLOW_SCALARS | {str}:
        return [_text(each, pad) if type(each) is str else _atom(each) for each in values]
    return None


_FLOW_SCALARS = frozenset((int, float, bool, Number, type(None)))


def _inline(value: JSON, pad: str) -> str | None:
    """What follows a name or a dash; None for a value that begins on the next line."""
    kind = type(value)
    if kind is str:
        return _text(value, pad)
    if kind is int:
        return str(value)
    if kind is dict:
        return None if value else "{}"
    if kind is list:
        kinds = set(map(type, value))
        if not kinds <= _FLOW_SCALARS:
            return None
        return repr(value) if kinds == {int} else flow(value)
    return _atom(value)


def _text(text: str, pad: str) -> str:
    if _is_plain_value(text) and text.lower() not in RESERVED:
        return text
    if "\n" in text:
        content = text[:-1] if text[-1] == "\n" else text
        if _fits_block(content):
            header = "|-" if content is text else "|"
            return f"{header}\n{pad}" + _indent_text("\n" + pad, content)
    elif ('"' in text or "\\" in text) and not _unfit_for_single_quotes(text):
        return "'" + text.replace("'", "''") + "'"  # YAML-W11
    return quoted(text)


def _fits_block(content: str) -> bool:
    if not content or content[0] in " \t\n" or content[-1] in " \t\n":
        return False
    # A pattern with an alternative would look at each character twice.
    if " \n" in content or "\t\n" in content:
        return False
    return _is_clean(content) or not _unfit_for_block(content)


def _is_clean(text: str) -> bool:
    """Whether there is certainly nothing to escape; quicker than the patterns."""
    return not has_special(text, text.encode("utf-8", "surrogatepass"))


def _flow_item(value: JSON) -> str:
    if not isinstance(value, str):
        return _atom(value)
    return value if _is_plain_value(value) and value.lower() not in RESERVED else quoted(value)


def _atom(value: JSON) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"
