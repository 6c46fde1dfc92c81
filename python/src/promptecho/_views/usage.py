"""How many tokens an answer cost, from the usage that the provider put into it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._base.model import JSON, Body, TextBody
from .payloads import declared, payloads
from .view import Usage

#: The names of each count, in the words of the providers; a dot goes one level down.
_INPUT = ("prompt_tokens", "input_tokens", "inputTokens", "promptTokenCount", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "outputTokens", "eval_count")
_GEMINI_OUTPUT = ("candidatesTokenCount", "thoughtsTokenCount")
_TOTAL = ("total_tokens", "totalTokens", "totalTokenCount")
_CACHED = (
    "prompt_tokens_details.cached_tokens",
    "input_tokens_details.cached_tokens",
    "cache_read_input_tokens",
    "cacheReadInputTokens",
    "cachedContentTokenCount",
    "prompt_cache_hit_tokens",
)
_REASONING = (
    "completion_tokens_details.reasoning_tokens",
    "output_tokens_details.reasoning_tokens",
    "thoughtsTokenCount",
)


def tokens(body: Body) -> int:
    """The tokens that an answer cost; 0 where it does not say."""
    if isinstance(body, TextBody):
        values = payloads(body) if _may_speak(body.text) else iter(())
    else:
        values = declared(body, _may_speak)
    return usage(payload.value for payload in values).total or 0


def usage(values: Iterable[JSON]) -> Usage:
    """The counts of an answer.

    In a stream, counts are running totals: Anthropic's message_delta continues its message_start,
    and Gemini sends them in every event. So the last of each name counts.
    """
    found: dict[str, JSON] = {}
    for value in values:
        for holder in _holders(value):
            found.update(
                (name, each)
                for name, each in holder.items()
                if _is_count(each) or isinstance(each, dict)
            )
    if not found:
        return Usage()
    into, out = _count(found, _INPUT), _count(found, _OUTPUT)
    if out is None:
        parts = [n for n in (_count(found, (name,)) for name in _GEMINI_OUTPUT) if n is not None]
        out = sum(parts) if parts else None
    total = _count(found, _TOTAL)
    if total is None and (into is not None or out is not None):
        total = (into or 0) + (out or 0)
    return Usage(into, out, total, _count(found, _CACHED), _count(found, _REASONING))


def _holders(value: JSON) -> Iterator[dict[str, JSON]]:
    if not isinstance(value, dict):
        return
    # Anthropic's message_start, OpenAI's response.completed and Cohere's message-end have it one
    # level down.
    for outer in (value, value.get("message"), value.get("response"), value.get("delta")):
        if isinstance(outer, dict):
            for name in ("usage", "usageMetadata"):
                found = outer.get(name)
                if isinstance(found, dict):
                    yield found
                    inner = found.get("tokens")  # Cohere
                    if isinstance(inner, dict):
                        yield inner
    if "eval_count" in value:  # Ollama has no object of counts
        yield value


def _count(found: dict[str, JSON], names: Iterable[str]) -> int | None:
    for name in names:
        outer, _, inner = name.partition(".")
        value = found.get(outer)
        if inner:
            value = value.get(inner) if isinstance(value, dict) else None
        if isinstance(value, int) and _is_count(value):
            return value
    return None


def _is_count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _may_speak(text: str) -> bool:
    return "sage" in text or "eval_count" in text  # usage, usageMetadata
