"""The forms in which the protocol carries values, and the values themselves (PROTOCOL.md, 2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from .._base.model import (
    AWS,
    JSON,
    Accepted,
    BinaryBody,
    BinaryStream,
    Body,
    CassetteFile,
    Empty,
    EventStream,
    Failure,
    FileOptions,
    Frame,
    FrameStream,
    Interaction,
    JsonBody,
    Layout,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    Request,
    TextBody,
)
from .._bodies import forms
from .._bodies.json_text import render
from .._format.writer import body_tree, options_tree
from .._session.options import Options, options
from .._text import json as _json
from .._text.canonical import canonical

Object = dict[str, Any]
Extras = tuple[tuple[str, JSON], ...]


def as_bytes(form: Object) -> bytes:
    """``{"utf8": text}`` or ``{"base64": text}``."""
    if "utf8" in form:
        return str(form["utf8"]).encode("utf-8")
    return base64.b64decode(form["base64"])


def bytes_form(data: bytes) -> Object:
    """Bytes as text where they are UTF-8."""
    try:
        return {"utf8": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def json_form(value: JSON) -> Object:
    """A value whose number tokens and order are to be seen."""
    return {"json": render(value, Layout())}


def plain(value: JSON) -> JSON:
    """A value for JSON's own numbers: what `json` can write, tokens and traces gone."""
    return json.loads(canonical(value))


def request(given: Object) -> Request:
    """A request as a client is about to send it."""
    headers = tuple((name, value) for name, value in given.get("headers", ()))
    return Request(given["method"], given["url"], headers, as_bytes(given.get("body", _NOTHING)))


def session_options(given: Object, **more: Any) -> Options:
    """The options of a question, checked as those of a caller are."""
    return options({**given.get("options", {}), **more})


def chunks(upstream: Object) -> tuple[bytes, ...]:
    """The body of an answer from upstream, as it comes."""
    if "chunks" in upstream:
        return tuple(map(as_bytes, upstream["chunks"]))
    data = as_bytes(upstream.get("body", _NOTHING))
    return (data,) if data else ()


