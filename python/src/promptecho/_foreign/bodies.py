"""Bodies in the shapes in which recorders write them, as bytes; and headers that fit them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from .._base.model import JSON, Layout
from .._base.vocabulary import MAX_NESTING
from .._bodies.content_coding import MAX_DECODED, lacking, undo
from .._bodies.json_text import render
from .calls import Refused
from .members import Headers, encoded, header, text, without

#: How a body of these codings begins.
_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
#: What is drawn from a value that a source repeats by reference can be much longer than the file.
_MOST_VALUES = 1_000_000


def octets(value: Any) -> bytes:
    """The bytes of a body that is text or bytes.

    Raises:
        Refused: it is something else, or no bytes stand for it.
    """
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):  # an iterator that a client has sent in pieces
        if not all(isinstance(each, (str, bytes)) for each in value):
            raise Refused("not-bytes")
        if sum(map(len, value)) > MAX_DECODED:  # an alias repeats a piece at no cost
            raise Refused("unstorable")
        return b"".join(each if isinstance(each, bytes) else encoded(each) for each in value)
    if isinstance(value, dict):
        raise Refused("not-bytes")
    return encoded(text(value))


def from_base64(value: Any) -> bytes:
    """The bytes of base64; white space in it does not count, and padding may be absent.

    Raises:
        Refused: it is not base64.
    """
    if isinstance(value, bytes):
        return value
    packed = re.sub(r"\s+", "", text(value)).rstrip("=")
    packed = packed.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("not-base64") from None


def from_hex(value: Any) -> bytes:
    """The bytes of hexadecimal digits.

    Raises:
        Refused: they are something else.
    """
    try:
        return bytes.fromhex(text(value))
    except ValueError:
        raise Refused("not-base64") from None


def json_octets(value: JSON) -> bytes:
    """The compact JSON of a value.

    Raises:
        Refused: it has no JSON, or no cassette could hold it.
    """
    if not _is_bounded(value):
        raise Refused("unstorable")
    try:
        return encoded(render(_plain(value), Layout()))
    except (TypeError, ValueError, RecursionError):
        raise Refused("not-bytes") from None


def _plain(value: Any) -> JSON:
    """A value whose names are strings."""
    if isinstance(value, dict):
        return {text(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _is_bounded(value: JSON) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    level, count = [value], 0
    for _ in range(MAX_NESTING + 1):
        level = [
            each
            for node in level
            for each in (node.values() if isinstance(node, dict) else node)
            if count < _MOST_VALUES
        ]
        count += len(level)
        if count > _MOST_VALUES:
            return False
        level = [each for each in level if isinstance(each, (dict, list))]
        if not level:
            return True
    return False


def lacks(pairs: Headers) -> bool:
    """Whether no package is installed for the content-encoding."""
    return lacking(header(pairs, "content-encoding")) is not None


def undoes(body: bytes, coding: str) -> bool:
    """Whether a body is of the coding that its header names."""
    return undo(body, coding) is not None


def is_stale(body: bytes, coding: str) -> bool:
    """Whether a recorder has stored a body decoded and kept its content-encoding.

    A body that is coded is not UTF-8; it begins in the way of its coding, where there is one, and
    can be decoded, where there is a package for that.
    """
    if not coding or not body or undoes(body, coding):
        return False
    magic = _MAGIC.get(coding.split(",")[-1].strip().lower())
    if magic is None and lacking(coding) is None:
        return True
    if magic is not None and not body.startswith(magic):
        return True
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def current(pairs: Headers, body: bytes) -> tuple[Headers, bytes, tuple[str, ...]]:
    """Headers and a body that fit each other, and what was changed.

    A text of which each character is one octet may be a coded body that YAML held as text.
    """
    coding = header(pairs, "content-encoding")
    if not is_stale(body, coding):
        return pairs, body, ()
    with_octets = _one_octet_each(body)
    if with_octets is not None and undoes(with_octets, coding):
        return pairs, with_octets, ()
    return without(pairs, "content-encoding"), body, ("stale-coding",)


def _one_octet_each(body: bytes) -> bytes | None:
    try:
        return body.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return None
