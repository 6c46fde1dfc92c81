"""How many tokens an answer cost, from the usage that the provider put into it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable

from .._base.model import JSON, Body, Steps
from .._bodies.texts import Visitor, map_body

_TOTALS = ("total_tokens", "totalTokens", "totalTokenCount")
_PARTS = (
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
    ("inputTokens", "outputTokens"),
)


def tokens(body: Body) -> int:
    """The tokens that an answer cost; 0 where it does not say."""
    usage: dict[str, JSON] = {}
    answers = _Answers()
    map_body(body, answers)
    for part in answers.values:
        # In a stream, counts are running totals: Anthropic's message_delta continues its
        # message_start, and Gemini sends them in every event.
        usage.update((name, n) for name, n in _usage(part).items() if _is_count(n))
    for name in _TOTALS:
        if name in usage:
            return int(usage[name])
    return max(int(usage.get(into, 0) + usage.get(out, 0)) for into, out in _PARTS)


class _Answers(Visitor):
    """Collects the JSON values of an answer that may speak of usage."""

    def __init__(self) -> None:
        self.values: list[JSON] = []

    def skips(self, texts: Iterable[str]) -> bool:
        return not any(map(_may_speak, texts))

    def tree(self, place: Steps, value: JSON) -> JSON:
        self.values.append(value)
        return value

    def document(self, place: Steps, text: str) -> str:
        if _may_speak(text):
            with contextlib.suppress(ValueError, RecursionError):
                self.values.append(json.loads(_data(text) or text))
        return text


def _may_speak(text: str) -> bool:
    return "sage" in text  # usage, usageMetadata


def _data(event: str) -> str:
    """The data of a server-sent event; no other JSON text has a line that begins like this."""
    lines = event.splitlines()
    return "\n".join(line[5:] for line in lines if line.startswith("data:"))


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
