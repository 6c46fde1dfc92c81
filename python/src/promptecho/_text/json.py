"""JSON in and out: the guard, and the canonical text that is hashed. [CANON-1] [CANON-2]

A text inside the guard means the same to every JSON library of every language; only such a text
has a canonical form. Whatever is outside raises :class:`NotCanonical`, and its body is opaque.

Parsing is the C scanner's work, and canonical text mostly the C encoder's. A look at the bytes says
first whether they can hold one of the few things that need a slower path: long runs of digits, tiny
fractions, characters of two UTF-16 units, escapes, many brackets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from typing import Callable, NoReturn

from .._base.errors import NotCanonical
from .._base.model import JSON, Number
from .._base.vocabulary import MAX_NAME, MAX_NESTING, MAX_WRITTEN_NAME

MAX_SAFE_INTEGER = 2**53 - 1
#: Characters that hold every integer of the guard; `int` of a longer text may cost or raise.
INTEGER_CHARACTERS = 17

# One call of C makes a text of nothing but what numbers are written with; every digit is 0 in it.
_NUMBERS = bytearray(b" " * 256)
_NUMBERS[ord("0") : ord("9") + 1] = b"0" * 10
_NUMBERS[ord("e")] = _NUMBERS[ord("E")] = ord("e")
_NUMBERS[ord("-")] = ord("-")
_LONG_INTEGER = b"0" * 16
_WINDOW = 2**16
# How UTF-8 begins what is two units in UTF-16.
_ASTRAL = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
_ESCAPED_ASTRAL_OR_ASCII = re.compile(rb"\\u(?:[dD][89abAB]|00[0-7])")
_MINUS_ZERO = re.compile(r"-0(?![.0-9eE])")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NEEDS_ESCAPE_IN_YAML = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')


def parse(data: bytes) -> JSON:
    """The value of a JSON text inside the guard. [CANON-1]

    Integral numbers come out as int (``1.0`` is 1, ``-0.0`` is 0), others as float.

    Raises:
        NotCanonical: the bytes are outside the guard; the message says why.
    """
    return parse_plain(data)[0]


def parse_plain(data: bytes) -> tuple[JSON, bool]:
    """As :func:`parse`; and whether :func:`plain_text` may be taken of whatever is made of it.

    Raises:
        NotCanonical: the bytes are outside the guard; the message says why.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotCanonical("not UTF-8") from None
    long, tiny = _odd_numbers(data)
    escaped = b"\\u" in data
    value = _guarded(data, text, _VALUES_CHECKED if long else _VALUES, escaped=escaped)
    return value, not tiny and _is_plain(data, escaped=escaped)


