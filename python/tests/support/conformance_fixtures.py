"""The conformance fixtures as pytest parameters, and the forms that their values travel in."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any, Callable

import pytest

from promptecho._base.model import (
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    JsonBody,
    Layout,
    Number,
    TextBody,
)
from promptecho._text.json import parse_lossless
from promptecho._text.yaml_writer import number
from support.paths import FIXTURES


def cases(
    *starts: str, about: Callable[[dict[str, Any]], bool] = lambda case: True
) -> pytest.MarkDecorator:
    """Parametrize a test with the cases whose ids start so, all or those about something."""
    found = [pytest.param(case, id=case["id"]) for case in named(*starts) if about(case)]
    assert found, f"no case is named {starts}"
    return pytest.mark.parametrize("case", found)


def named(*starts: str) -> list[dict[str, Any]]:
    """The cases whose ids start so: `encode` names `encode/a`, not `encode-b/a`."""
    firsts = tuple(f"{start}/" for start in starts)
    return [case for case in _every_case() if case["id"].startswith(firsts)]


@cache
def _every_case() -> list[dict[str, Any]]:
    files = [json.loads(path.read_text("ascii")) for path in sorted(FIXTURES.rglob("*.json"))]
    return [written_out(case) for file in files for case in file["cases"]]


def written_out(value: Any) -> Any:
    """A value with the texts that `$join` and `$repeat` write short."""
    if isinstance(value, list):
        return [written_out(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$join"}:
        return "".join(written_out(value["$join"]))
    if set(value) == {"$repeat"}:
        text, count = value["$repeat"]
        return str(text * count)
    return {name: written_out(item) for name, item in value.items()}


def one_body(case: dict[str, Any]) -> bool:
    """Whether a case of `encode` or `decode` is about a body alone; the runner asks the others."""
    given, expect = case["given"], case.get("expect", {})
    if "response" in given:
        return "chunks" in expect
    coded = any(name.lower() == "content-encoding" for name, _ in given["headers"])
    return "bytes" in given and "stored" in expect and not coded


def as_bytes(value: dict[str, str]) -> bytes:
    """The bytes that a fixture gives as UTF-8 text or as base64."""
    if "utf8" in value:
        return value["utf8"].encode("utf-8")
    return base64.b64decode(value["base64"])


def tokens(text: str) -> Any:
    """A JSON text as a value in which every number is its token, of whatever size."""
    return json.loads(text, parse_int=Number, parse_float=Number)


def as_tokens(value: Any) -> Any:
    """A tree as a value in which every number is its token."""
    if isinstance(value, dict):
        return {name: as_tokens(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_tokens(item) for item in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Number(number(value)) if is_number else value


def as_body(stored: dict[str, Any]) -> Body:
    """The body of a stored response, as a fixture writes it."""
    if stored["streaming"]:
        return _as_stream(stored)
    if "body" not in stored:
        return Empty()
    body = stored["body"]
    if stored.get("binary"):
        return BinaryBody(base64.b64decode(body))
    if isinstance(body, str):
        return TextBody(body)
    return JsonBody(parse_lossless(body["json"]), Layout(**stored.get("layout", {})))


def _as_stream(stored: dict[str, Any]) -> Body:
    events = stored["events"]
    if stored.get("binary"):
        return BinaryStream(tuple(map(base64.b64decode, events)))
    if stored["framing"] == "aws-eventstream":
        return FrameStream(tuple(_as_frame(event) for event in events))
    return EventStream(stored["framing"], tuple(events), stored.get("tail", ""))


def _as_frame(event: dict[str, Any]) -> Frame:
    return Frame(tuple((name, value) for name, value in event["headers"]), event["payload"])
