"""Parts of a call in the shapes in which recorders write them: URLs, headers, times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from .._base.model import Number
from .._base.vocabulary import FIRST_STATUS, LAST_STATUS
from .calls import Refused

Headers = tuple[tuple[str, str], ...]
#: Lines of headers of one message; http.client reads 100, and aiohttp 32,768 octets.
MOST_HEADERS = 2000

_METHOD = re.compile("[A-Za-z][A-Za-z0-9_-]{0,30}").fullmatch
_SCHEME = re.compile("https?://[^/?#]", re.IGNORECASE).match
_find_surrogate = re.compile("[\ud800-\udfff]").search
_find_control = re.compile("[\x00-\x1f\x7f]").search
_HIDDEN = re.compile(r"\W*(?:redacted|filtered|hidden|scrubbed)\W*", re.IGNORECASE).fullmatch


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
        Refused: there is none, its scheme is another, or it is not well-formed.
    """
    found = text(value).strip()
    if not found or is_hidden(found):
        raise Refused("no-url")
    if not _SCHEME(found):
        raise Refused("scheme")
    encoded(found)
    try:
        urlsplit(found).port  # noqa: B018 (each of the two raises)
    except ValueError:
        raise Refused("url") from None
    if _find_control(found):
        raise Refused("url")
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
        Refused: it is no number of an answer; 0 means a call that failed.
    """
    found = text(value).split(" ")[0]
    number = int(found) if re.fullmatch("[0-9]{1,4}", found) else -1
    if number == 0:
        raise Refused("no-answer")
    if not FIRST_STATUS <= number <= LAST_STATUS:
        raise Refused("status")
    return number


def encoded(value: str) -> bytes:
    """The UTF-8 of a text.

    Raises:
        Refused: it has half a surrogate pair.
    """
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("not-text") from None


# --- headers -----------------------------------------------------------------------------------


def headers(value: Any) -> Headers:
    """Headers as a mapping of names to a value or several, as pairs, or as objects.

    Raises:
        Refused: there are more than any client reads; an alias repeats a line at no cost.
    """
    lines = list(islice(_header_lines(value), MOST_HEADERS + 1))
    if len(lines) > MOST_HEADERS:
        raise Refused("unstorable")
    return tuple(
        (name, content)
        for name, content in lines
        if name
        and not name.startswith(":")  # those of HTTP/2 are not headers
        and not _find_surrogate(name + content)
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


# --- times -------------------------------------------------------------------------------------


def moment(value: Any) -> str | None:
    """A time as a cassette writes it; None if it is not understood."""
    written = text(value).strip()
    if not written or len(written) > _LONGEST_TIME:
        return None
    found = _iso(written) or _of_mail(written)
    if found is None:
        return None
    try:
        found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
        return found.astimezone(timezone.utc).isoformat()[:19] + "Z"
    except (ValueError, OverflowError):
        return None


_LONGEST_TIME = 64
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
