"""What OpenAI answers beside chats: Responses, files, transcriptions, batches."""

from __future__ import annotations

from typing import Any

from sdk.answers import ARGUMENTS, OPENAI_HEADERS
from support.upstream import Answer, compact, json_answer, sse_answer

# Responses


def response(text: str) -> Answer:
    """A response with one message, indented as OpenAI sends it."""
    return json_answer(_response([_said(text)]), *OPENAI_HEADERS, indent=2)


def response_tool_call() -> Answer:
    """A response that calls a function."""
    return json_answer(_response([_called(ARGUMENTS)]), *OPENAI_HEADERS, indent=2)


def response_stream(*words: str) -> Answer:
    """A streamed response, each word with the random padding that OpenAI adds."""
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    deltas = [{"delta": word, "logprobs": [], "obfuscation": "PQWoQr"} for word in words]
    said = _said("".join(words))
    return _response_events(
        ("output_item.added", {"output_index": 0, "item": {**said, "content": []}}),
        ("content_part.added", {**place, "part": part}),
        *(("output_text.delta", {**place, **delta}) for delta in deltas),
        ("output_text.done", {**place, "text": "".join(words), "logprobs": []}),
        ("content_part.done", {**place, "part": said["content"][0]}),
        ("output_item.done", {"output_index": 0, "item": said}),
        output=[said],
    )


def response_tool_stream() -> Answer:
    """A streamed function call whose arguments come in pieces."""
    place = {"item_id": "fc_1", "output_index": 0}
    pieces = [ARGUMENTS[i : i + 5] for i in range(0, len(ARGUMENTS), 5)]
    arguments = "function_call_arguments"
    return _response_events(
        ("output_item.added", {"output_index": 0, "item": _called("")}),
        *((f"{arguments}.delta", {**place, "delta": piece}) for piece in pieces),
        (f"{arguments}.done", {**place, "name": "get_weather", "arguments": ARGUMENTS}),
        ("output_item.done", {"output_index": 0, "item": _called(ARGUMENTS)}),
        output=[_called(ARGUMENTS)],
    )


def _response_events(*inner: tuple[str, dict[str, Any]], output: list[Any]) -> Answer:
    begun = {"response": {**_response([]), "status": "in_progress", "usage": None}}
    events: list[tuple[str, dict[str, Any]]] = [
        ("created", begun),
        ("in_progress", begun),
        *inner,
        ("completed", {"response": _response(output)}),
    ]
    texts = []
    for number, (name, members) in enumerate(events):
        kind = f"response.{name}"
        body = {"type": kind, **members, "sequence_number": number}
        texts.append(f"event: {kind}\ndata: {compact(body)}")
    return sse_answer(*texts)


def _response(output: list[dict[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": 23,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 26,
    }
    return {
        "id": "resp_0655583668ea25df",
        "object": "response",
        "created_at": 1775696253,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "gpt-4o-2024-08-06",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
    }


def _said(text: str) -> dict[str, Any]:
    content = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    head = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant"}
    return {**head, "content": [content]}


def _called(arguments: str) -> dict[str, Any]:
    head = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_WeAS"}
    return {**head, "name": "get_weather", "arguments": arguments}


# Files, batches, audio


def uploaded(name: str, size: int) -> Answer:
    """A file as it is known after its upload."""
    file = {
        "object": "file",
        "id": "file-UFWxv1T7",
        "purpose": "batch",
        "filename": name,
        "bytes": size,
        "created_at": 1741967566,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    return json_answer(file, *OPENAI_HEADERS, indent=2)


def file_content(content: bytes) -> Answer:
    """The bytes of a file."""
    return Answer((content,), headers=(("content-type", "application/octet-stream"),))


def batch(status: str) -> Answer:
    """A batch that waits, runs, or has ended."""
    ended = status == "completed"
    known = {
        "id": "batch_67d450cf",
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "errors": None,
        "input_file_id": "file-UFWxv1T7",
        "completion_window": "24h",
        "status": status,
        "output_file_id": "file-BqcJ6vUz" if ended else None,
        "error_file_id": None,
        "created_at": 1741967567,
        "expires_at": 1742053967,
        "completed_at": 1741967903 if ended else None,
        "request_counts": {"total": 1, "completed": int(ended), "failed": 0},
        "metadata": None,
    }
    return json_answer(known, *OPENAI_HEADERS, indent=2)


def transcription(text: str) -> Answer:
    """What was said in an audio file."""
    return json_answer({"text": text, "usage": {"type": "duration", "seconds": 4}})


def transcription_stream(*words: str) -> Answer:
    """What was said, word by word, with the CRLF that this endpoint ends its lines with."""
    done = {"type": "transcript.text.done", "text": "".join(words)}
    events = [*({"type": "transcript.text.delta", "delta": word} for word in words), done]
    texts = (f"data: {compact(event)}" for event in events)
    return sse_answer(*texts, "data: [DONE]", line_end="\r\n")
