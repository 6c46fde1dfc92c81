"""What Anthropic answers beside messages: batches, and messages as Bedrock frames them."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from sdk.answers import ANTHROPIC_HEADERS, message, message_events
from support.upstream import Answer, Call, compact, json_answer, ndjson_answer

BATCH = "msgbatch_01GUqGVJ"


def batch(url: str, *, ended: bool) -> Answer:
    """A batch of two; once it has ended, it says where its results are."""
    counts = {"processing": 0 if ended else 2, "succeeded": 2 if ended else 0}
    known = {
        "id": BATCH,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": {**counts, "errored": 0, "canceled": 0, "expired": 0},
        "ended_at": "2026-08-19T14:46:57.158324+00:00" if ended else None,
        "created_at": "2026-08-19T14:44:51.493319+00:00",
        "expires_at": "2026-08-20T14:44:51.493319+00:00",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": f"{url}/v1/messages/batches/{BATCH}/results" if ended else None,
    }
    return json_answer(known, *ANTHROPIC_HEADERS)


def batch_results(*texts: str) -> Answer:
    """A line for each answer of a batch."""
    return ndjson_answer(
        *(_succeeded(*each) for each in enumerate(texts)), kind="application/x-jsonl"
    )


def host_of(call: Call) -> str:
    """Where a request was sent, as its answer has to repeat it."""
    return "http://" + next(value for name, value in call.headers if name.lower() == "host")


def _succeeded(number: int, text: str) -> dict[str, Any]:
    said = json.loads(message(text).body)
    return {"custom_id": str(number), "result": {"type": "succeeded", "message": said}}


# Bedrock

FRAMES = (("content-type", "application/vnd.amazon.eventstream"),)


def bedrock_stream(*words: str) -> Answer:
    """A streamed message in AWS event stream frames, with the padding that Bedrock adds."""
    return Answer(tuple(_chunks(message_events(*words))), headers=FRAMES)


def bedrock_stream_that_fails(*words: str) -> Answer:
    """A stream whose last frame is an exception, though its status was 200."""
    cut = [event for event in message_events(*words) if event["type"] not in _ENDS]
    thrown = (("exception-type", "throttlingException"), ("message-type", "exception"))
    message = compact({"message": "Too many tokens, please wait before trying again."}).encode()
    return Answer((*_chunks(cut), _frame(message, *thrown)), headers=FRAMES)


def bedrock_error() -> Answer:
    """A 400 in Bedrock's form."""
    return json_answer({"message": "The provided model identifier is invalid."}, status=400)


_ENDS = ("content_block_stop", "message_delta", "message_stop")


def _chunks(events: list[dict[str, Any]]) -> Iterator[bytes]:
    for number, event in enumerate(events):
        inner = base64.b64encode(compact(event).encode()).decode()
        payload = compact({"bytes": inner, "p": "abcdefgh"[: number + 1]})
        yield _frame(payload.encode(), ("event-type", "chunk"), ("message-type", "event"))


def _frame(payload: bytes, *headers: tuple[str, str]) -> bytes:
    fields = (*headers, ("content-type", "application/json"))
    head = b"".join(_header(f":{name}", value) for name, value in fields)
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack(">I", crc32(prelude)) + head + payload
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    string = 7  # the type of a value that is one
    lengths = struct.pack(">BH", string, len(value))
    return bytes([len(name)]) + name.encode() + lengths + value.encode()
