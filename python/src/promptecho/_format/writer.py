"""The one text of a cassette that every port writes (spec sections "The file", "The YAML profile").

`reader` is the inverse. Nothing here opens a file.
"""

from __future__ import annotations

import base64
from functools import singledispatch

from .._base.model import (
    JSON,
    BinaryBody,
    BinaryStream,
    Body,
    CassetteFile,
    Empty,
    EventStream,
    Failure,
    FileOptions,
    FrameStream,
    Interaction,
    JsonBody,
    Layout,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    TextBody,
    not_a_body,
)
from .._text.yaml_writer import emit, flow, quoted

VERSION = 2
MINOR = 1
END = "...\n"  # YAML-W1
RECORD_END = "  # end\n"  # STORE-3: closes a record of a journal


def dump(file: CassetteFile) -> str:
    """The text of a cassette, in the exact form."""
    return (
        head(file, empty=not file.interactions)
        + "".join(map(interaction_text, file.interactions))
        + END
    )


def head(file: CassetteFile, *, empty: bool) -> str:
    """Everything before the first interaction; `empty` says that there will be none."""
    lines = [f"version: {VERSION}\n", f"minor: {MINOR}\n", f"match_on: {flow(file.match_on)}\n"]
    options = options_tree(file.options)
    if options:
        lines.append(emit(options))
    if file.lists is not None:
        lines.append(f"lists: {file.lists}\n")
    if file.incomplete:
        lines.append("incomplete: true\n")
    if file.extras:
        lines.append(emit(dict(file.extras)))
    lines.append("interactions: []\n" if empty else "interactions:\n")
    return "".join(lines)


def options_tree(options: FileOptions) -> dict[str, JSON]:
    """The members of a file that hold its options; none for a default [FILE-17]."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options._asdict().items()
        if value
    }


def interaction_text(interaction: Interaction, request: str | None = None) -> str:
    """The text of one interaction, as an item of the list.

    Args:
        interaction: the interaction.
        request: the text of its request, where it was written before.
    """
    text = "  - request:\n" + (request or request_text(interaction.request))
    response, failure = interaction.response, interaction.failure
    if response is not None:
        text += "    response:\n" + _response_text(response)
    if failure is not None:
        text += emit({"failure": failure_tree(failure)}, 4)
    if interaction.recorded_at is not None:
        text += f"    recorded_at: {quoted(interaction.recorded_at)}\n"
    text += _provenance_text(interaction.provenance)
    if interaction.redacted:
        text += emit({"redacted": list(interaction.redacted)}, 4)
    return text + (emit(dict(interaction.extras), 4) if interaction.extras else "")


def request_text(request: RecordedRequest) -> str:
    """The text of one request, behind the line ``- request:``."""
    before, after = around_digest(request)
    return before + (digest_line(request.digest) if request.digest is not None else "") + after


def digest_line(digest: str) -> str:
    """The line of a digest, which is 32 hex digits [DIGEST-1]."""
    return f'      digest: "{digest}"\n'


def around_digest(request: RecordedRequest) -> tuple[str, str]:
    """The text of one request before the line of its digest, and after it."""
    before = [
        emit({"method": request.method}, 6),
        f"      url: {quoted(request.url)}\n",
        f"      match_key: {quoted(request.match_key)}\n",
        f"      matched_on: {flow(request.matched_on)}\n",
    ]
    if request.headers:
        before.append(emit({"headers": dict(request.headers)}, 6))
    dialect = emit({"dialect": request.dialect}, 6) if request.dialect is not None else ""
    return "".join(before), dialect + emit({"body": request.body, **dict(request.extras)}, 6)


def failure_tree(failure: Failure) -> dict[str, JSON]:
    """The members of a failure [FAIL-2]."""
    after = {} if failure.after_ms is None else {"after_ms": failure.after_ms}
    return {"kind": failure.kind, **after, **dict(failure.extras)}


def _provenance_text(provenance: Provenance) -> str:
    by, origin, accepted = provenance
    text = emit({"recorded_by": by}, 4) if by is not None else ""
    if origin is not None:
        text += emit({"origin": origin}, 4)
    if accepted is not None:
        text += "    accepted:\n"
        text += f"      at: {quoted(accepted.at)}\n      from_key: {quoted(accepted.from_key)}\n"
        text += emit(dict(accepted.extras), 6) if accepted.extras else ""
    return text


def _response_text(response: RecordedResponse) -> str:
    text = emit(_response_tree(response), 6)
    if response.checksum is not None:
        text += f"      checksum: {quoted(response.checksum)}\n"
    rest: dict[str, JSON] = {}
    if response.truncated:
        rest["truncated"] = True
    if response.delays_ms is not None:
        rest["delays_ms"] = list(response.delays_ms)
    if response.after is not None:
        rest["after"] = list(response.after)
    rest.update(response.extras)
    return text + emit(rest, 6) if rest else text


def _response_tree(response: RecordedResponse) -> dict[str, JSON]:
    tree: dict[str, JSON] = {"status": response.status}
    if response.reason is not None:
        tree["reason"] = response.reason
    tree["headers"] = {
        name: values[0] if len(values) == 1 else list(values) for name, values in response.headers
    }
    tree["streaming"] = response.streaming
    return {**tree, **body_tree(response.body)}


@singledispatch
def body_tree(body: Body) -> dict[str, JSON]:
    """The members of a response that hold its body [BODY-1]."""
    not_a_body(body)


@body_tree.register(Empty)
def _(body: Empty) -> dict[str, JSON]:
    return {}


@body_tree.register(JsonBody)
def _(body: JsonBody) -> dict[str, JSON]:
    layout = _layout_tree(body.layout)
    return {"body": body.value, "layout": layout} if layout else {"body": body.value}


@body_tree.register(TextBody)
def _(body: TextBody) -> dict[str, JSON]:
    return {"body": body.text}


@body_tree.register(BinaryBody)
def _(body: BinaryBody) -> dict[str, JSON]:
    return {"binary": True, "body": _base64(body.data)}


@body_tree.register(EventStream)
def _(body: EventStream) -> dict[str, JSON]:
    tree: dict[str, JSON] = {"framing": body.framing, "events": list(body.events)}
    return {**tree, "tail": body.tail} if body.tail else tree


@body_tree.register(FrameStream)
def _(body: FrameStream) -> dict[str, JSON]:
    frames = [
        {"headers": dict(f.headers), "payload": f.payload, **dict(f.extras)} for f in body.frames
    ]
    return {"framing": body.framing, "events": frames}


@body_tree.register(BinaryStream)
def _(body: BinaryStream) -> dict[str, JSON]:
    return {"binary": True, "events": [_base64(chunk) for chunk in body.chunks]}


def _layout_tree(layout: Layout) -> dict[str, JSON]:
    members = layout._asdict()
    extras = members.pop("extras")
    tree = {name: x for name, x in members.items() if x != Layout._field_defaults[name]}
    return {**tree, **dict(extras)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
