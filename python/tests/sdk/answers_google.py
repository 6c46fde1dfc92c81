"""What Gemini answers: indented by two with a final newline, and streams that use CRLF."""

from __future__ import annotations

import json
from typing import Any

from sdk.answers import ARGUMENTS, EMBEDDING
from support.upstream import Answer, Call, compact, json_answer, sse_answer

HEADERS = (("x-gemini-service-tier", "standard"),)
VERSION = {"modelVersion": "gemini-2.0-flash", "responseId": "kdcEatqVKunY1LsP272MiAo"}
CALL = {"functionCall": {"name": "get_weather", "args": json.loads(ARGUMENTS)}}


def generated(text: str) -> Answer:
    """A whole answer of text."""
    return _indented(_content({"text": text}, "STOP"))


def function_call() -> Answer:
    """A whole answer that calls a function."""
    return _indented(_content(CALL, "STOP"))


def stream(*words: str) -> Answer:
    """An answer in pieces; the last one says why it ended."""
    return _events(*({"text": word} for word in words))


def function_call_stream() -> Answer:
    """Gemini sends a function call whole, in one event."""
    return _events(CALL)


def embeddings(call: Call) -> Answer:
    """A vector for each of the contents."""
    asked = call.json["requests"]
    return _indented({"embeddings": [{"values": list(EMBEDDING)} for _ in asked]})


def tokens() -> Answer:
    """How many tokens a text has."""
    details = [{"modality": "TEXT", "tokenCount": 8}]
    return _indented({"totalTokens": 8, "promptTokensDetails": details})


def not_found() -> Answer:
    """A 404 for a model that nobody knows."""
    message = "models/no-such-model is not found for API version v1beta"
    error = {"code": 404, "message": message, "status": "NOT_FOUND"}
    return _indented({"error": error}, status=404)


def uploaded(call: Call) -> Answer:
    """Where to send a file to; and once it was sent there, what it is known by."""
    host = next(value for name, value in call.headers if name.lower() == "host")
    if "upload_id=" not in call.path:
        place = f"http://{host}/upload/v1/files?upload_id=AJ5rDhFg&upload_protocol=resumable"
        return json_answer({}, ("x-goog-upload-url", place), ("x-goog-upload-status", "active"))
    file = {"name": "files/zqw12cp8qc38", "mimeType": "text/plain", "state": "ACTIVE"}
    known = {**file, "sizeBytes": str(len(call.body)), "uri": f"http://{host}/v1/{file['name']}"}
    return json_answer({"file": known}, ("x-goog-upload-status", "final"))


def interaction(text: str) -> Answer:
    """An interaction that is completed."""
    content = [{"text": text, "type": "text"}]
    steps = [{"content": content, "type": "model_output"}]
    return json_answer({**_interaction("completed"), "steps": steps})


def interaction_stream(*words: str) -> Answer:
    """An interaction, step by step."""
    deltas = ({"index": 0, "delta": {"text": word, "type": "text"}} for word in words)
    events: list[tuple[str, dict[str, Any]]] = [
        ("interaction.created", {"interaction": _interaction("in_progress")}),
        ("step.start", {"index": 0, "step": {"type": "model_output"}}),
        *(("step.delta", delta) for delta in deltas),
        ("step.stop", {"index": 0}),
        ("interaction.completed", {"interaction": _interaction("completed")}),
    ]
    texts = (f"event: {n}\ndata: {compact({**members, 'event_type': n})}" for n, members in events)
    return sse_answer(*texts)


def _interaction(status: str) -> dict[str, Any]:
    known = {"id": "v1_ChdvdGNF", "object": "interaction", "model": "gemini-2.5-flash"}
    times = {"created": "2026-05-13T19:57:25Z", "updated": "2026-05-13T19:57:25Z"}
    return {**known, "status": status, **times}


def _content(part: dict[str, Any], reason: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [part], "role": "model"}}
    if reason:
        candidate["finishReason"] = reason
    usage = {"promptTokenCount": 15, "candidatesTokenCount": 9, "totalTokenCount": 24}
    return {"candidates": [candidate], "usageMetadata": usage, **VERSION}


def _events(*parts: dict[str, Any]) -> Answer:
    reasons = [None] * (len(parts) - 1) + ["STOP"]
    bodies = (_content(*each) for each in zip(parts, reasons))
    texts = (f"data: {json.dumps(body, separators=(',', ': '))}" for body in bodies)
    return sse_answer(*texts, line_end="\r\n")


def _indented(value: object, status: int = 200) -> Answer:
    answer = json_answer(value, *HEADERS, status=status, indent=2)
    return answer._replace(chunks=(answer.body + b"\n",))
