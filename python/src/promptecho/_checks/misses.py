"""The requests of a run that had no recording, as a file: `.promptecho/misses.json`.

The pytest plugin writes it, and `promptecho accept --last-run` reads it. What is in it was redacted
as a cassette is. Paths are relative to the root of the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._base.errors import NotCanonical
from .._base.model import JSON, Layout, RecordedRequest
from .._bodies.json_text import render
from .._text.json import parse_lossless
from .runs import BadRun

#: The file, in the folder of the notes.
FILE = "misses.json"

_FORMAT = 1


class Missed(NamedTuple):
    """A request without a recording.

    Attributes:
        test: the test that made it, or empty.
        path: the cassette.
        request: what would be stored of it.
        redacted: the places of secrets in it.
        reason: why there is no recording.
        number: the position of the recording that could answer, from 1; 0 if none could.
        key: that of the recording.
        obstacle: why that is not accepted without `--any`; empty if nothing is against it.
        is_accepted: whether that recording has answered.
    """

    test: str
    path: str
    request: RecordedRequest
    redacted: tuple[str, ...] = ()
    reason: str = ""
    number: int = 0
    key: str = ""
    obstacle: str = ""
    is_accepted: bool = False


def to_json(misses: Sequence[Missed]) -> bytes:
    """The bytes of the note."""
    value = {"format": _FORMAT, "misses": [_tree(each) for each in misses]}
    return render(value, Layout("indented", final_newline=True)).encode("utf-8")


def from_json(data: bytes) -> tuple[Missed, ...]:
    """The requests of a note.

    Raises:
        BadRun: it is no such file, or one of a later version.
    """
    try:
        value = parse_lossless(data.decode("utf-8"))
    except (UnicodeDecodeError, NotCanonical):
        raise BadRun("it is not JSON") from None
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise BadRun(f"it is not a note of misses in format {_FORMAT}")
    try:
        return tuple(map(_missed, value["misses"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadRun("a member is missing, or has another type") from None


def _tree(missed: Missed) -> dict[str, JSON]:
    request = missed.request
    return {
        **missed._asdict(),
        "request": {
            "method": request.method,
            "url": request.url,
            "match_key": request.match_key,
            "matched_on": list(request.matched_on),
            "body": request.body,
            "dialect": request.dialect,
            "headers": dict(request.headers),
        },
        "redacted": list(missed.redacted),
    }


def _missed(tree: dict[str, JSON]) -> Missed:
    given = {name: _is(_KINDS[name], value) for name, value in tree.items()}
    request = given["request"]
    dialect = request["dialect"]
    given["request"] = RecordedRequest(
        _is(str, request["method"]),
        _is(str, request["url"]),
        _is(str, request["match_key"]),
        _strings(request["matched_on"]),
        _is(dict, request["body"]),
        None if dialect is None else _is(str, dialect),
        headers=tuple((name, _is(str, each)) for name, each in request["headers"].items()),
    )
    given["redacted"] = _strings(given["redacted"])
    return Missed(**given)


_KINDS: dict[str, type] = {
    **dict.fromkeys(("test", "path", "reason", "key", "obstacle"), str),
    **{"request": dict, "redacted": list, "number": int, "is_accepted": bool},
}


def _strings(value: JSON) -> tuple[str, ...]:
    return tuple(_is(str, each) for each in _is(list, value))


def _is(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
