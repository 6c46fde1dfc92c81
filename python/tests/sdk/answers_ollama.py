"""What Ollama answers: a JSON value, or one a line where it streams."""

from __future__ import annotations

import json
from typing import Any

from sdk.answers import ARGUMENTS, EMBEDDING
from support.upstream import Answer, Call, json_answer, ndjson_answer

HEAD = {"model": "llama3.2", "created_at": "2024-11-30T03:33:52.17055Z"}
TIMES = {
    "total_duration": 119446542,
    "load_duration": 8969375,
    "prompt_eval_count": 32,
    "prompt_eval_duration": 66000000,
    "eval_count": 4,
    "eval_duration": 43000000,
}
END = {"done": True, "done_reason": "stop", **TIMES}


def chat(text: str) -> Answer:
    """A whole answer of text."""
    return json_answer({**HEAD, "message": _said(text), **END})


def tool_call() -> Answer:
    """A whole answer that calls a tool; its arguments are no text here."""
    return json_answer({**HEAD, "message": {**_said(""), "tool_calls": [_call()]}, **END})


def chat_stream(*words: str) -> Answer:
    """An answer, a piece a line."""
    parts = ({**HEAD, "message": _said(word), "done": False} for word in words)
    return ndjson_answer(*parts, {**HEAD, "message": _said(""), **END})


def tool_call_stream() -> Answer:
    """A tool call comes whole, in one line."""
    called = {**HEAD, "message": {**_said(""), "tool_calls": [_call()]}, "done": False}
    return ndjson_answer(called, {**HEAD, "message": _said(""), **END})


def generate_stream(*words: str) -> Answer:
    """A completion of a prompt, a piece a line."""
    parts = ({**HEAD, "response": word, "done": False} for word in words)
    return ndjson_answer(*parts, {**HEAD, "response": "", **END, "context": [128006, 9125, 128007]})


def embeddings(call: Call) -> Answer:
    """A vector for each input."""
    vectors = [list(EMBEDDING) for _ in call.json["input"]]
    return json_answer({"model": "llama3.2", "embeddings": vectors, "total_duration": 14143917})


def not_found() -> Answer:
    """A 404 for a model that was never pulled."""
    return json_answer({"error": "model 'no-such-model' not found"}, status=404)


def broken_stream(*words: str) -> Answer:
    """An error in the midst of a stream, whose status was 200."""
    parts = ({**HEAD, "message": _said(word), "done": False} for word in words)
    return ndjson_answer(*parts, {"error": "an error was encountered while running the model"})


def _said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def _call() -> dict[str, Any]:
    function = {"index": 0, "name": "get_weather", "arguments": json.loads(ARGUMENTS)}
    return {"id": "call_gsiiy8py", "function": function}