def parse_lossless(text: str) -> JSON:
    """As :func:`parse`, but every number keeps its spelling.

    An int or a float stands for a number only where writing it plainly gives the same token
    back, in JSON and in YAML; every other number (``1.0``, ``1e5``, ``-0``) is a ``Number``.

    Raises:
        NotCanonical: the text is outside the guard.
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("a lone surrogate") from None
    odd = _odd_numbers(data)[0] or ("-0" in text and _MINUS_ZERO.search(text) is not None)
    decoder = _TOKENS_CHECKED if odd else _TOKENS
    return _guarded(data, text, decoder, escaped="\\u" in text)


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
    """As :func:`canonical`, by the C encoder alone: only for what :func:`parse_plain` calls plain.

    The encoder sorts by code point where RFC 8785 sorts by UTF-16 unit: the same where no character
    is two units. It writes a float as ``repr`` does: the same for a fraction without exponent, that
    is from 1e-4 on; the guard made integers of all floats that are integral, which all those from
    2^53 on are. And ``encode_basestring`` escapes what RFC 8785 escapes.
    """
    return _encoded(value)


def quoted(text: str) -> str:
    """The RFC 8785 text of a string. [CANON-2]"""
    return encode_basestring(text)


def storable(value: JSON) -> bool:
    """Whether a value fits in a cassette: nesting and the length of names. [YAML-W8]"""
    level = [value]
    for _ in range(MAX_NESTING):
        inner: list[JSON] = []
        for node in level:
            if type(node) is dict:
                for name, member in node.items():
                    if (len(name) >= 150 or name == "<<") and not _storable_name(name):
                        return False
                    if type(member) is dict or type(member) is list:
                        inner.append(member)
            elif type(node) is list:
                inner += [item for item in node if type(item) is dict or type(item) is list]
        if not inner:
            return True
        level = inner
    return False


def depth_within(value: JSON, limit: int) -> bool:
    """Whether lists and dicts nest at most `limit` deep; a scalar has depth 0."""
    level = [value] if type(value) is dict or type(value) is list else []
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return True
    return not level


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


# --- the guard ---------------------------------------------------------------------------------


def windows(data: bytes) -> Iterator[bytes]:
    """A text in pieces that end at a space: small enough for their copies to cost little."""
    start = 0
    while len(data) - start > 2 * _WINDOW:
        end = data.find(b" ", start + _WINDOW) + 1
        if not end:
            break
        yield data[start:end]
        start = end
    yield data[start:] if start else data


def _odd_numbers(data: bytes) -> tuple[bool, bool]:
    """Whether a text could hold an integer beyond 2^53-1, and a fraction below 1e-4."""
    long, tiny = False, b"0.0000" in data
    for window in windows(data):
        numbers = window.translate(_NUMBERS)
        long = long or _LONG_INTEGER in numbers
        tiny = tiny or b"0e-" in numbers
    return long, tiny


def _is_plain(data: bytes, *, escaped: bool) -> bool:
    """Whether a text of the guard holds no name that the C encoder might sort otherwise.

    What stands in it as JSON within a string is seen too, for only an escape could hide it: strings
    in strings hold the same characters, with backslashes between them.
    """
    if not data.isascii() and any(lead in data for lead in _ASTRAL):
        return False
    return not escaped or not _ESCAPED_ASTRAL_OR_ASCII.search(data)


def _guarded(data: bytes, text: str, decoder: json.JSONDecoder, *, escaped: bool) -> JSON:
    if text.startswith("\ufeff"):
        raise NotCanonical("a byte order mark")
    text = text.strip(" \t\r\n")
    try:
        value, end = decoder.raw_decode(text)
    except RecursionError:
        raise NotCanonical(f"nested deeper than {MAX_NESTING}") from None
    except NotCanonical:
        raise
    except ValueError:  # JSONDecodeError; or int(), for more digits than the interpreter allows
        raise NotCanonical("not JSON") from None
    if end != len(text):
        raise NotCanonical("not JSON")
    if escaped:
        _check_surrogates(text, value)
    if data.count(b"[") + data.count(b"{") > MAX_NESTING and not depth_within(value, MAX_NESTING):
        raise NotCanonical(f"nested deeper than {MAX_NESTING}")
    return value


def _check_surrogates(text: str, value: JSON) -> None:
    if not _ESCAPED_SURROGATE.search(text):
        return
    try:
        _unescaped(value).encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("a lone surrogate") from None


def _unescaped(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("a duplicate member name")
    return members


def _float(token: str) -> float:
    number = float(token)
    if not number.is_integer():
        if number in (float("inf"), float("-inf")):
            raise NotCanonical("a number beyond a double")
        return number
    if abs(number) > MAX_SAFE_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return int(number)


def _integer(token: str) -> int:
    if len(token) > INTEGER_CHARACTERS or abs(int(token)) > MAX_SAFE_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return int(token)


def _float_token(token: str) -> JSON:
    number = _float(token)
    # An exponent or an integral value is written otherwise in one of Python, ES6 and YAML.
    if type(number) is float and repr(number) == token and "e" not in token:
        return number
    return Number(token)


def _integer_token(token: str) -> JSON:
    number = _integer(token)
    return number if token != "-0" else Number(token)


def _constant(name: str) -> NoReturn:
    raise NotCanonical(f"{name} is not JSON")


def _decoder(
    parse_float: Callable[[str], JSON], parse_int: Callable[[str], JSON] | None
) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_float=parse_float,
        parse_int=parse_int,
        parse_constant=_constant,
    )


_VALUES = _decoder(_float, None)
_VALUES_CHECKED = _decoder(_float, _integer)
_TOKENS = _decoder(_float_token, None)
_TOKENS_CHECKED = _decoder(_float_token, _integer_token)


# --- canonical text ----------------------------------------------------------------------------


def c_encoder(item: str, member: str, *, sort_keys: bool) -> Callable[[JSON], str]:
    """JSON text by the C encoder, which is made once: `JSONEncoder` makes one for every call.

    Args:
        item: what stands between items.
        member: what stands between a name and its value.
        sort_keys: whether members are sorted by name.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=False, check_circular=False, separators=(item, member), sort_keys=sort_keys
    )
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    parts: Callable[[JSON, int], Iterable[str]] = make(
        None, encoder.default, encode_basestring, None, member, item, sort_keys, False, True
    )

    def encode(value: JSON) -> str:
        return encode_basestring(value) if type(value) is str else "".join(parts(value, 0))

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
            todo.extend(node)
        elif not (kind is str or node is None or _number_same_in_c(node)):
            return False
    return True


def _number_same_in_c(node: JSON) -> bool:
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
    return _integer(token) if token.lstrip("-").isdigit() else _float(token)


def utf16(text: str) -> bytes:
    """The order of names: by UTF-16 unit, as RFC 8785 sorts them. [CANON-2]

    A lone surrogate sorts too: the guard refuses it, and not the sorting.
    """
    return text.encode("utf-16-be", "surrogatepass")


# --- what a cassette can hold ------------------------------------------------------------------


def _storable_name(name: str) -> bool:
    if len(name) > MAX_NAME:
        return False
    return name != "<<" and len(name) + 5 * _escapes(name) <= MAX_WRITTEN_NAME


def _escapes(name: str) -> int:
    return len(_NEEDS_ESCAPE_IN_YAML.findall(name))
