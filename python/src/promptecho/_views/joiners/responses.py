"""OpenAI Responses: items of several kinds, and events that name what they add to.

The last event holds the whole answer. An answer that broke off is joined from its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._base.model import JSON
from ..builder import Builder, arguments
from ..content import data_size, dicts, number_of, parts, text_of, thought
from ..view import Media, Other, Part, Reasoning, ToolCall, Turn

_TEXTS = ("response.output_text.delta", "response.refusal.delta")
_THOUGHTS = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
_ARGUMENTS = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value is a response, or an event of one."""
    if value.get("object") == "response":
        return True
    return text_of(value.get("type")).startswith("response.")


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn."""
    finish, items = "", _Items()
    output: list[dict[str, JSON]] = []
    for value in values:
        response = value if value.get("object") == "response" else value.get("response")
        if isinstance(response, dict):
            finish = _finish(response) or finish
            output = list(dicts(response.get("output"))) or output
        items.add(value)
    made = [part for item in output for part in _of_item(item)] if output else items.parts()
    return (Turn("assistant", tuple(made), finish),)


def _finish(response: dict[str, JSON]) -> str:
    details = response.get("incomplete_details")
    reason = text_of(details.get("reason")) if isinstance(details, dict) else ""
    return reason or text_of(response.get("status"))


class _Items:
    """The items of a stream, as far as they have come."""

    def __init__(self) -> None:
        self._builders: dict[int, Builder] = {}
        self._items: dict[int, dict[str, JSON]] = {}
        self._done: set[int] = set()

    def add(self, event: dict[str, JSON]) -> None:
        kind, number = text_of(event.get("type")), number_of(event.get("output_index"))
        item = event.get("item")
        if isinstance(item, dict):
            self._items[number] = item
            if kind == "response.output_item.done":
                self._done.add(number)
        if kind not in _TEXTS + _THOUGHTS + _ARGUMENTS:
            return
        builder = self._builders.setdefault(number, Builder())
        if kind in _TEXTS:
            builder.text(("text", number_of(event.get("content_index"))), event.get("delta"))
        elif kind in _THOUGHTS:
            builder.reasoning("reasoning", event.get("delta"))
        else:
            item = self._items.get(number, {})
            builder.call("call", item.get("name"), item.get("call_id"), event.get("delta"))

    def parts(self) -> Iterator[Part]:
        for number in sorted({*self._items, *self._builders}):
            if number in self._builders and number not in self._done:
                yield from self._builders[number].parts()
            elif number in self._items:
                yield from _of_item(self._items[number])


def _of_item(item: dict[str, JSON]) -> tuple[Part, ...]:
    kind = text_of(item.get("type"))
    if kind == "message":
        return parts(item.get("content"))
    if kind == "reasoning":
        return (Reasoning(thought(item)),)
    if kind in ("function_call", "custom_tool_call"):
        given = item.get("arguments", item.get("input"))
        return (
            ToolCall(text_of(item.get("name")), arguments(given), text_of(item.get("call_id"))),
        )
    if kind == "image_generation_call":
        form = text_of(item.get("output_format")) or "png"
        return (Media("image", f"image/{form}", data_size(item.get("result"))),)
    return (Other(kind, {name: each for name, each in item.items() if name != "type"}),)
