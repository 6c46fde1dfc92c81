"""The body of a request as a client sends it -> its canonical form, redacted. [RED-1] [KEY-3]"""

from __future__ import annotations

import hashlib
import warnings
from typing import Any, NamedTuple

from .._base.errors import NotCanonical
from .._base.model import JSON, Request, Steps
from .._base.vocabulary import ARRAY, RAW, WHOLE
from .._bodies.content_coding import lacking, undo
from .._redaction.places import Found, FoundByName, render_path
from .._redaction.redactor import IsConversation, Redactor
from .._text.json import parse_plain
from .._text.storable import storable
from . import form_bodies, normalize
from .conversation import is_sent_in_conversation
from .form_bodies import Changes, untaken
from .rules import RecordingPolicy

OPAQUE = "opaque"

#: Names and values.
Named = tuple[tuple[str, str], ...]


class Decoded(NamedTuple):
    """A body, decoded, redacted and normalized.

    Attributes:
        dialect: the dialect that has normalized it.
        body: the canonical body.
        caller: the caller's own JSON object, redacted, or None.
        found: places of secrets that were taken out.
        left: places of what has the shape of a secret and was left.
        plain: whether it is what `json.parse_plain` calls plain.
        named: members and fields whose values were taken out for their names, with the values.
    """

    dialect: str
    body: dict[str, JSON]
    caller: dict[str, JSON] | None = None
    found: tuple[Found, ...] = ()
    left: tuple[Found, ...] = ()
    plain: bool = False
    named: Named = ()


def decode(request: Request, path: str, rules: RecordingPolicy) -> Decoded:
    """The body of a request to a key path."""
    headers = {name.lower(): value for name, value in request.headers}
    encoding = ", ".join(
        each for name, each in request.headers if name.lower() == "content-encoding"
    )
    data = undo(request.body, encoding) if encoding else request.body
    if data is None:
        _warn_of_coding(encoding)
        data = request.body
    if not data:
        return Decoded(normalize.GENERIC, {})
    content_type = headers.get("content-type", "")
    return (
        _form_body(content_type, data, rules)
        or _json_body(data, request.method, path, rules)
        or _opaque(data, path, rules)
    )


def _warn_of_coding(encoding: str) -> None:
    name = lacking(encoding)
    if name is not None:
        warnings.warn(
            f"a request with the content-encoding {name} cannot be read: no package for it is "
            "installed. Its key is that of the encoded bytes; where there is one, it is another",
            RuntimeWarning,
            stacklevel=2,
        )


def _form_body(content_type: str, data: bytes, rules: RecordingPolicy) -> Decoded | None:
    changes = Changes([], [])
    body = _form(content_type, data, rules.redactor, rules.taken, changes)
    if body is None:
        return None  # any other form is storable: its names and its nesting are known
    left = Changes([], [])
    if rules.detector is not None:
        _form(content_type, data, rules.detector, rules.taken, left)
    return Decoded(
        OPAQUE,
        body,
        None,
        _in_body(changes.shapes),
        _in_body(left.shapes),
        named=tuple(changes.named),
    )


def _form(
    content_type: str, data: bytes, redactor: Redactor, taken: Redactor, changes: Changes
) -> dict[str, JSON] | None:
    kind = form_bodies.media_type(content_type)
    if kind == form_bodies.MULTIPART_TYPE:
        return form_bodies.multipart(content_type, data, redactor, taken, changes)
    if kind == form_bodies.URLENCODED_TYPE:
        return form_bodies.urlencoded(data, redactor, changes)
    return None


def _in_body(changes: list[str]) -> tuple[Found, ...]:
    shapes = tuple(dict.fromkeys(name for name in changes if name))
    return (Found("request.body", shapes),) if changes else ()


def _json_body(data: bytes, method: str, path: str, rules: RecordingPolicy) -> Decoded | None:
    try:
        value, plain = parse_plain(data)
    except NotCanonical:
        return None
    if isinstance(value, list):
        return _array_body(value, data, path, rules, plain)
    if not isinstance(value, dict):
        return None
    if not WHOLE.isdisjoint(value):
        return None  # KEY-3: it would pass for another kind of body
    talk = is_sent_in_conversation(path, value, method.upper())
    clean, found, named = _clean_json(value, data, rules.redactor, talk)
    left = _clean_json(clean, data, rules.detector, talk)[1] if rules.detector else ()
    dialect, body = normalize.normalize(path, clean, method.upper())
    if not storable(body):
        return None
    return Decoded(dialect, body, clean, found, left, plain, named)


def _array_body(
    value: list[JSON], data: bytes, path: str, rules: RecordingPolicy, plain: bool
) -> Decoded | None:
    talk = is_sent_in_conversation(path, {ARRAY: value}, "")
    clean, found, named = _clean_json(value, data, rules.redactor, talk)
    left = _clean_json(clean, data, rules.detector, talk)[1] if rules.detector else ()
    body = {ARRAY: clean}
    if not storable(body):
        return None
    return Decoded(OPAQUE, body, None, found, left, plain, named)


def _clean_json(
    value: JSON, data: bytes, redactor: Redactor, conversation: IsConversation
) -> tuple[JSON, tuple[Found, ...], Named]:
    found: list[Found] = []
    clean: JSON = redactor.json(value, found, data, conversation)
    places = tuple(Found(render_path(steps, "request.body"), shapes) for steps, shapes in found)
    named = [each.place for each in found if isinstance(each, FoundByName)]
    return clean, places, tuple((steps[-1], _at(value, steps)) for steps in named)


def _at(value: Any, steps: Steps) -> str:
    for step in steps:
        value = value[step]
    return str(value)


def _opaque(data: bytes, path: str, rules: RecordingPolicy) -> Decoded:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Decoded(OPAQUE, {RAW: hashlib.sha256(untaken(data, rules.taken)).hexdigest()})
    shapes: list[str] = []
    talk = is_sent_in_conversation(path, {RAW: ""}, "")
    clean = rules.redactor.body(text, shapes, talk)
    left: list[str] = []
    if rules.detector is not None:
        rules.detector.body(clean, left, talk)
    body: dict[str, JSON] = {RAW: hashlib.sha256(clean.encode()).hexdigest()}
    found = _in_body(shapes or [""]) if clean != text else ()
    return Decoded(OPAQUE, body, None, found, _in_body(left))
