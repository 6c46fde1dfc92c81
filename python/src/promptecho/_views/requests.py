"""What a request asks: a canonical body as a conversation. Pure.

Bodies of all chat dialects have one canonical shape, so there is one reading of it. A body of a
file of format 2.0, or one that was edited by hand, is normalized first.
"""

from __future__ import annotations

import re

from .._base.model import JSON, RecordedRequest
from .._base.vocabulary import WHOLE
from .._matching import normalize, url
from .content import dicts, part, parts, text_of
from .view import Conversation, Other, Part, Reasoning, Tool, Turn

#: What a conversation is made of; the rest of its body are settings.
_TAKEN = frozenset(("model", "system", "messages", "tools"))
#: Members of a message that `Turn` holds.
_OF_MESSAGE = frozenset(("role", "content", "type"))
#: Members of a message of an assistant that hold what it thought.
_THOUGHTS = frozenset(("reasoning_content", "reasoning", "thinking", "tool_plan"))
#: Bedrock and Gemini name the model in the path.
_IN_PATH = re.compile(r"/models?/([^/:]+(?::\d+)?)")


def conversation(request: RecordedRequest) -> Conversation:
    """What a request asks; without turns if it is no conversation."""
    body, path = _canonical(request), url.key_path(request.url)
    turns = []
    if body.get("system"):
        turns.append(Turn("system", parts(body["system"])))
    messages = body.get("messages")
    if isinstance(messages, list):
        turns += [_turn(message) for message in messages]
    tools = tuple(_tool(each) for each in dicts(body.get("tools")))
    settings = tuple((name, value) for name, value in body.items() if name not in _TAKEN)
    return Conversation(text_of(body.get("model")) or _of_path(path), tuple(turns), tools, settings)


def _canonical(request: RecordedRequest) -> dict[str, JSON]:
    body = request.body
    if not WHOLE.isdisjoint(body):
        return body
    return normalize.normalize(url.key_path(request.url), body, request.method)[1]


def _of_path(path: str) -> str:
    found = _IN_PATH.search(path)
    return found[1] if found else ""


def _turn(message: JSON) -> Turn:
    if not isinstance(message, dict):
        return Turn("", (Other("", message),))
    role = text_of(message.get("role"))
    if not role:  # an item of OpenAI Responses
        return Turn(text_of(message.get("type")), (part(message),))
    made: tuple[Part, ...] = parts(message.get("content"))
    rest = (_beside(name, each) for name, each in message.items() if name not in _OF_MESSAGE)
    return Turn(role, (*made, *(each for found in rest for each in found)))


def _beside(name: str, value: JSON) -> tuple[Part, ...]:
    """The parts that a member of a message holds beside its content."""
    if name in _THOUGHTS and isinstance(value, str):
        return (Reasoning(value),)
    if name == "images":  # Ollama
        return parts(value)
    return (Other(name, value),)


def _tool(tool: dict[str, JSON]) -> Tool:
    parameters = tool.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    names = tuple(properties) if isinstance(properties, dict) else ()
    name = text_of(tool.get("name")) or text_of(tool.get("type")) or next(iter(tool), "")
    return Tool(name, text_of(tool.get("description")), names)
