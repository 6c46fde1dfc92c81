"""Form bodies, parsed because clients draw random boundaries (spec section "What is hashed").

``multipart/form-data`` and ``application/x-www-form-urlencoded`` to their canonical bodies [FORM-1,
FORM-2]. What cannot be parsed is opaque: `None`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import parse_qsl

from .._base.late import late
from .._base.model import JSON
from .._base.vocabulary import FORM, MULTIPART
from .._redaction.redactor import Redactor

MULTIPART_TYPE, URLENCODED_TYPE = "multipart/form-data", "application/x-www-form-urlencoded"
_TEXT_LIMIT = 4096  # bytes; a longer text part is stored as its hash
_PARAMETER = r';\s*([A-Za-z0-9_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))'
_each_parameter = late(lambda: re.compile(_PARAMETER).findall)


class Changes(NamedTuple):
    """What was redacted in a form.

    Attributes:
        shapes: takes the name of each shape that was found, and an empty text for each field with
            the name of a secret.
        named: takes these fields, with their values [RED-28].
    """

    shapes: list[str]
    named: list[tuple[str, str]]


def media_type(content_type: str) -> str:
    """The type and subtype of a content-type header, in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_form(content_type: str) -> bool:
    """Whether a content-type header is that of a form."""
    return media_type(content_type) in (MULTIPART_TYPE, URLENCODED_TYPE)


def multipart(
    content_type: str, data: bytes, redactor: Redactor, taken: Redactor, changes: Changes
) -> dict[str, JSON] | None:
    """The canonical body of a ``multipart/form-data`` request, or None.

    Parts are sorted by name; those of one name stay in order.
    What was redacted is added to `changes`.
    """
    boundary = dict(_parameters(content_type)).get("boundary", "")
    parts = _parts(data, boundary.encode("latin-1", "replace")) if boundary else None
    if parts is None:
        return None
    made = [_part(head, body, redactor, taken, changes) for head, body in parts]
    return {MULTIPART: sorted(made, key=lambda part: part["name"])}


def urlencoded(data: bytes, redactor: Redactor, changes: Changes) -> dict[str, JSON] | None:
    """The canonical body of an ``application/x-www-form-urlencoded`` request, or None.

    Pairs are sorted by name; those of one name stay in order.
    """
    try:
        pieces = data.decode("ascii").split("&")
        # A form can have one field many times; each text of a field is parsed once.
        parsed = {each: _pairs(each) for each in dict.fromkeys(pieces)}
    except ValueError:  # also UnicodeDecodeError
        return None
    fields = dict.fromkeys(field for each in parsed.values() for field in each)
    clean = _clean_fields(list(fields), redactor, changes.shapes)
    if changes.shapes:
        sent = (field for each in pieces for field in parsed[each])
        changes.named.extend(field for field in sent if redactor.hides(*field))
    read = {each: [[field[0], clean[field]] for field in some] for each, some in parsed.items()}
    made = [pair for each in pieces for pair in read[each]]
    made.sort(key=itemgetter(0))
    return {FORM: made}


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="strict")


def _clean_fields(
    fields: list[tuple[str, str]], redactor: Redactor, changes: list[str]
) -> dict[tuple[str, str], str]:
    """The clean value of each field; one secret among many fields costs only the few beside it."""
    clean: dict[tuple[str, str], str] = {}
    for start in range(0, len(fields), _AT_ONCE):
        some = fields[start : start + _AT_ONCE]
        if redactor.surely_clean_fields(some):
            clean.update((field, field[1]) for field in some)
        else:
            clean.update((field, _value(*field, redactor, changes)) for field in some)
    return clean


_AT_ONCE = 100


def _value(name: str, value: str, redactor: Redactor, changes: list[str]) -> str:
    shapes: list[str] = []
    clean = redactor.field(name, value, shapes)
    if clean != value:
        changes += shapes or [""]
    return clean


def _text_of(value: str, redactor: Redactor, changes: list[str]) -> str:
    shapes: list[str] = []
    clean = redactor.text(value, shapes)
    changes += shapes
    return clean


def _parts(data: bytes, boundary: bytes) -> list[tuple[str, bytes]] | None:
    # RFC 2046: CRLF belongs to the delimiter; a preamble and an epilogue are ignored.
    pieces = (b"\r\n" + data).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        return None
    parts = []
    for piece in pieces[1:-1]:
        piece = piece.lstrip(b" \t")
        head, separator, body = piece.partition(b"\r\n\r\n")
        if not separator or not piece.startswith(b"\r\n"):
            return None
        parts.append((head.decode("utf-8", "replace"), body))
    return parts


def _part(
    head: str, body: bytes, redactor: Redactor, taken: Redactor, changes: Changes
) -> dict[str, JSON]:
    fields = dict(_headers(head))
    names = dict(_parameters(fields.get("content-disposition", "")))
    part: dict[str, JSON] = {"name": names.get("name", "")}
    if "filename" in names:
        part["filename"] = _text_of(names["filename"], redactor, changes.shapes)
    if "content-type" in fields:
        part["content_type"] = fields["content-type"]
    text = _text(body)
    if text is None:
        part["sha256"] = hashlib.sha256(untaken(body, taken)).hexdigest()
    else:
        name = names.get("name", "")
        part["text"] = _value(name, text, redactor, changes.shapes)
        if redactor.hides(name, text):
            changes.named.append((name, text))
    return part


def untaken(data: bytes, taken: Redactor) -> bytes:
    """Bytes without the values that were taken from an answer, before they are hashed [RED-16]."""
    return taken.text(data.decode("latin-1")).encode("latin-1")


def _text(body: bytes) -> str | None:
    if len(body) > _TEXT_LIMIT:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _headers(head: str) -> Iterator[tuple[str, str]]:
    for line in head.strip("\r\n").split("\r\n"):
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()


def _parameters(value: str) -> Iterator[tuple[str, str]]:
    for name, quoted, plain in _each_parameter(value):
        yield name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
