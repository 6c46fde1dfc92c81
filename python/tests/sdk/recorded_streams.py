"""Streams that real servers sent, and what they say: an SDK reads the same bytes, and has the same.

The corpus of recorded traffic is no part of the repository; without it these tests are skipped.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from promptecho._base.model import RecordedResponse
from promptecho._bodies import forms
from promptecho._views.answers import answer
from promptecho._views.view import Reasoning, Text, ToolCall
from support.paths import CORPUS
from support.upstream import Answer

NEEDS_CORPUS = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")


class Call(NamedTuple):
    """A call of a tool."""

    name: str
    arguments: Any


class Said(NamedTuple):
    """What one turn says."""

    text: str
    calls: tuple[Call, ...] = ()
    reasoning: str = ""


class Stream(NamedTuple):
    """A recorded stream.

    Attributes:
        name: where it comes from.
        answer: what the server sent.
        said: what our view makes of it, a turn for each choice.
        error: the message of an error in it.
    """

    name: str
    answer: Answer
    said: tuple[Said, ...]
    error: str


def streams(endpoint: str) -> Iterator[Stream]:
    """The good streams of those endpoints that a pattern names."""
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if row["streaming"] and re.fullmatch(endpoint, f"{row['provider']} {row['endpoint']}"):
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
            tuple(Call(x.name, x.arguments) for x in turn.parts if isinstance(x, ToolCall)),
            "".join(each.text for each in turn.parts if isinstance(each, Reasoning)),
        )
        for turn in view.turns
    )
    sent = Answer((body,), headers=(("content-type", kind or "text/event-stream"),))
    name = f"{row['source_repo']} {row['cassette_path']} [{row['index']}]"
    return Stream(name, sent, said, view.error)


def meant(text: str | None) -> Any:
    """The arguments of a call that an SDK gives as a text."""
    try:
        return json.loads(text or "")
    except ValueError:
        return text or ""
