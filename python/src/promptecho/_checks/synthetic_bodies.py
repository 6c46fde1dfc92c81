"""Answers that no server has sent, in the shape of a provider: whole, or as the events of a stream.

The members are those that the SDKs of the providers need. All counts are 0 and all ids say what
they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Callable, NamedTuple

from .._base.model import JSON

_pieces = re.compile(r"\s*\S+\s*").findall


class ToolCall(NamedTuple):
    """A call of a tool: its name, and its arguments as a JSON object."""

    name: str
    arguments: dict[str, JSON]


class Said(NamedTuple):
    """What the model says: a text, calls of tools, or both."""

    model: str
    text: str = ""
    calls: tuple[ToolCall, ...] = ()

    @property
    def pieces(self) -> Sequence[str]:
        """The text in the pieces of a stream, word by word."""
        return _pieces(self.text) or ([self.text] if self.text else [])


class Shape(NamedTuple):
    """How a provider answers.

    Attributes:
        whole: the JSON of an answer.
        events: the texts of the events of a streamed one.
    """

    whole: Callable[[Said], JSON]
    events: Callable[[Said], Iterator[str]]


def shape_of(dialect: str, path: str) -> Shape | None:
    """The shape of the answers to requests of a dialect at a path; None if it is not known."""
    if path.endswith("/messages"):
        return ANTHROPIC
    if path.endswith("/chat/completions"):
        return CHAT
    return {"gemini": GEMINI, "responses": RESPONSES}.get(dialect)


def _compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _data(value: JSON) -> str:
    return f"data: {_compact(value)}"


def _named(name: str, value: dict[str, JSON]) -> str:
    return f"event: {name}\n{_data({'type': name, **value})}"


# OpenAI chat: https://platform.openai.com/docs/api-reference/chat


def _chat_calls(said: Said) -> list[JSON]:
    return [
        {
            "id": f"call_synthetic_{number}",
            "type": "function",
            "function": {"name": call.name, "arguments": _compact(call.arguments)},
        }
        for number, call in enumerate(said.calls)
    ]


def _chat_head(said: Said, kind: str) -> dict[str, JSON]:
    return {"id": "chatcmpl-synthetic", "object": kind, "created": 0, "model": said.model}


def _chat_reason(said: Said) -> str:
    return "tool_calls" if said.calls else "stop"


def _chat(said: Said) -> JSON:
    message: dict[str, JSON] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.calls:
        message["tool_calls"] = _chat_calls(said)
    choice = {"index": 0, "message": message, "finish_reason": _chat_reason(said), "logprobs": None}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return {**_chat_head(said, "chat.completion"), "choices": [choice], "usage": usage}


def _chat_events(said: Said) -> Iterator[str]:
    head = _chat_head(said, "chat.completion.chunk")

    def chunk(delta: dict[str, JSON], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _data({**head, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in said.pieces:
        yield chunk({"content": piece})
    for index, call in enumerate(_chat_calls(said)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _chat_reason(said))
    yield "data: [DONE]"


# OpenAI Responses: https://platform.openai.com/docs/api-reference/responses


def _items(said: Said) -> list[dict[str, JSON]]:
    items: list[dict[str, JSON]] = []
    if said.text:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        message = {"type": "message", "id": "msg_synthetic", "status": "completed"}
        items.append({**message, "role": "assistant", "content": [part]})
    for number, call in enumerate(said.calls):
        ids = {"id": f"fc_synthetic_{number}", "call_id": f"call_synthetic_{number}"}
        arguments = {"name": call.name, "arguments": _compact(call.arguments)}
        items.append({"type": "function_call", **ids, **arguments, "status": "completed"})
    return items


def _response(said: Said, *, is_done: bool = True) -> JSON:
    usage = {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 0,
    }
    return {
        "id": "resp_synthetic",
        "object": "response",
        "created_at": 0,
        "status": "completed" if is_done else "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": said.model,
        "output": _items(said) if is_done else [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": usage if is_done else None,
    }


def _response_events(said: Said) -> Iterator[str]:
    steps = [("response.created", {"response": _response(said, is_done=False)})]
    for index, item in enumerate(_items(said)):
        steps += _item_steps(said, index, item)
    steps.append(("response.completed", {"response": _response(said)}))
    for number, (name, value) in enumerate(steps):
        yield _named(name, {"sequence_number": number, **value})


def _item_steps(
    said: Said, index: int, item: dict[str, JSON]
) -> Iterator[tuple[str, dict[str, JSON]]]:
    at: dict[str, JSON] = {"output_index": index}
    of_item = {"item_id": item["id"], **at}
    if item["type"] == "message":
        (part,) = item["content"]
        place = {**of_item, "content_index": 0}
        yield _added(at, {**item, "content": [], "status": "in_progress"})
        yield "response.content_part.added", {**place, "part": {**part, "text": ""}}
        for piece in said.pieces:
            yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}
        yield "response.output_text.done", {**place, "text": part["text"], "logprobs": []}
        yield "response.content_part.done", {**place, "part": part}
    else:
        name, arguments = item["name"], item["arguments"]
        yield _added(at, {**item, "arguments": "", "status": "in_progress"})
        yield "response.function_call_arguments.delta", {**of_item, "delta": arguments}
        done = {**of_item, "name": name, "arguments": arguments}
        yield "response.function_call_arguments.done", done
    yield "response.output_item.done", {**at, "item": item}


def _added(at: dict[str, JSON], item: dict[str, JSON]) -> tuple[str, dict[str, JSON]]:
    return "response.output_item.added", {**at, "item": item}


# Anthropic: https://docs.anthropic.com/en/api/messages


def _blocks(said: Said) -> list[dict[str, JSON]]:
    blocks: list[dict[str, JSON]] = [{"type": "text", "text": said.text}] if said.text else []
    for number, call in enumerate(said.calls):
        head = {"type": "tool_use", "id": f"toolu_synthetic_{number}", "name": call.name}
        blocks.append({**head, "input": call.arguments})
    return blocks


def _message(said: Said, *, is_done: bool = True) -> dict[str, JSON]:
    reason = "tool_use" if said.calls else "end_turn"
    return {
        "id": "msg_synthetic",
        "type": "message",
        "role": "assistant",
        "model": said.model,
        "content": _blocks(said) if is_done else [],
        "stop_reason": reason if is_done else None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }


def _message_events(said: Said) -> Iterator[str]:
    yield _named("message_start", {"message": _message(said, is_done=False)})
    for index, block in enumerate(_blocks(said)):
        at: dict[str, JSON] = {"index": index}
        is_text = block["type"] == "text"
        empty: dict[str, JSON] = {"text": ""} if is_text else {"input": {}}
        yield _named("content_block_start", {**at, "content_block": {**block, **empty}})
        if is_text:
            deltas: list[JSON] = [{"type": "text_delta", "text": each} for each in said.pieces]
        else:
            text = _compact(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": text}]
        for delta in deltas:
            yield _named("content_block_delta", {**at, "delta": delta})
        yield _named("content_block_stop", at)
    end = _message(said)
    delta = {"stop_reason": end["stop_reason"], "stop_sequence": None}
    yield _named("message_delta", {"delta": delta, "usage": {"output_tokens": 0}})
    yield _named("message_stop", {})


# Gemini: https://ai.google.dev/api/generate-content


def _gemini_part(said: Said, parts: list[JSON], reason: str | None) -> JSON:
    candidate: dict[str, JSON] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    usage = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": said.model}


def _gemini_calls(said: Said) -> list[JSON]:
    return [{"functionCall": {"name": c.name, "args": c.arguments}} for c in said.calls]


def _gemini(said: Said) -> JSON:
    texts: list[JSON] = [{"text": said.text}] if said.text else []
    return _gemini_part(said, [*texts, *_gemini_calls(said)], "STOP")


def _gemini_events(said: Said) -> Iterator[str]:
    parts: list[JSON] = [*({"text": piece} for piece in said.pieces), *_gemini_calls(said)]
    for number, part in enumerate(parts, 1):
        yield _data(_gemini_part(said, [part], "STOP" if number == len(parts) else None))


CHAT = Shape(_chat, _chat_events)
RESPONSES = Shape(_response, _response_events)
ANTHROPIC = Shape(_message, _message_events)
GEMINI = Shape(_gemini, _gemini_events)
