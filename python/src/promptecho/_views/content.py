"""A block of content as a part of a turn: canonical blocks, and those of Anthropic and Bedrock."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from .._base.model import JSON
from .builder import arguments
from .view import Media, Other, Part, Reasoning, Text, ToolCall, ToolResult

_MEDIA = frozenset(("image", "audio", "video", "document", "file"))
_URLS = ("image_url", "audio_url", "video_url", "document_url", "file_url", "input_image")
_SHOWN_DIGITS = 12


def parts(value: JSON) -> tuple[Part, ...]:
    """The content of a message: a text, a block, or a list of both."""
    if value is None or value == "":
        return ()
    if isinstance(value, list):
        return tuple(map(part, value))
    return (part(value),)


def part(block: JSON) -> Part:
    """One block."""
    if isinstance(block, str):
        return Text(block)
    if not isinstance(block, dict):
        return Other("", block)
    kind = block.get("type")
    if not isinstance(kind, str):
        return _untyped(block)
    if isinstance(block.get("text"), str) and kind in ("text", "input_text", "output_text"):
        # Gemini marks its thoughts.
        return Reasoning(block["text"]) if block.get("thought") is True else Text(block["text"])
    if kind in ("thinking", "redacted_thinking", "reasoning"):
        return Reasoning(thought(block))
    if kind in ("tool_call", "tool_use", "function_call"):
        given = block["arguments"] if "arguments" in block else block.get("input", {})
        name = block.get("call_id") or block.get("id")
        return ToolCall(text_of(block.get("name")), arguments(given), text_of(name))
    if kind == "tool_result":
        name = block.get("id") or block.get("tool_use_id")
        inner = parts(block.get("content"))
        return ToolResult(text_of(name), text_of(block.get("name")), inner)
    if kind == "json" and "json" in block:
        return Other("json", block["json"])
    if kind == "refusal":
        return Text(text_of(block.get("refusal")))
    return _media(kind, block) or Other(kind, block)


def thought(block: dict[str, JSON]) -> str:
    """The words of a block of reasoning; none if they are encrypted.

    Anthropic has them in `thinking`; Mistral has a list of texts there, and OpenAI Responses has
    lists of texts in `summary` and `content`.
    """
    for name in ("thinking", "content", "summary", "text"):
        value = block.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list) and value:
            return "".join(text_of(each.get("text")) for each in value if isinstance(each, dict))
    return ""


def data_size(data: JSON) -> int | None:
    """How many bytes a base64 text holds; None if it is no text."""
    if not isinstance(data, str):
        return None
    try:
        return len(base64.b64decode(data))
    except ValueError:
        return None


def text_of(value: JSON) -> str:
    """A text; an empty one for any other value."""
    return value if isinstance(value, str) else ""


def number_of(value: JSON, default: int = 0) -> int:
    """A number that tells parts of a stream apart; another value tells nothing apart."""
    return value if isinstance(value, int) else default


def dicts(value: JSON) -> Iterable[dict[str, JSON]]:
    """The objects in a list; none if it is none."""
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _untyped(block: dict[str, JSON]) -> Part:
    """A block of Bedrock Converse: its only member names its kind."""
    if isinstance(block.get("text"), str) and len(block) == 1:
        return Text(block["text"])
    use = block.get("toolUse")
    if isinstance(use, dict):
        return ToolCall(
            text_of(use.get("name")), arguments(use.get("input", {})), text_of(use.get("toolUseId"))
        )
    reasoning = block.get("reasoningContent")
    if isinstance(reasoning, dict):
        inner = reasoning.get("reasoningText")
        return Reasoning(text_of(inner.get("text")) if isinstance(inner, dict) else "")
    for kind in ("image", "document", "video"):
        value = block.get(kind)
        if isinstance(value, dict):
            source = value.get("source")
            size = data_size(source.get("bytes")) if isinstance(source, dict) else None
            return Media(kind, f"{kind}/{text_of(value.get('format'))}", size)
    return Other(next(iter(block), ""), block)


def _media(kind: str, block: dict[str, JSON]) -> Media | None:
    if kind in _MEDIA:
        digest = text_of(block.get("sha256"))
        source = f"sha256:{digest[:_SHOWN_DIGITS]}" if digest else _named(block)
        return Media(kind, text_of(block.get("media_type")), None, source)
    if kind in _URLS:
        value = block.get(kind, block.get("image_url"))
        url = value.get("url") if isinstance(value, dict) else value
        return Media(kind.replace("_url", "").replace("input_", ""), "", None, text_of(url))
    return None


def _named(block: dict[str, JSON]) -> str:
    """The URL or the id of a file, in the block itself or in its only object."""
    for holder in (block, block.get("source"), block.get("file")):
        if isinstance(holder, dict):
            for name in ("url", "file_id", "fileUri", "uri", "filename", "title"):
                if isinstance(holder.get(name), str):
                    return str(holder[name])
    return ""
