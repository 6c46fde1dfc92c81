"""The canonical text of a JSON value, which is hashed and compared. [CANON-2]

Only a value inside the guard of `json` has a canonical text. Mostly the C encoder writes it; where
it may write another text than RFC 8785 asks for, the value is written member by member.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from json.encoder import encode_basestring
from typing import Callable

from .._base.errors import NotCanonical
from .._base.model import JSON, Number
from .json import MAX_SAFE_INTEGER, float_value, integer_value


def canonical(value: JSON) -> str:
    """The RFC 8785 text of a guarded value. [CANON-2]

    Raises:
        NotCanonical: a number is not finite or an integer is beyond 2^53-1.
    """
    if _same_in_c(value):
        return _encoded(value)
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def comparable(value: JSON) -> str:
    """As :func:`canonical`, for a value of a file; one outside the guard equals no canonical text.

    Only a file that was written by hand holds one, such as a number beyond a double.
    """
    try:
        return canonical(value)
    except NotCanonical:
        return value.text if isinstance(value, Number) else f"!{value!r}"


def same(one: JSON, other: JSON) -> bool:
    """Whether two values are of one spelling, and so have one canonical text; quicker than that.

    False says nothing: ``1`` and ``1.0`` are not the same, and have one canonical text.
    """
    if type(one) is not type(other):
        return False  # for Python, True is 1
    if type(one) is dict:
        if one.keys() != other.keys():
            return False
        return all(map(same, one.values(), map(other.__getitem__, one)))
    if type(one) is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def plain_text(value: JSON) -> str:
    """As :func:`canonical`, by the C encoder alone: only for what `json.parse_plain` calls plain.

    The encoder sorts by code point where RFC 8785 sorts by UTF-16 unit: the same where no character
    is two units. It writes a float as ``repr`` does: the same for a fraction without exponent, that
    is from 1e-4 on; the guard made integers of all floats that are integral, which all those from
    2^53 on are. And ``encode_basestring`` escapes what RFC 8785 escapes.
    """
    return _encoded(value)


def quoted(text: str) -> str:
    """The RFC 8785 text of a string. [CANON-2]"""
    return encode_basestring(text)


# --- numbers ----------------------------------------------------------------------------------


def ecma_number(number: float) -> str:
    """A finite number as ECMAScript's Number::toString writes it.

    Raises:
        NotCanonical: the number is infinite or not a number.
    """
    if type(number) is int and -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
        return str(number)
    try:
        shortest = repr(abs(float(number)))
    except OverflowError:
        raise NotCanonical("a number beyond a double") from None
    if shortest in ("inf", "nan"):
        raise NotCanonical("a number that is not finite")
    sign = "-" if number < 0 else ""
    return sign + _ecma_digits(*_digits_and_point(shortest))


def _digits_and_point(shortest: str) -> tuple[str, int]:
    """``1.5e-07`` -> its digits ``15`` and the place of the point from their start, -6."""
    mantissa, _, exponent = shortest.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) - (len(whole + fraction) - len(digits)) + int(exponent or "0")
    return digits.rstrip("0"), point


def _ecma_digits(digits: str, point: int) -> str:
    # ECMA-262, Number::toString, steps 6 to 10; `point` is the n of that text.
    if not digits:
        return "0"
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"


# --- texts ------------------------------------------------------------------------------------


def c_encoder(
    item: str,
    member: str,
    *,
    sort_keys: bool,
    string: Callable[[str], str] = encode_basestring,
) -> Callable[[JSON], str]:
    """JSON text by the C encoder, which is made once: `JSONEncoder` makes one for every call.

    Args:
        item: the text between items.
        member: the text between a name and its value.
        sort_keys: whether members are sorted by name.
        string: writes a string; it is not asked where Python has no encoder in C.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=False, check_circular=False, separators=(item, member), sort_keys=sort_keys
    )
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    parts: Callable[[JSON, int], Iterable[str]] = make(
        None, encoder.default, string, None, member, item, sort_keys, False, True
    )

    def encode(value: JSON) -> str:
        return string(value) if type(value) is str else "".join(parts(value, 0))

    return encode


_encoded = c_encoder(",", ":", sort_keys=True)


def _same_in_c(value: JSON) -> bool:
    """Whether the C encoder provably writes the canonical text.

    It sorts by code point where RFC 8785 sorts by UTF-16 unit: the same below U+E000. It writes
    a float as ``repr`` does: the same for a fraction without exponent.
    """
    todo = [value]
    for node in todo:
        kind = type(node)
        if kind is dict:
            if not all(name.isascii() or max(name) < "\ue000" for name in node):
                return False
            todo.extend(node.values())
        elif kind is list:
            todo.extend(node if len(node) < _LONG else _undecided(node))
        elif not (kind is str or node is None or same_in_c(node)):
            return False
    return True


def _undecided(items: list[JSON]) -> list[JSON]:
    """What decides in a long list, perhaps one of lists: a form has a list for each field."""
    kinds = set(map(type, items))
    if kinds == {list}:
        items = list(chain.from_iterable(items))
        kinds = set(map(type, items))
    if kinds <= _SAME_IN_C:
        return []
    if kinds == {int}:
        return [min(items), max(items)]
    return [item for item in items if type(item) not in _SAME_IN_C]


_LONG = 100
_SAME_IN_C = frozenset((str, bool, type(None)))


def same_in_c(node: JSON) -> bool:
    """Whether a number has one text in ECMAScript, in JSON by C, and as ``repr`` writes it."""
    if type(node) is int:
        return -MAX_SAFE_INTEGER <= node <= MAX_SAFE_INTEGER
    if type(node) is float:
        return 1e-4 <= abs(node) < MAX_SAFE_INTEGER and not node.is_integer()
    return type(node) is bool


def _write(value: JSON, put: Callable[[str], None]) -> None:
    if isinstance(value, str):
        put(encode_basestring(value))
    elif isinstance(value, dict):
        _write_object(value, put)
    elif isinstance(value, list):
        _write_array(value, put)
    elif value is None or isinstance(value, bool):
        put("null" if value is None else "true" if value else "false")
    else:
        put(_canonical_number(value))


def _write_object(members: dict[str, JSON], put: Callable[[str], None]) -> None:
    separator = "{"
    for name in sorted(members, key=utf16):
        put(separator + encode_basestring(name) + ":")
        _write(members[name], put)
        separator = ","
    put("}" if members else "{}")


def _write_array(items: list[JSON], put: Callable[[str], None]) -> None:
    separator = "["
    for item in items:
        put(separator)
        _write(item, put)
        separator = ","
    put("]" if items else "[]")


def _canonical_number(number: JSON) -> str:
    if isinstance(number, Number):
        number = _number_value(number.text)
    if isinstance(number, int) and abs(number) > MAX_SAFE_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return ecma_number(number)


def _number_value(token: str) -> float:
    return integer_value(token) if token.lstrip("-").isdigit() else float_value(token)


def utf16(text: str) -> bytes:
    """The order of names: by UTF-16 unit, as RFC 8785 sorts them. [CANON-2]

    A lone surrogate sorts too: the guard refuses it, and not the sorting.
    """
    return text.encode("utf-16-be", "surrogatepass")
