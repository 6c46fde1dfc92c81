"""Parts of a call in the shapes in which recorders write them: URLs, headers, bodies, times."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from .._base.model import JSON, Layout, Number
from .._base.vocabulary import FIRST_STATUS, MAX_NESTING
from .._bodies.content_coding import MAX_DECODED, undo
from .._bodies.json_text import render
from .calls import Refused

Headers = tuple[tuple[str, str], ...]

_LAST_STATUS = 599
_METHOD = re.compile("[A-Za-z][A-Za-z0-9_-]{0,30}").fullmatch
_SCHEME = re.compile("https?://[^/?#]", re.IGNORECASE).match
_HIDDEN = re.compile(r"\W*(?:redacted|filtered|hidden|scrubbed)\W*", re.IGNORECASE).fullmatch
#: How a body of these codings begins.
_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
#: What is drawn from a value that a source repeats by reference can be much longer than the file.
_MOST_VALUES = 5_000_000


def mapping(value: Any) -> dict[str, Any]:
    """The value, if it is a mapping; an empty one for any other."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value, if it is a list; an empty one for any other."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """A scalar as text; empty for what is no scalar, or null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.text
    return str(value) if isinstance(value, (int, float)) else ""


def method(value: Any) -> str:
    """The method of a request.

    Raises:
        Refused: it is none.
    """
    name = text(value).lstrip(":").upper()  # Ruby's symbols
    if not _METHOD(name):
        raise Refused("no-request")
    return name


def url(value: Any) -> str:
    """The URL of a request.

    Raises:
        Refused: there is none, or its scheme is another.
    """
    found = text(value).strip()
    if not found or is_hidden(found):
        raise Refused("no-url")
    if not _SCHEME(found):
        raise Refused("scheme")
    return found


def is_hidden(value: str) -> bool:
    """Whether a recorder has written a placeholder in place of a value."""
    return _HIDDEN(value) is not None


def label(method_value: Any, url_value: Any) -> str:
    """A call for messages: no user, no query."""
    place = re.split(r"[?#]", text(url_value), maxsplit=1)[0]
    place = re.sub(r"^([a-zA-Z]+://)[^/]*@", r"\1", place)
    return f"{text(method_value).lstrip(':').upper()} {place}".strip()


def status(value: Any) -> int:
    """The status of an answer.

    Raises:
        Refused: it is no number of an answer; 0 stands for a call that failed.
    """
    found = text(value).split(" ")[0]
    number = int(found) if re.fullmatch("[0-9]{1,4}", found) else -1
    if number == 0:
        raise Refused("no-answer")
    if not FIRST_STATUS <= number <= _LAST_STATUS:
        raise Refused("status")
    return number


# --- headers -----------------------------------------------------------------------------------


def headers(value: Any) -> Headers:
    """Headers as a mapping of names to a value or several, as pairs, or as objects."""
    return tuple(
        (name, content)
        for name, content in _header_lines(value)
        if name and not name.startswith(":")  # those of HTTP/2 are not headers
    )


def _header_lines(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, content in value.items():
            for each in content if isinstance(content, list) else [content]:
                if not isinstance(each, (dict, list)):
                    yield text(name), text(each)
    elif isinstance(value, list):
        if value and all(isinstance(each, (str, int, float, Number)) for each in value):
            yield from zip(map(text, value[::2]), map(text, value[1::2]))
        for each in value:
            if isinstance(each, dict):
                yield text(each.get("name")), text(each.get("value"))
            elif isinstance(each, list) and len(each) == 2:
                yield from _header_lines({text(each[0]): each[1]})


def header(pairs: Headers, name: str) -> str:
    """The lines of one header as one; empty without."""
    return ", ".join(content for each, content in pairs if each.lower() == name)


def without(pairs: Headers, name: str) -> Headers:
    """Headers less those of a name."""
    return tuple(pair for pair in pairs if pair[0].lower() != name)


# --- bodies ------------------------------------------------------------------------------------


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


def encoded(value: str) -> bytes:
    """The UTF-8 of a text.

    Raises:
        Refused: it has half a surrogate pair.
    """
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("not-text") from None


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


def undoes(body: bytes, coding: str) -> bool:
    """Whether a body is of the coding that its header names."""
    return undo(body, coding) is not None


def is_stale(body: bytes, coding: str) -> bool:
    """Whether a recorder has stored a body decoded and kept its content-encoding.

    A body that is coded is not UTF-8; and it begins in the way of its coding, where there is one.
    """
    if not coding or not body or undoes(body, coding):
        return False
    magic = _MAGIC.get(coding.split(",")[-1].strip().lower())
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


# --- times -------------------------------------------------------------------------------------


def moment(value: Any) -> str | None:
    """A time as a cassette writes it; None if it is not understood."""
    written = text(value).strip()
    if not written:
        return None
    found = _iso(written) or _of_mail(written)
    if found is None:
        return None
    try:
        found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
        return found.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]+(\d\d:\d\d:\d\d)(?:\.\d+)? *(?:([Zz]|GMT|UTC)|([+-]\d\d):?(\d\d))?"
).fullmatch


def _iso(written: str) -> datetime | None:
    found = _ISO(written)
    if found is None:
        return None
    zone = f"{found[4]}:{found[5]}" if found[4] else "+00:00"
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
    except ValueError:
        return None


def _of_mail(written: str) -> datetime | None:
    try:
        return parsedate_to_datetime(written)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
