"""What those answer who speak OpenAI's language for chats with an accent of their own.

Mistral, Together and Hugging Face: other members, and numbers beyond 2^53.
"""

from __future__ import annotations

from typing import Any

from sdk.answers import ARGUMENTS, EMBEDDING
from support.upstream import Answer, Call, compact, json_answer, sse_answer

SEED = 17106857715909825000  # Together's, which no double holds
USAGE = {"prompt_tokens": 46, "completion_tokens": 45, "total_tokens": 91}


# Mistral


def mistral(text: str) -> Answer:
    """A whole answer of text."""
    return _mistral({"role": "assistant", "tool_calls": None, "content": text}, "stop")


def mistral_tool_call() -> Answer:
    """A tool call; its content is empty, not null."""
    called = {"role": "assistant", "tool_calls": [_call("vAKGXGFZD")], "content": ""}
    return _mistral(called, "tool_calls")


def mistral_stream(*words: str) -> Answer:
    """An answer in pieces; usage comes with the last."""
    return _mistral_events({"role": "assistant", "content": ""}, *({"content": w} for w in words))


def mistral_tool_stream() -> Answer:
    """A tool call comes whole, in one event."""
    return _mistral_events({"content": "", "tool_calls": [_call("vAKGXGFZD")]}, reason="tool_calls")


def mistral_embeddings(call: Call) -> Answer:
    """A vector for each input."""
    return json_answer({"id": "0055944c", "model": "mistral-embed", **_vectors(call)})


def mistral_invalid() -> Answer:
    """A 422 of Mistral: a list of what is wrong with the request."""
    wrong = {"type": "missing", "loc": ["body", "messages"], "msg": "Field required", "input": {}}
    return json_answer({"detail": [wrong]}, status=422)


def mistral_refused() -> Answer:
    """A 400 of Mistral."""
    return json_answer(
        {
            "object": "error",
            "message": "Invalid model: no-such-model",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
        },
        status=400,
    )


def _mistral(message: dict[str, Any], reason: str) -> Answer:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return json_answer({**_head("8ba62314", ""), "choices": [choice], "usage": USAGE})


def _mistral_events(*deltas: dict[str, Any], reason: str = "stop") -> Answer:
    head = _head("96c448d0", ".chunk")
    reasons = [None] * (len(deltas) - 1) + [reason]
    bodies: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": why}]}
        for delta, why in zip(deltas, reasons)
    ]
    bodies[-1]["usage"] = USAGE
    return _events(bodies)


# Together, also behind Hugging Face's router


def together(text: str) -> Answer:
    """A whole answer of text, indented by two."""
    return _together({"role": "assistant", "content": text, "tool_calls": []}, "stop")


def together_tool_call() -> Answer:
    """A tool call."""
    called = {"role": "assistant", "content": None, "tool_calls": [_call("call_3xdm")]}
    return _together(called, "tool_calls")


def together_stream(*words: str) -> Answer:
    """An answer in pieces, each of which says its text twice."""
    deltas = [{"token_id": n, "role": "assistant", "content": w} for n, w in enumerate(words)]
    return _together_events(*deltas, reason="stop")


def together_tool_stream() -> Answer:
    """A tool call whose arguments come in pieces."""
    first = {**_call("call_3xdm"), "function": {"name": "get_weather", "arguments": ""}}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "tool_calls": [first]}]
    for piece in (ARGUMENTS[:9], ARGUMENTS[9:]):
        deltas.append({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    return _together_events(*deltas, reason="tool_calls")


def together_embeddings(call: Call) -> Answer:
    """A vector for each input."""
    return json_answer({"model": call.json["model"], **_vectors(call)})


def together_error(status: int) -> Answer:
    """An error in the form of OpenAI, with an id."""
    error = {
        "message": "Input validation error: `temperature` must be at most 2",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_request",
    }
    return json_answer({"id": "oVRNYEd-62bZhn", "error": error}, status=status, indent=2)


def _together(message: dict[str, Any], reason: str) -> Answer:
    choice = {"finish_reason": reason, "seed": SEED, "index": 0, "logprobs": None}
    body = {"prompt": [], "choices": [{**choice, "message": message}], "usage": USAGE}
    return json_answer({**_head("ovCb5Mf", ""), **body}, indent=2)


def _together_events(*deltas: dict[str, Any], reason: str) -> Answer:
    head = _head("ovCb55p", ".chunk")
    bodies: list[dict[str, Any]] = []
    for delta in deltas:
        choice = {"index": 0, "text": delta.get("content"), "logprobs": None, "seed": None}
        choice.update(finish_reason=None, delta=delta)
        bodies.append({**head, "choices": [choice], "usage": None})
    last = {"index": 0, "text": "", "logprobs": None, "finish_reason": reason, "seed": SEED}
    end = {"token_id": 128009, "role": "assistant", "content": ""}
    bodies.append({**head, "choices": [{**last, "delta": end}], "usage": USAGE})
    return _events(bodies)


def _head(name: str, kind: str) -> dict[str, Any]:
    model = "open-model"
    return {"id": name, "object": f"chat.completion{kind}", "created": 1736892100, "model": model}


def _call(name: str) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": ARGUMENTS}
    return {"id": name, "type": "function", "function": function, "index": 0}


def _vectors(call: Call) -> dict[str, Any]:
    asked = call.json["input"]
    inputs = [asked] if isinstance(asked, str) else asked
    data = [
        {"object": "embedding", "embedding": list(EMBEDDING), "index": index}
        for index in range(len(inputs))
    ]
    return {"object": "list", "data": data, "usage": USAGE}


def _events(bodies: list[dict[str, Any]]) -> Answer:
    return sse_answer(*(f"data: {compact(body)}" for body in bodies), "data: [DONE]")


# Text generation of Hugging Face, whose events have no space after their colon


def generated(*words: str) -> Answer:
    """A text, token by token; the last one brings all of it."""
    texts = []
    for number, word in enumerate(words, 1):
        token = {"id": number, "text": word, "logprob": -0.25, "special": False}
        ended = number == len(words)
        details = {"finish_reason": "length", "generated_tokens": len(words), "seed": SEED}
        known = {"generated_text": "".join(words) if ended else None}
        texts.append(
            {"index": number, "token": token, **known, "details": details if ended else None}
        )
    return sse_answer(*(f"data:{compact(text)}" for text in texts))
