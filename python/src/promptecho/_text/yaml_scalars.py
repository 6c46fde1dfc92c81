"""The values of plain scalars. [YAML-R4] [V20-2]

Libraries of different languages disagree on plain scalars; those that they disagree on are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .._base.errors import YamlError
from .._base.late import late
from .._base.model import JSON, Number
from .._base.vocabulary import MAX_NESTING, RESERVED, RESERVED_SPELLINGS
from .json import INTEGER_CHARACTERS

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+(?:[eE][-+][0-9]+)?)?\Z")
# Read as something else than a string by at least one of nine libraries.
_is_contested = late(
    lambda: (
        re.compile(
            r"""(?: null|~|true|false|yes|no|on|off|y|n
        | [-+]? [.,_]* [0-9][0-9_,.]* (?:e[-+]?[0-9_]*)?
        | [-+]? 0[xob][-+0-9a-f_,]*
        | [-+]? [0-9][0-9_]* (?: :[0-9_]+)+ (?:\.[0-9_]*)?
        | [-+]? \.(?:inf|nan)
        | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} .*
        | = | <<
        | : .*
        )\Z""",
            re.IGNORECASE | re.ASCII | re.VERBOSE | re.DOTALL,
        ).match
    )
)
#: A body is below the file, the list, the interaction and the response [YAML-R2].
MAX_DEPTH = 4 + MAX_NESTING

_CONSTANTS: dict[str, JSON] = {"null": None, "true": True, "false": False}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

_INFINITY = float("inf")


def plain_value(text: str, line: int) -> JSON:
    """A plain scalar's value. [YAML-R4]"""
    if text[:1] in _LETTERS:
        if text.lower() not in RESERVED:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
    else:
        if text.isdigit() and text.isascii() and text[0] != "0" and len(text) < 16:
            return int(text)
        if _NUMBER.match(text):
            return _number(text)
        if text and not _is_contested(text):
            return text
    raise _ambiguous(text, line)


def are_words(texts: Sequence[str]) -> bool:
    """Whether each of these plain scalars is a string for it begins with a letter. [YAML-R4]"""
    if not _LETTERS.issuperset([text[0] for text in texts]):
        return False
    return RESERVED_SPELLINGS.isdisjoint(texts)


def legacy_plain_value(text: str, line: int) -> JSON:
    """A plain scalar's value in a 2.0 file. [V20]"""
    number = _NUMBER.match(text)
    if number:
        # 0.1.3 played numbers as Python writes them: 1.0e-05, as PyYAML spells it, was 1e-05.
        return _number(_as_python_writes(text) if number.group(1) else text)
    try:
        return plain_value(text, line)
    except YamlError:
        if _is_string_in_yaml_1_1(text):
            return text
        raise


def _as_python_writes(token: str) -> str:
    number = float(token)
    return token if number in (_INFINITY, -_INFINITY) else repr(number)


def _number(token: str) -> JSON:
    if "." not in token and "e" not in token:
        return int(token) if len(token) <= INTEGER_CHARACTERS and token != "-0" else Number(token)
    number = float(token)
    if repr(number) == token and "e" not in token and not number.is_integer():
        return number
    return Number(token)


def _ambiguous(text: str, line: int) -> YamlError:
    what = f"YAML libraries read `{text[:40]}` in different ways" if text else "this value is empty"
    return YamlError("yaml.ambiguous-scalar", line, what)


def _is_string_in_yaml_1_1(text: str) -> bool:
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ())
    return not any(pattern.match(text) for _, pattern in resolvers)
