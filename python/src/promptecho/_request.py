"""A request as a client sends it -> what is stored and matched (spec section "Key").

The order is the same on recording and on replay: decode, redact, normalize, fingerprint [RED-1].
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from . import _forms, _normalize, _url
from ._encoding import undo
from ._errors import NotCanonical
from ._json import parse, storable
from ._key import RAW, Matching, match_key, member_texts, object_text
from ._model import JSON, RecordedRequest, Request, Steps
from ._redact import render_path
from ._rules import Rules

OPAQUE = "opaque"


class Prepared(NamedTuple):
    """A request, ready to be matched.

    Attributes:
        request: what would be stored of it, key included.
        path: the key path [URL-1].
        query: the key query [URL-3].
        texts: canonical text of each member of the body.
        streaming: whether the caller wants a stream [SEL-1].
        caller: the caller's own JSON object, redacted, or None; a miss speaks in its paths.
        redacted: paths of secrets that were taken out.
    """

    request: RecordedRequest
    path: str
    query: tuple[tuple[str, str], ...]
    texts: dict[str, str]
    streaming: bool
    caller: dict[str, JSON] | None
    redacted: tuple[str, ...]

    def key_without_query(self) -> str:
        """The key under which a 2.0 recording of this request would be found [V20-4]."""
        request = self.request
        return match_key(request.method, self.path, (), self.texts, request.matched_on)


class _Decoded(NamedTuple):
    dialect: str
    body: dict[str, JSON]
    caller: dict[str, JSON] | None = None
    found: tuple[str, ...] = ()


def prepare(request: Request, rules: Rules, matching: Matching) -> Prepared:
    """The stored form and the key of a request."""
    url, found = _clean_url(request.url, rules)
    path = _url.key_path(url)
    query = _url.key_query(url, rules.keep_query)
    decoded = _decode(request, path, rules)
    texts = member_texts(decoded.body)
    method = request.method.upper()
    names = matching.names_in(decoded.body)
    dialect = decoded.dialect if decoded.dialect not in _normalize.BUILT_IN else None
    stored = RecordedRequest(
        method,
        url,
        match_key(method, path, query, texts, names),
        names,
        decoded.body,
        None if dialect == OPAQUE else dialect,
    )
    streaming = wants_stream(path, decoded.body)
    return Prepared(stored, path, query, texts, streaming, decoded.caller, found + decoded.found)


def whole_text(texts: dict[str, str], volatile: frozenset[str]) -> str:
    """Canonical text of a body, volatile members aside [SEL-2]."""
    return object_text(texts, [name for name in texts if name not in volatile])


_STREAM_BY_DEFAULT = ("/api/chat", "/api/generate")  # Ollama
_STREAM_ALWAYS = (
    ":streamGenerateContent",
    "/converse-stream",
    "/invoke-with-response-stream",
)


def wants_stream(path: str, body: dict[str, JSON]) -> bool:
    """Whether the caller of this request reads its answer as a stream [SEL-1]."""
    if path.endswith(_STREAM_ALWAYS):
        return True
    default = path.endswith(_STREAM_BY_DEFAULT)
    return body.get("stream", default) is True


def _clean_url(url: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    stored = _url.stored_url(url, rules.keep_query)
    clean = rules.redactor.text(stored)
    return clean, () if clean == stored else ("request.url",)


def _decode(request: Request, path: str, rules: Rules) -> _Decoded:
    headers = {name.lower(): value for name, value in request.headers}
    encoding = headers.get("content-encoding", "")
    data = undo(request.body, encoding) if encoding else request.body
    if data is None:
        data = request.body
    if not data:
        return _Decoded(_normalize.GENERIC, {})
    form = _form(headers.get("content-type", ""), data, rules)
    if form is not None:
        return _Decoded(OPAQUE, form)
    return _json_body(data, request.method, path, rules) or _opaque(data, rules)


def _form(content_type: str, data: bytes, rules: Rules) -> dict[str, JSON] | None:
    kind = _forms.media_type(content_type)
    if kind == "multipart/form-data":
        return _forms.multipart(content_type, data, rules.redactor)
    if kind == "application/x-www-form-urlencoded":
        return _forms.urlencoded(data, rules.redactor)
    return None


def _json_body(data: bytes, method: str, path: str, rules: Rules) -> _Decoded | None:
    try:
        value = parse(data)
    except NotCanonical:
        return None
    if not isinstance(value, dict):
        return None
    found: list[Steps] = []
    value = rules.redactor.json(value, data.decode(), found)
    dialect, body = _normalize.normalize(path, value, method.upper())
    if not storable(body):
        return None
    places = tuple(f"request.body.{render_path(place)}" for place in found)
    return _Decoded(dialect, body, value, places)


def _opaque(data: bytes, rules: Rules) -> _Decoded:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _Decoded(OPAQUE, {RAW: hashlib.sha256(data).hexdigest()})
    clean = rules.redactor.document(text)
    return _Decoded(OPAQUE, {RAW: hashlib.sha256(clean.encode()).hexdigest()})
