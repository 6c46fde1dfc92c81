"""Every recorded response of the corpus is stored and played without one changed byte. [BODY]"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from promptecho._base.errors import NotCanonical
from promptecho._base.model import Body, EventStream, FrameStream, JsonBody, TextBody
from promptecho._bodies.forms import decode, encode
from promptecho._text.json import parse_lossless
from promptecho._text.yaml_reader import read
from promptecho._text.yaml_writer import emit
from support.paths import CORPUS

pytestmark = pytest.mark.skipif(
    not CORPUS.exists(), reason=f"the corpus of recorded traffic is not at {CORPUS}"
)


def responses() -> Iterator[tuple[str, bytes]]:
    """Content type and bytes of each response that was recorded byte for byte."""
    with gzip.open(CORPUS) as lines:
        for line in lines:
            row = json.loads(line)
            if not row["reserialized_response"]:
                fields = {name.lower(): value for name, value in row["response_headers"]}
                data = base64.b64decode(row["response_body_b64"])
                yield fields.get("content-type", ""), data


def through_yaml(body: Body) -> Body:
    """A body whose readable part was written as YAML and read again."""
    if isinstance(body, JsonBody):
        return body._replace(value=again(body.value))
    if isinstance(body, TextBody):
        return TextBody(again(body.text))
    if isinstance(body, EventStream):
        return body._replace(events=tuple(again(list(body.events))), tail=again(body.tail))
    if isinstance(body, FrameStream):
        payloads = again([frame.payload for frame in body.frames])
        frames = zip(body.frames, payloads)
        return FrameStream(tuple(frame._replace(payload=payload) for frame, payload in frames))
    return body


def again(value: Any) -> Any:
    return read(emit({"body": value}, 4), legacy=False)["body"]


def is_json_collection(data: bytes) -> bool:
    try:
        return isinstance(parse_lossless(data.decode()), (dict, list))
    except (NotCanonical, UnicodeDecodeError):
        return False


def test_no_byte_of_a_recorded_response_changes() -> None:
    changed = [
        data[:80]
        for content_type, data in responses()
        if b"".join(decode(through_yaml(encode(content_type, data)))) != data
    ]
    assert changed == []


def test_at_least_95_of_100_json_responses_are_trees() -> None:
    stored = [encode(kind, data) for kind, data in responses() if is_json_collection(data)]
    unstreamed = [body for body in stored if isinstance(body, (JsonBody, TextBody))]
    trees = sum(isinstance(body, JsonBody) for body in unstreamed)
    assert trees >= 0.95 * len(unstreamed)
