"""The operations that are a function of what is given: one call into the core each."""

from __future__ import annotations

import json

from .._base.errors import CassetteError, NotCanonical
from .._base.model import FileOptions, Interaction, RecordedRequest, Request
from .._checks.validate import findings
from .._format.reader import load as load_file
from .._format.writer import dump
from .._matching import normalize as _normalize
from .._matching import url
from .._matching.digest import first_half
from .._matching.key import hashed_text
from .._matching.request import Prepared, prepare
from .._matching.rules import (
    RecordingPolicy,
    default_match_on,
    matching,
    rules,
    secret_values,
)
from .._session.file_options import in_force, policy
from .._session.options import Options
from .._session.response import LiveResponse, ReplayResponse, playable, record
from .._text import canonical as _canonical
from .._text import json as _json
from .._text import yaml_reader, yaml_writer
from .values import (
    Object,
    as_bytes,
    bytes_form,
    cassette,
    chunks,
    headers_form,
    json_form,
    pairs,
    plain,
    reading,
    request,
    response,
    session_options,
    stored_form,
)


def canonical(given: Object) -> Object:
    """Bytes -> canonical text, or opaque."""
    try:
        return {"canonical": _canonical.canonical(_json.parse(as_bytes(given["bytes"])))}
    except NotCanonical:
        return {"opaque": True}


def path(given: Object) -> Object:
    """URL -> key path."""
    return {"path": url.key_path(given["url"])}


def query(given: Object) -> Object:
    """Query -> key query, and the query as it is stored."""
    _, policy = _settings(given)
    url = f"https://h/?{given['query']}"
    found = prepare(Request("GET", url), policy, matching(default_match_on()))
    pairs = [list(pair) for pair in found.target.query]
    return {"pairs": pairs, "stored": found.request.url.partition("?")[2]}


def normalize(given: Object) -> Object:
    """Request -> dialect and canonical body; or two of them -> whether they are one."""
    if "a" in given:
        one, other = _normalized(given["a"])[1], _normalized(given["b"])[1]
        return {"same_key": _canonical.canonical(one) == _canonical.canonical(other)}
    dialect, body = _normalized(given)
    return {"dialect": dialect, "body": plain(body), "names": list(body)}


def _normalized(given: Object) -> tuple[str, Object]:
    body = given["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    value = _json.parse(text.encode("utf-8"))
    return _normalize.normalize(url.key_path(given["url"]), value, given["method"].upper())


def key(given: Object) -> Object:
    """Request -> key, and what it was made of."""
    options, rules = _settings(given)
    found = _prepared(given, options, rules)
    asked = found.request
    answer = {
        "match_key": asked.match_key,
        "matched_on": list(asked.matched_on),
        "hashed": hashed_text(found.target, asked.body, asked.matched_on),
        "body": plain(asked.body),
        "url": asked.url,
        "headers": dict(asked.headers),
        "streaming": found.streaming,
    }
    digest = first_half(found)
    return answer if digest is None else {**answer, "digest": digest}


def encode(given: Object) -> Object:
    """Answer from upstream -> what is stored of it."""
    arrived = given.get("chunks")
    received = LiveResponse(
        given["status"],
        given.get("reason", ""),
        pairs(given["headers"]),
        tuple(as_bytes(each["bytes"]) for each in arrived or [given]),
        given.get("stopped", False),
        tuple(each["at_ms"] for each in arrived) if arrived else None,
    )
    stored = record(received, rules()).response
    return {
        "status": stored.status,
        "reason": stored.reason,
        "headers": headers_form(stored),
        "stored": stored_form(stored),
        "checksum": stored.checksum,
    }


def decode(given: Object) -> Object:
    """What is stored -> what a client gets."""
    asked = RecordedRequest(given.get("method", "POST"), "https://h/", "0" * 16, (), {})
    played = playable(Interaction(asked, response(given["response"])), rules())
    assert isinstance(played, ReplayResponse)
    return {
        "status": played.status,
        "reason": played.reason,
        "headers": [list(pair) for pair in played.headers],
        "chunks": [bytes_form(chunk) for chunk in played.chunks],
        "truncated": played.truncated,
    }


def redact(given: Object) -> Object:
    """Request and answer -> what is stored, and the places that a warning names."""
    options, rules = _settings(given)
    found = _prepared(given, options, rules)
    redacted, secrets = found.redacted, found.secrets
    named: tuple[str, ...] = ()
    form = {
        "url": found.request.url,
        "body": plain(found.request.body),
        "match_key": found.request.match_key,
    }
    if "response" in given:
        talk = found.conversation
        answered = record(_received(given["response"]), rules, conversation=talk)
        named = answered.named
        redacted, secrets = redacted + answered.redacted, secrets + answered.secrets
        form["headers"] = headers_form(answered.response)
        form["stored"] = stored_form(answered.response)
        form["checksum"] = answered.response.checksum
    if secrets and options.on_secret == "raise":
        place = secrets[0].place
        raise CassetteError("secret.found", f"what looks like a secret at {place}", "Take it out.")
    warned = list(dict.fromkeys([*(each.place for each in secrets), *named]))
    return {**form, "redacted": list(redacted), "warned": warned}


def secret(given: Object) -> Object:
    """Value -> whether it looks secret."""
    return {"looks_secret": rules().redactor.looks_secret(given["value"])}


def emit(given: Object) -> Object:
    """Value or reading -> exact text."""
    if "cassette" in given:
        return {"text": dump(cassette(given["cassette"]))}
    return {"text": yaml_writer.emit(_json.parse_lossless(given["value"]["json"]))}


def load(given: Object) -> Object:
    """Text -> value or reading."""
    data = as_bytes(given["bytes"])
    if given.get("as") == "value":
        return {"value": json_form(yaml_reader.read(data, legacy=False))}
    return reading(load_file(data, "cassette.yaml"))


def validate(given: Object) -> Object:
    """Text -> all that is wrong with it."""
    found = findings(as_bytes(given["bytes"]), "cassette.yaml")
    listed = sorted((each.line or 1, each.code) for each in found)
    return {"findings": [{"code": code, "line": line} for line, code in listed]}


def _settings(given: Object) -> tuple[Options, RecordingPolicy]:
    options = session_options(given)
    secrets = secret_values(given.get("environ", {}))
    return options, policy(options, in_force(options, FileOptions()), secrets)


def _prepared(given: Object, options: Options, rules: RecordingPolicy) -> Prepared:
    names = options.match_on or default_match_on()
    return prepare(request(given["request"]), rules, matching(names))


def _received(upstream: Object) -> LiveResponse:
    return LiveResponse(
        upstream["status"],
        upstream.get("reason", ""),
        pairs(upstream.get("headers", ())),
        chunks(upstream),
    )
