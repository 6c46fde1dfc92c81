"""What version 2 of Cohere's API answers."""

from __future__ import annotations

from typing import Any

from sdk.answers import ARGUMENTS, EMBEDDING
from support.upstream import Answer, Call, compact, json_answer, sse_answer

HEADERS = (("x-debug-trace-id", "593c18d4e069402f"), ("x-endpoint-monthly-call-limit", "1000"))
CALL = {"id": "get_weather_cgvn", "type": "function"}
PLAN = "I will use the weather tool."
USAGE = {
    "billed_units": {"input_tokens": 26, "output_tokens": 222},
    "tokens": {"input_tokens": 555, "output_tokens": 225},
    "cached_tokens": 512,
}


def chat(text: str) -> Answer:
    """A whole answer of text."""
    return _chat({"content": [{"type": "text", "text": text}]}, "COMPLETE")


def tool_call() -> Answer:
    """An answer that tells its plan and calls a tool."""
    call = {**CALL, "function": _function(ARGUMENTS)}
    return _chat({"tool_plan": PLAN, "tool_calls": [call]}, "TOOL_CALL")


def stream(*words: str) -> Answer:
    """An answer in pieces, the way of Cohere's events."""
    texts = (_message(content={"text": word}) for word in words)
    return _events(
        ("content-start", {"index": 0, **_message(content={"type": "text", "text": ""})}),
        *(("content-delta", {"index": 0, **text}) for text in texts),
        ("content-end", {"index": 0}),
        reason="COMPLETE",
    )


def tool_stream() -> Answer:
    """A plan and a tool call whose arguments come in pieces."""
    pieces = (ARGUMENTS[:9], ARGUMENTS[9:])
    begun = {**CALL, "function": _function("")}
    deltas = (_message(tool_calls={"function": {"arguments": piece}}) for piece in pieces)
    return _events(
        ("tool-plan-delta", _message(tool_plan=PLAN)),
        ("tool-call-start", {"index": 0, **_message(tool_calls=begun)}),
        *(("tool-call-delta", {"index": 0, **delta}) for delta in deltas),
        ("tool-call-end", {"index": 0}),
        reason="TOOL_CALL",
    )


def embeddings(call: Call) -> Answer:
    """A vector for each text."""
    texts = call.json["texts"]
    vectors = {"float": [list(EMBEDDING) for _ in texts]}
    return json_answer({"id": "41ef5afc", "texts": texts, "embeddings": vectors}, *HEADERS)


def ranks() -> Answer:
    """Which of the documents fits best."""
    results = [
        {"index": 1, "relevance_score": 0.7140302},
        {"index": 0, "relevance_score": 0.51580286},
    ]
    meta = {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}
    return json_answer({"id": "a2c52bb8", "results": results, "meta": meta}, *HEADERS)


def bad_request() -> Answer:
    """A 400 in Cohere's form."""
    error = {"id": "9a1f7c33", "message": "invalid request: temperature is out of range"}
    return json_answer(error, *HEADERS, status=400)


def tokenizer(call: Call) -> Answer:
    """Where the tokenizer of a model is; and the tokenizer, which knows two words."""
    host = next(value for name, value in call.headers if name.lower() == "host")
    if call.path.startswith("/v1/models/"):
        name, url = call.path.rpartition("/")[2], f"http://{host}/tokenizer.json"
        return json_answer({"name": name, "endpoints": ["chat"], "tokenizer_url": url}, *HEADERS)
    words = {"[UNK]": 0, "one": 1, "two": 2}
    model = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    known = {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"}}
    return json_answer({**known, "model": model})


def _chat(message: dict[str, Any], reason: str) -> Answer:
    said = {"role": "assistant", **message}
    body = {"id": "dcd2adf6", "message": said, "finish_reason": reason, "usage": USAGE}
    return json_answer(body, *HEADERS)


def _message(**members: Any) -> dict[str, Any]:
    return {"delta": {"message": members}}


def _function(arguments: str) -> dict[str, str]:
    return {"name": "get_weather", "arguments": arguments}


def _events(*inner: tuple[str, dict[str, Any]], reason: str) -> Answer:
    empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    events: list[tuple[str, dict[str, Any]]] = [
        ("message-start", {"id": "dd27c8d3", "delta": {"message": empty}}),
        *inner,
        ("message-end", {"delta": {"finish_reason": reason, "usage": USAGE}}),
    ]
    texts = (f"event: {name}\ndata: {compact({'type': name, **more})}" for name, more in events)
    return sse_answer(*texts, "data: [DONE]")
