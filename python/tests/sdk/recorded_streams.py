"""Streams that real servers sent, and what they say: an SDK reads the same bytes, and has the same.

The corpus of recorded traffic is no part of the repository; without it these tests are skipped.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import pytest

from promptecho._base.model import RecordedResponse
from promptecho._bodies import forms
from promptecho._views.answers import answer
from promptecho._views.view import Reasoning, Text, ToolCall
from support.paths import CORPUS
from support.upstream import Answer, Upstream

NEEDS_CORPUS = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")


class Called(NamedTuple):
    """A call of a tool."""

    name: str
    arguments: Any


class Said(NamedTuple):
    """What one turn says."""

    text: str
    calls: tuple[Called, ...] = ()
    reasoning: str = ""


class Stream(NamedTuple):
    """A recorded stream.

    Attributes:
        name: where it comes from.
        answer: what the server sent.
        said: what our view makes of it, a turn for each choice.
    """

    name: str
    answer: Answer
    said: tuple[Said, ...]


def streams(endpoint: str) -> list[Stream]:
    """The good streams of those endpoints that a pattern names."""
    found = list(_streams(endpoint))
    assert found, endpoint
    return found


def _streams(endpoint: str) -> Iterator[Stream]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            is_stream = row["streaming"] and row["stream_format"] != "json-array"  # of no SDK
            if is_stream and re.fullmatch(endpoint, f"{row['provider']} {row['endpoint']}"):
                body = base64.b64decode(row["response_body_b64"] or "")
                if body and row["response_status"] == 200:
                    yield _stream(row, body)


def _stream(row: dict[str, Any], body: bytes) -> Stream:
    headers = {name.lower(): value for name, value in row["response_headers"]}
    kind = headers.get("content-type", "")
    stored = RecordedResponse(200, (("content-type", (kind,)),), forms.encode(kind, body))
    view = answer(stored)
    said = tuple(
        Said(
            "".join(each.text for each in turn.parts if isinstance(each, Text)),
            tuple(Called(x.name, x.arguments) for x in turn.parts if isinstance(x, ToolCall)),
            "".join(each.text for each in turn.parts if isinstance(each, Reasoning)),
        )
        for turn in view.turns
    )
    sent = Answer((body,), headers=(("content-type", kind or "text/event-stream"),))
    name = f"{row['source_repo']} {row['cassette_path']} [{row['index']}]"
    return Stream(name, sent, said)


def meant(text: str | None) -> Any:
    """The arguments of a call that an SDK gives as a text."""
    try:
        return json.loads(text or "")
    except ValueError:
        return text or ""


def compare(
    found: list[Stream],
    client: Callable[[str], AbstractContextManager[Any]],
    tell: Callable[[Any, Stream], tuple[Said, ...]],
) -> None:
    """An SDK that gets the bytes of each stream has what our view has.

    Args:
        found: the streams.
        client: makes a client of the SDK for a URL.
        tell: asks with that client, which gets the bytes of the stream.
    """
    with Upstream([stream.answer for stream in found]) as upstream, client(upstream.url) as sdk:
        for stream in found:
            assert tell(sdk, stream) == stream.said, stream.name
    assert len(upstream.calls) == len(found)
