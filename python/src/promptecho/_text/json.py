"""JSON texts as values, inside a guard. [CANON-1]

A text inside the guard means the same to every JSON library of every language; only such a text
has a canonical form. Whatever is outside raises :class:`NotCanonical`, and its body is opaque.

The C scanner parses. Before that, a search of the bytes says whether they can hold one of the few
things that need a slower path: long runs of digits, tiny fractions, characters of two UTF-16 units,
escapes, many brackets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Callable, NamedTuple, NoReturn

from .._base.errors import NotCanonical
from .._base.model import JSON, Number
from .._base.vocabulary import MAX_NESTING

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


def parse(data: bytes) -> JSON:
    """The value of a JSON text inside the guard. [CANON-1]

    Integral numbers come out as int (``1.0`` is 1, ``-0.0`` is 0), others as float.

    Raises:
        NotCanonical: the bytes are outside the guard; the message says why.
    """
    return parse_plain(data)[0]


def parse_plain(data: bytes) -> tuple[JSON, bool]:
    """As :func:`parse`; and whether `canonical.plain_text` may be taken of whatever is made of it.

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


def parse_lossless(text: str, most_levels: int = MAX_NESTING) -> JSON:
    """As :func:`parse`, but every number keeps its spelling.

    A number is an int or a float only where writing it plainly gives the same token back, in JSON
    and in YAML; every other number (``1.0``, ``1e5``, ``-0``) is a ``Number``.

    Args:
        text: a JSON text.
        most_levels: of lists and objects in it, if fewer than in the guard.

    Raises:
        NotCanonical: the text is outside the guard.
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("a lone surrogate") from None
    odd = _odd_numbers(data)[0] or ("-0" in text and _MINUS_ZERO.search(text) is not None)
    decoder = _TOKENS_CHECKED if odd else _TOKENS
    return _guarded(data, text, decoder, escaped="\\u" in text, most_levels=most_levels)


def depth_within(value: JSON, limit: int) -> bool:
    """Whether lists and dicts nest at most `limit` deep; a scalar has depth 0."""
    depths = enumerate(levels(value))
    return not any(depth == limit and level.has_containers for depth, level in depths)


class Level(NamedTuple):
    """The values that are equally deep in a tree.

    Attributes:
        nodes: the values.
        kinds: their classes; most questions about a long list of scalars need these only.
    """

    nodes: list[JSON]
    kinds: set[type]

    def of(self, kind: type) -> list[JSON]:
        """The values of a class."""
        if kind not in self.kinds:
            return []
        if len(self.kinds) == 1:
            return self.nodes
        return [node for node in self.nodes if type(node) is kind]

    @property
    def has_containers(self) -> bool:
        """Whether one of the values is a list or a dict."""
        return list in self.kinds or dict in self.kinds


def levels(value: JSON) -> Iterator[Level]:
    """The levels of a tree, from the root in; a large level costs loops of C only."""
    nodes = [value]
    while nodes:
        level = Level(nodes, set(map(type, nodes)))
        yield level
        if not level.has_containers:
            return
        dicts = map(dict.values, level.of(dict))
        nodes = [*chain.from_iterable(level.of(list)), *chain.from_iterable(dicts)]


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

    JSON within a string is searched too: a string in a string holds the same characters, with
    backslashes between them, so only an escape could hide one.
    """
    if not data.isascii() and any(lead in data for lead in _ASTRAL):
        return False
    return not escaped or not _ESCAPED_ASTRAL_OR_ASCII.search(data)


def _guarded(
    data: bytes,
    text: str,
    decoder: json.JSONDecoder,
    *,
    escaped: bool,
    most_levels: int = MAX_NESTING,
) -> JSON:
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
    if data.count(b"[") + data.count(b"{") > most_levels and not depth_within(value, most_levels):
        raise NotCanonical(f"nested deeper than {most_levels}")
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


def float_value(token: str) -> float:
    """The number of a token with a fraction or an exponent; an int if it is integral.

    Raises:
        NotCanonical: it is beyond a double, or integral and beyond 2^53-1.
    """
    number = float(token)
    if not number.is_integer():
        if number in (float("inf"), float("-inf")):
            raise NotCanonical("a number beyond a double")
        return number
    if abs(number) > MAX_SAFE_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return int(number)


def integer_value(token: str) -> int:
    """The number of a token of digits.

    Raises:
        NotCanonical: it is beyond 2^53-1.
    """
    if len(token) > INTEGER_CHARACTERS or abs(int(token)) > MAX_SAFE_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return int(token)


def _float_token(token: str) -> JSON:
    number = float_value(token)
    # An exponent or an integral value is written otherwise in one of Python, ES6 and YAML.
    if type(number) is float and repr(number) == token and "e" not in token:
        return number
    return Number(token)


def _integer_token(token: str) -> JSON:
    number = integer_value(token)
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


_VALUES = _decoder(float_value, None)
_VALUES_CHECKED = _decoder(float_value, integer_value)
_TOKENS = _decoder(_float_token, None)
_TOKENS_CHECKED = _decoder(_float_token, _integer_token)
