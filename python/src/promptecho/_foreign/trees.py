"""The bytes of a file -> the values of its documents: JSON, YAML or TOML, perhaps within gzip."""

from __future__ import annotations

import json
import re
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from importlib import import_module
from typing import Any, NamedTuple

from .._base.errors import YamlError
from .._base.model import Number
from .._text.json import INTEGER_CHARACTERS
from .calls import Unreadable
from .yaml_tree import documents

_GZIP = b"\x1f\x8b"
_IS_TOML = re.compile(
    r"\s*(?:#[^\n]*\n\s*)*(?:\[{1,2}[A-Za-z_.-]+\]{1,2}\s*\n|[A-Za-z_-]+ *= )"
).match
_IS_JSON = re.compile(r"\s*[\[{]").match
_UTF_16 = (BOM_UTF16_BE, BOM_UTF16_LE)


class Trees(NamedTuple):
    """The values of a file.

    Attributes:
        documents: of YAML one value or several.
        notes: names of `calls.NOTES` about the whole file.
    """

    documents: tuple[Any, ...]
    notes: tuple[str, ...]


def trees(data: bytes, most: int) -> Trees:
    """What a file holds.

    Args:
        data: its bytes.
        most: how many bytes it may have without gzip.

    Raises:
        Unreadable: it is damaged, or too large.
    """
    if data.startswith(_GZIP):
        data = _unpacked(data, most)
    text, notes = _decoded(data)
    return Trees(tuple(_parsed(text)), notes)


def _unpacked(data: bytes, most: int) -> bytes:
    parts, size = [], 0
    while data.startswith(_GZIP):
        decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            part = decoder.decompress(data, most + 1 - size)
        except zlib.error as error:
            raise Unreadable(f"the file is gzip and damaged ({error})") from None
        parts.append(part)
        size += len(part)
        if size > most:
            raise Unreadable(f"without gzip the file has more than {most} bytes")
        if not decoder.eof:
            raise Unreadable("the file is gzip, and its end is missing")
        data = decoder.unused_data
    return b"".join(parts)


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    if data.startswith(_UTF_16):
        try:
            return data.decode("utf-16"), ()
        except UnicodeDecodeError:
            raise Unreadable("the file begins as UTF-16 and is not") from None
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return data.decode("latin-1"), ("not-utf-8",)


def _parsed(text: str) -> list[Any]:
    if not text.strip():
        raise Unreadable("the file is empty")
    if _IS_JSON(text):
        try:
            return [_json(text)]
        except RecursionError:
            raise Unreadable("the file is JSON and nested too deep") from None
        except ValueError as error:
            problem = f"the file is neither JSON ({error})"
    elif _IS_TOML(text):
        return [_toml(text)]
    else:
        problem = "the file is neither JSON"
    try:
        return documents(text)
    except YamlError as error:
        raise Unreadable(f"{problem} nor YAML (line {error.line}: {error.reason})") from None


def _json(text: str) -> Any:
    return json.loads(text, parse_float=_real, parse_int=_integer)


def _real(token: str) -> Number | float:
    number = float(token)
    return number if repr(number) == token and "e" not in token else Number(token)


def _integer(token: str) -> Number | int:
    is_plain = len(token) <= INTEGER_CHARACTERS and token != "-0"
    return int(token) if is_plain else Number(token)


def _toml(text: str) -> Any:
    for name in ("tomllib", "tomli"):
        try:
            module = import_module(name)
        except ImportError:
            continue
        try:
            return module.loads(text)
        except RecursionError:
            raise Unreadable("the file is TOML and nested too deep") from None
        except ValueError as error:
            raise Unreadable(f"the file is not TOML ({error})") from None
    raise Unreadable("reading TOML needs Python 3.11, or `pip install promptecho[toml]`")
