"""What OpenAI and Anthropic answer, in the shapes of real traffic and of the SDKs' own types."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from support.upstream import Answer, Call, compact, json_answer, sse_answer

ARGUMENTS = '{"location": "Las Vegas"}'

#: The start of an MP3 file, which is not UTF-8.
MP3 = b"ID3\x04\x00\x00\x00\x00\x00#TSSE\x00\x00" + bytes(range(256)) * 40

#: Values that need a double's 17 digits, an exponent, and a plain spelling.
EMBEDDING = (-0.018899012, 2.5e-05, 0.0, 0.1 + 0.2, 1.0)

OPENAI_HEADERS = (
    ("openai-organization", "org-of-the-caller"),
    ("openai-processing-ms", "142"),
    ("x-request-id", "req_0123456789"),
    ("x-ratelimit-remaining-tokens", "199973"),
    ("set-cookie", "_cfuvid=one; path=/; HttpOnly"),
    ("set-cookie", "__cf_bm=two; path=/; HttpOnly"),
)
ANTHROPIC_HEADERS = (
    ("request-id", "req_011CZhJi"),
    ("anthropic-organization-id", "5383fc86-3f1c-4d3d-47b6-fb49b5b27e1b"),
    ("anthropic-ratelimit-tokens-remaining", "24000000"),
)

# OpenAI and those who speak its language


def chat(text: str, number: int = 0) -> Answer:
    """A chat completion, indented by two with a final newline as OpenAI sends it."""
    answer = _completion({"role": "assistant", "content": text, "refusal": None}, "stop", number)
    return answer._replace(chunks=(answer.body + b"\n",))


def chat_tool_call() -> Answer:
    """A chat completion that calls a tool."""
    call = {"id": "call_1vBU", "type": "function", "function": _function(ARGUMENTS)}
    return _completion(
        {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}, "tool_calls"
    )


def chat_stream(*words: str) -> Answer:
    """A streamed chat completion with a usage chunk before the end mark."""
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in words), {}]
    return _chunks(deltas, "stop")


def chat_tool_stream() -> Answer:
    """A streamed tool call whose arguments come in pieces."""
    pieces = [ARGUMENTS[i : i + 5] for i in range(0, len(ARGUMENTS), 5)]
    first = {"index": 0, "id": "call_MgGV", "type": "function", "function": _function("")}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": [first]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": p}}]} for p in pieces]
    return _chunks([*deltas, {}], "tool_calls")


def embeddings(call: Call) -> Answer:
    """One vector for each input, as base64 where the SDK asks for that."""
    inputs = call.json["input"]
    vector: object = list(EMBEDDING)
    if call.json.get("encoding_format") == "base64":
        vector = base64.b64encode(struct.pack(f"<{len(EMBEDDING)}f", *EMBEDDING)).decode()
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index in range(1 if isinstance(inputs, str) else len(inputs))
    ]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return json_answer(
        {"object": "list", "data": data, "model": call.json["model"], "usage": usage}
    )


def speech() -> Answer:
    """An MP3 file in three chunks."""
    third = len(MP3) // 3
    chunks = (MP3[:third], MP3[third : 2 * third], MP3[2 * third :])
    return Answer(chunks, headers=(("content-type", "audio/mpeg"),))


def rate_limited() -> Answer:
    """A 429 that asks for another try after a millisecond."""
    error = {"message": "Rate limit reached", "type": "tokens", "param": None, "code": "rate_limit"}
    return json_answer({"error": error}, ("retry-after-ms", "1"), status=429)


def bad_request() -> Answer:
    """A 400 for a parameter that the model does not know."""
    error = {
        "message": "Unsupported parameter: 'stop' is not supported with this model.",
        "type": "invalid_request_error",
        "param": "stop",
        "code": "unsupported_parameter",
    }
    return json_answer({"error": error}, status=400, indent=2)


def _function(arguments: str) -> dict[str, str]:
    return {"name": "get_weather", "arguments": arguments}


def _completion(message: dict[str, Any], reason: str, number: int = 0) -> Answer:
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    usage = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
    body = {"choices": [choice], "usage": usage, "service_tier": "default"}
    return json_answer(
        {**_head("chat.completion", number), **body, "system_fingerprint": "fp_c4585b5b9c"},
        *OPENAI_HEADERS,
        indent=2,
    )


def _chunks(deltas: list[dict[str, Any]], reason: str) -> Answer:
    head = _head("chat.completion.chunk")
    reasons = [None] * (len(deltas) - 1) + [reason]
    bodies = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": why}]}
        for delta, why in zip(deltas, reasons)
    ]
    usage = {"prompt_tokens": 19, "completion_tokens": 5, "total_tokens": 24}
    bodies.append({**head, "choices": [], "usage": usage})
    return sse_answer(*(f"data: {compact(body)}" for body in bodies), "data: [DONE]")


def _head(kind: str, number: int = 0) -> dict[str, Any]:
    name = f"chatcmpl-{number}"
    return {"id": name, "object": kind, "created": 1766081948, "model": "gpt-4o-mini-2024-07-18"}


# Anthropic


def message(text: str) -> Answer:
    """An Anthropic message, compact as Anthropic sends it."""
    return _message([{"type": "text", "text": text}], "end_turn")


def message_tool_use() -> Answer:
    """An Anthropic message that uses a tool."""
    tool = {"type": "tool_use", "id": "toolu_01Mc", "name": "get_weather"}
    return _message([{**tool, "input": json.loads(ARGUMENTS)}], "tool_use")


def message_stream(*words: str) -> Answer:
    """A streamed message, with a ping and the padding that Anthropic adds."""
    return _message_sse(message_events(*words))


def message_events(*words: str) -> list[dict[str, Any]]:
    """What a streamed message is made of, however it is framed."""
    deltas = [{"type": "text_delta", "text": word} for word in words]
    return _message_events({"type": "text", "text": ""}, deltas, "end_turn")


def message_tool_stream() -> Answer:
    """A streamed use of a tool whose input comes in pieces."""
    block = {"type": "tool_use", "id": "toolu_01Mo", "name": "get_weather", "input": {}}
    pieces = ["", ARGUMENTS[:9], ARGUMENTS[9:]]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return _message_sse(_message_events(block, deltas, "tool_use"))


def anthropic_error(status: int, kind: str, *headers: tuple[str, str]) -> Answer:
    """An error in Anthropic's form."""
    error = {"type": kind, "message": f"{kind}: messages.0.content is refused"}
    return json_answer({"type": "error", "error": error}, *headers, status=status)


def _message(content: list[dict[str, Any]], reason: str) -> Answer:
    usage = {"input_tokens": 21, "cache_read_input_tokens": 0, "output_tokens": 9}
    return json_answer(
        {**_message_head(content, reason), "usage": usage},
        *ANTHROPIC_HEADERS,
    )


def _message_head(content: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    head = {"model": "claude-opus-4-8", "id": "msg_01V4", "type": "message", "role": "assistant"}
    return {**head, "content": content, "stop_reason": reason, "stop_sequence": None}


def _message_events(
    block: dict[str, Any], deltas: list[dict[str, Any]], reason: str
) -> list[dict[str, Any]]:
    usage = {"input_tokens": 21, "output_tokens": 1}
    return [
        {"type": "message_start", "message": {**_message_head([], None), "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]


def _message_sse(events: list[dict[str, Any]]) -> Answer:
    padded = (f"event: {e['type']}\ndata: {compact(e)}{' ' * n}" for n, e in enumerate(events))
    return sse_answer(*padded)
