"""How many tokens an answer cost, from the usage that the provider put into it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .._base.model import JSON, Body, EventStream, FrameStream, JsonBody, TextBody

_TOTALS = ("total_tokens", "totalTokens", "totalTokenCount")
_PARTS = (
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
    ("inputTokens", "outputTokens"),
)


def tokens(body: Body) -> int:
    """The tokens that an answer cost; 0 where it does not say."""
    usage: dict[str, JSON] = {}
    for part in _parts(body):
        # In a stream, counts are running totals: Anthropic's message_delta goes on from its
        # message_start, and Gemini sends them in every event.
        usage.update((name, n) for name, n in _usage(part).items() if _is_count(n))
    for name in _TOTALS:
        if name in usage:
            return int(usage[name])
    return max(int(usage.get(into, 0) + usage.get(out, 0)) for into, out in _PARTS)


def _parts(body: Body) -> Iterator[JSON]:
    """The JSON values of an answer that may speak of usage."""
    if isinstance(body, JsonBody):
        yield body.value
    elif isinstance(body, TextBody):
        yield from _parsed(body.text)
    elif isinstance(body, FrameStream):
        for frame in body.frames:
            yield from _parsed(frame.payload)
    elif isinstance(body, EventStream):
        for event in body.events:
            yield from _parsed(event if body.framing == "ndjson" else _data(event))


def _data(event: str) -> str:
    """The data of a server-sent event."""
    if "sage" not in event:
        return ""
    lines = event.splitlines()
    return "\n".join(line[5:] for line in lines if line.startswith("data:"))


def _parsed(text: str) -> Iterator[JSON]:
    if "sage" in text:  # usage, usageMetadata
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            return


def _usage(value: JSON) -> dict[str, JSON]:
    if not isinstance(value, dict):
        return {}
    # Anthropic's message_start and OpenAI's response.completed have it one level down.
    for holder in (value, value.get("message"), value.get("response")):
        if isinstance(holder, dict):
            for name in ("usage", "usageMetadata"):
                found = holder.get(name)
                if isinstance(found, dict):
                    return found
    return {}


def _is_count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
