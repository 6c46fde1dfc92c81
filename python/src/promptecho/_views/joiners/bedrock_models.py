"""Models of Bedrock that have shapes of their own: Titan, Llama, Mistral and Cohere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._base.model import JSON
from ..builder import Builder
from ..content import dicts, text_of
from ..view import Turn

#: Members that hold the words, and those that say why the model stopped.
_WORDS = ("outputText", "generation", "text")
_REASONS = ("completionReason", "stop_reason", "finish_reason")
#: Lists whose items have these members.
_LISTS = ("outputs", "results", "generations")


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value has the words of such a model."""
    if isinstance(value.get("outputText"), str) or isinstance(value.get("generation"), str):
        return True
    return any("text" in each or "outputText" in each for each in _items(value))


def _items(value: dict[str, JSON]) -> Iterator[dict[str, JSON]]:
    for name in _LISTS:
        yield from dicts(value.get(name))


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    builder, finish = Builder(), ""
    for value in values:
        for each in (value, *_items(value)):
            for words in _WORDS:
                builder.text("text", each.get(words))
            finish = next(filter(None, (text_of(each.get(name)) for name in _REASONS)), finish)
    return (Turn("assistant", builder.parts(), finish),)