def pairs(headers: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """Names and values in order."""
    return tuple((name, value) for name, value in headers)


_NOTHING = {"utf8": ""}


# --- stored bodies -----------------------------------------------------------------------------


def stored_form(response: RecordedResponse) -> Object:
    """The members of a response that hold its body."""
    tree: Object = {"streaming": response.streaming, **body_tree(response.body)}
    if tree.get("body") == "":
        tree = {"streaming": False}
    elif isinstance(response.body, JsonBody):
        tree["body"] = json_form(response.body.value)
        if "layout" in tree:
            tree["layout"].update(_extras_form(response.body.layout.extras))
    elif isinstance(response.body, FrameStream):
        tree["events"] = list(map(_frame_form, response.body.frames))
    if response.truncated:
        tree["truncated"] = True
    if response.delays_ms is not None:
        tree["delays_ms"] = list(response.delays_ms)
    if response.after is not None:
        tree["after"] = list(response.after)
    return tree


def _frame_form(frame: Frame) -> Object:
    headers = [list(pair) for pair in frame.headers]
    return {"headers": headers, "payload": frame.payload, **_extras_form(frame.extras)}


def headers_form(response: RecordedResponse) -> list[Any]:
    """Stored headers."""
    return [[name, list(values)] for name, values in response.headers]


def response(given: Object) -> RecordedResponse:
    """A stored response."""
    delays, after = given.get("delays_ms"), given.get("after")
    return RecordedResponse(
        given.get("status", 200),
        tuple((name, tuple(values)) for name, values in given.get("headers", ())),
        _stored_body(given),
        given.get("reason"),
        given.get("truncated", False),
        None if delays is None else tuple(delays),
        _extras(given),
        given.get("checksum"),
        None if after is None else tuple(after),
    )


def _stored_body(given: Object) -> Body:
    if given["streaming"]:
        return _stored_stream(given)
    if "body" not in given:
        return Empty()
    body = given["body"]
    if given.get("binary"):
        return BinaryBody(base64.b64decode(body))
    if isinstance(body, str):
        return TextBody(body)
    layout = given.get("layout", {})
    own = {name: value for name, value in layout.items() if name in Layout._fields}
    return JsonBody(_json.parse_lossless(body["json"]), Layout(**own, extras=_extras(layout)))


def _stored_stream(given: Object) -> Body:
    events = given["events"]
    if given.get("binary"):
        return BinaryStream(tuple(map(base64.b64decode, events)))
    if given["framing"] == AWS:
        frames = (Frame(pairs(e["headers"]), e["payload"], _extras(e)) for e in events)
        return FrameStream(tuple(frames))
    return EventStream(given["framing"], tuple(events), given.get("tail", ""))


# --- readings ----------------------------------------------------------------------------------


def reading(file: CassetteFile) -> Object:
    """What a reader has understood of a file."""
    return {
        "format": f"2.{file.minor}",
        "match_on": list(file.match_on),
        **({"options": options} if (options := options_tree(file.options)) else {}),
        **({} if file.lists is None else {"lists": file.lists}),
        "incomplete": file.incomplete,
        **_extras_form(file.extras),
        "interactions": [_interaction_form(each, file.minor) for each in file.interactions],
    }


def cassette(given: Object) -> CassetteFile:
    """The file of a reading."""
    return CassetteFile(
        tuple(given["match_on"]),
        tuple(map(_interaction, given["interactions"])),
        given.get("incomplete", False),
        1,
        _extras(given),
        _file_options(given.get("options", {})),
        given.get("lists"),
    )


def _file_options(given: Object) -> FileOptions:
    """The options of a file."""
    lists: Any = {name: tuple(x) if isinstance(x, list) else x for name, x in given.items()}
    return FileOptions()._replace(**lists)


def _interaction_form(interaction: Interaction, minor: int) -> Object:
    asked, answered = interaction.request, interaction.response
    form: Object = {
        "request": {
            "method": asked.method,
            "url": asked.url,
            "match_key": asked.match_key,
            "matched_on": list(asked.matched_on),
            "body": json_form(asked.body),
            **_extras_form(asked.extras),
        },
        **_extras_form(interaction.extras),
    }
    if answered is not None:
        form["response"] = _response_form(answered, minor)
    if interaction.failure is not None:
        form["failure"] = _failure_form(interaction.failure)
    if asked.headers:
        form["request"]["headers"] = dict(asked.headers)
    if asked.digest is not None:
        form["request"]["digest"] = asked.digest
    if asked.dialect is not None:
        form["request"]["dialect"] = asked.dialect
    if interaction.recorded_at is not None:
        form["recorded_at"] = interaction.recorded_at
    form.update(_provenance_form(interaction.provenance))
    if interaction.redacted:
        form["redacted"] = list(interaction.redacted)
    return form


def _failure_form(failure: Failure) -> Object:
    after = {} if failure.after_ms is None else {"after_ms": failure.after_ms}
    return {"kind": failure.kind, **after, **_extras_form(failure.extras)}


def _failure(given: Object | None) -> Failure | None:
    if given is None:
        return None
    return Failure(given["kind"], given.get("after_ms"), _extras(given))


def _provenance_form(provenance: Provenance) -> Object:
    form = {name: value for name, value in provenance._asdict().items() if value is not None}
    if provenance.accepted is not None:
        at, from_key, extras = provenance.accepted
        form["accepted"] = {"at": at, "from_key": from_key, **_extras_form(extras)}
    return form


def _response_form(answered: RecordedResponse, minor: int) -> Object:
    form: Object = {"status": answered.status, "headers": headers_form(answered)}
    if minor == 0:
        played = [bytes_form(chunk) for chunk in forms.decode(answered.body) if chunk]
        form.update(streaming=answered.streaming, chunks=played)
    else:
        form.update(stored_form(answered))
    if answered.reason is not None:
        form["reason"] = answered.reason
    if answered.checksum is not None:
        form["checksum"] = answered.checksum
    return {**form, **_extras_form(answered.extras)}


def _interaction(given: Object) -> Interaction:
    asked = given["request"]
    return Interaction(
        RecordedRequest(
            asked["method"],
            asked["url"],
            asked["match_key"],
            tuple(asked["matched_on"]),
            _json.parse_lossless(asked["body"]["json"]),
            asked.get("dialect"),
            _extras(asked),
            tuple(sorted(asked.get("headers", {}).items())),
            asked.get("digest"),
        ),
        response(given["response"]) if "response" in given else None,
        given.get("recorded_at"),
        tuple(given.get("redacted", ())),
        _extras(given),
        _provenance(given),
        _failure(given.get("failure")),
    )


def _provenance(given: Object) -> Provenance:
    accepted = given.get("accepted")
    return Provenance(
        given.get("recorded_by"),
        given.get("origin"),
        accepted and Accepted(accepted["at"], accepted["from_key"], _extras(accepted)),
    )


def _extras_form(extras: Extras) -> Object:
    return {name: json_form(value) for name, value in extras}


def _extras(given: Object) -> Extras:
    names = [name for name in given if name.startswith(("x-", "ext-"))]
    return tuple((name, _json.parse_lossless(given[name]["json"])) for name in names)
