"""Words in a member of their own: models of Bedrock, watsonx, Writer, transcriptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._base.model import JSON
from ..builder import Builder
from ..content import dicts, text_of
from ..view import Turn

#: Members that hold the words, and those that say why the model stopped.
_WORDS = ("outputText", "generation", "generated_text", "text")
_REASONS = ("completionReason", "stop_reason", "finish_reason")
#: Lists whose items have these members.
_LISTS = ("outputs", "results", "generations")
#: Objects that hold nothing but words: Writer, Bedrock's knowledge bases, transcriptions.
_ALONE = (frozenset(("value",)), frozenset(("text",)), frozenset(("text", "usage")))
#: A piece of a transcription; the last event has the whole text once more.
_PIECE = "transcript.text.delta"


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value has such words."""
    if value.get("type") == _PIECE or any(isinstance(value.get(x), str) for x in _WORDS[:-1]):
        return True
    if value.keys() in _ALONE or _agent(value):
        return all(
            isinstance(each, str) for name, each in value.items() if name in ("value", "text")
        )
    return any(not set(_WORDS).isdisjoint(each) for each in _items(value))


def _items(value: dict[str, JSON]) -> Iterator[dict[str, JSON]]:
    for name in _LISTS:
        yield from dicts(value.get(name))


def _agent(value: dict[str, JSON]) -> str:
    """The words of a frame of a Bedrock agent; `payloads` has decoded them."""
    return text_of(value.get("bytes"))


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    builder, finish = Builder(), ""
    for value in values:
        kind = text_of(value.get("type"))
        if kind.startswith("transcript."):
            builder.text("text", value.get("delta") if kind == _PIECE else None)
            continue
        builder.text("text", _agent(value))
        builder.text("text", value.get("value") if value.keys() == {"value"} else None)
        for each in (value, *_items(value)):
            for words in _WORDS:
                builder.text("text", each.get(words))
            finish = next(filter(None, (text_of(each.get(name)) for name in _REASONS)), finish)
    return (Turn("assistant", builder.parts(), finish),)
