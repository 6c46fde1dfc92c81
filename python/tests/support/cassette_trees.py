"""Files as trees of plain values, one for each form of a body, and the data files of the spec."""

from __future__ import annotations

import copy
import json
from typing import Any

from support.paths import SPEC

Tree = Any


def load(name: str) -> Tree:
    return json.loads((SPEC / name).read_text(encoding="utf-8"))


def data(name: str) -> Tree:
    return load(f"data/{name}.json")


REQUEST: Tree = {
    "method": "POST",
    "url": "https://api.anthropic.com/v1/messages",
    "match_key": "7d206bed48a0bc0c",
    "matched_on": ["model", "messages"],
    "body": {
        "model": "claude-opus-4-8",
        "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
        "max_tokens": 100,
    },
}

FRAME: Tree = {"headers": {":event-type": "chunk"}, "payload": "{}"}

RESPONSES: dict[str, Tree] = {
    "tree": {"streaming": False, "body": {"a": [1, 2.5, None, True]}},
    "list": {"streaming": False, "body": [], "layout": {"final_newline": True}},
    "layout": {
        "streaming": False,
        "body": {"a": "<"},
        "layout": {
            "whitespace": "indented",
            "escape": "<>",
            "ascii": True,
            "final_newline": True,
        },
    },
    "text": {"streaming": False, "body": "upstream connect error\n"},
    "empty": {"streaming": False},
    "binary": {"streaming": False, "binary": True, "body": "/w=="},
    "sse": {"streaming": True, "framing": "sse-lf", "events": ["data: a", ""], "tail": "data: b"},
    "sse-crlf": {"streaming": True, "framing": "sse-crlf", "events": ["data: a"]},
    "tail": {"streaming": True, "framing": "sse-lf", "events": [], "tail": "data: a"},
    "ndjson": {"streaming": True, "framing": "ndjson", "events": ['{"a":1}']},
    "aws": {"streaming": True, "framing": "aws-eventstream", "events": [FRAME]},
    "binary-stream": {"streaming": True, "binary": True, "events": ["ZGF0YTog/woK"]},
}


def response(form: str = "tree") -> Tree:
    head = {"status": 200, "headers": {"content-type": "application/json", "vary": ["a", "b"]}}
    return copy.deepcopy({**head, **RESPONSES[form]})


def cassette(form: str = "tree") -> Tree:
    return copy.deepcopy(
        {
            "version": 2,
            "minor": 1,
            "match_on": data("match-on")["default"],
            "interactions": [
                {
                    "request": REQUEST,
                    "response": response(form),
                    "recorded_at": "2026-11-22T12:43:19.5Z",
                    "redacted": ["request.body.messages[0].content"],
                }
            ],
        }
    )


def old_cassette(**changes: Tree) -> Tree:
    names = data("match-on")["default_2_0"]
    reply = {"status": 200, "headers": {"date": "x"}, "streaming": False, "body": {"a": 1}}
    if changes.get("streaming"):
        del reply["body"]
    request = {**REQUEST, "matched_on": names}
    return copy.deepcopy(
        {
            "version": 2,
            "match_on": names,
            "interactions": [{"request": request, "response": {**reply, **changes}}],
        }
    )
