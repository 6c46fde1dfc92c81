"""Whether each request of a conversation extends the one before, as a prompt cache needs it.

A provider caches the beginning of a prompt: the tools, the system prompt, the messages, in this
order. A request that changes one block pays for all blocks from there on again. The requests are
compared as they were sent: the order of members counts, since it is in the prompt.

A conversation is recognized by its messages: a request goes on with the latest one that was sent to
the same endpoint and model and shares a message with it. One that shares none is a new
conversation. One with fewer messages has been compacted, and the cache starts over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .._base.model import JSON
from .._base.printable import printable
from .miss import shown_pair
from .wire import SentRequest

if TYPE_CHECKING:
    from .._matching.request import Prepared

_TOOLS = ("tools", "functions", "toolConfig")
_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction")
_MESSAGES = ("messages", "input", "contents")
#: The members of a message that hold its parts.
_PARTS = ("content", "parts")
#: What marks a place in the cache is no part of the prompt: Anthropic and Bedrock.
_MARKS = frozenset(("cache_control", "cachePoint"))
_SYSTEM_ROLES = ("system", "developer")


class PrefixChanged(AssertionError):
    """A request does not extend the one before, so the provider's prompt cache is of no use."""

    __module__ = "promptecho"


class Block(NamedTuple):
    """A part of a prompt.

    Attributes:
        path: its place in the body of the request.
        text: its JSON as it was sent, without marks of the cache; with the role of its message.
    """

    path: str
    text: str


class _Prompt(NamedTuple):
    """The prompt of one request.

    Attributes:
        number: of the request, from 1.
        blocks: in the order of the cache.
        where: the address and the model that it was sent to.
        messages: the text of each message that is not the system prompt.
    """

    number: int
    where: tuple[str, str]
    blocks: tuple[Block, ...]
    messages: tuple[str, ...]

    def shares(self, other: _Prompt) -> bool:
        return self.where == other.where and not set(self.messages).isdisjoint(other.messages)

    def extends(self, other: _Prompt) -> bool:
        ours, theirs = ([each.text for each in prompt.blocks] for prompt in (self, other))
        return ours[: len(theirs)] == theirs


def check_prefix(sent: Sequence[Prepared]) -> None:
    """Compare each request with the one before in its conversation.

    Raises:
        PrefixChanged: one does not extend it; the text names the first block that differs.
    """
    earlier: list[_Prompt] = []
    for number, prepared in enumerate(sent, 1):
        request = SentRequest.of(prepared)
        prompt = _prompt(number, request) if prepared.conversation else None
        if prompt is None:
            continue
        same = [each for each in earlier if prompt.shares(each)]
        if same and not _is_allowed(prompt, same):
            raise PrefixChanged(_text(same[-1], prompt, request))
        earlier.append(prompt)


def _is_allowed(prompt: _Prompt, same: Sequence[_Prompt]) -> bool:
    before = same[-1]
    if prompt.extends(before) or len(prompt.messages) < len(before.messages):
        return True
    is_branch = len(prompt.messages) == len(before.messages)
    return is_branch and any(prompt.extends(each) for each in same)


def _text(before: _Prompt, now: _Prompt, request: SentRequest) -> str:
    pairs = zip(before.blocks, now.blocks)
    differing = next(((a, b) for a, b in pairs if a.text != b.text), None)
    lines = [
        f"request {now.number} ({request.method} {request.url}) does not extend request "
        f"{before.number} of its conversation, so the prompt cache is of no use from there on"
    ]
    if differing is None:
        place = before.blocks[len(now.blocks)]
        lines.append(f"the first block that differs is {place.path}: it is missing now")
    else:
        old, new = differing
        shared = before.blocks.index(old)
        moved = "" if old.path == new.path else f", where {old.path} was before"
        one, other = shown_pair(old.text, new.text)
        lines += [
            f"the first block that differs is {new.path}{moved} (block {shared + 1}; the "
            f"{shared} before it are unchanged)",
            f"  request {before.number}, {old.path}: {one}",
            f"  request {now.number}, {new.path}: {other}",
        ]
    lines.append(
        "Next: keep what changes (a time, an id, an order of tools) out of the beginning of the "
        "prompt, and append to the messages only."
    )
    return "\n".join(map(printable, lines))


def _prompt(number: int, request: SentRequest) -> _Prompt | None:
    """The prompt of a request; None if its body is no JSON object."""
    body = request.wire.body
    if not isinstance(body, dict):
        return None
    name = next((each for each in _MESSAGES if each in body), None)
    given = [] if name is None else body[name]
    messages = given if isinstance(given, list) else [given]
    blocks: list[Block] = []
    for member in (*_TOOLS, *_SYSTEM):
        if member in body:
            blocks += _blocks(member, "", body[member])
    own = []
    for index, message in enumerate(messages):
        path = f"{name}[{index}]" if isinstance(given, list) else str(name)
        parts = list(_message(path, message))
        blocks += parts
        if not (isinstance(message, dict) and message.get("role") in _SYSTEM_ROLES):
            own.append("\n".join(each.text for each in parts))
    url = request.url.partition("?")[0]
    return _Prompt(number, (url, _json(body.get("model"))), tuple(blocks), tuple(own))


def _message(path: str, message: JSON) -> Iterator[Block]:
    """The blocks of a message: its parts, and what else it has, such as calls of tools."""
    if not isinstance(message, dict):
        yield from _blocks(path, "user", message)
        return
    rest = dict(message)
    role = str(rest.pop("role", ""))
    for name in _PARTS:
        if name in rest:
            yield from _blocks(f"{path}.{name}", role, rest.pop(name))
    rest = _unmarked(rest)
    if rest:
        yield Block(path, f"{role} {_json(rest)}".strip())


def _blocks(path: str, role: str, value: JSON) -> Iterator[Block]:
    """The items of a list as blocks; a text is a list of one text."""
    is_list = isinstance(value, list)
    for index, item in enumerate(value if is_list else [value]):
        plain = _unmarked({"type": "text", "text": item} if isinstance(item, str) else item)
        if plain or not isinstance(plain, dict):
            text = f"{role} {_json(plain)}".strip()
            yield Block(f"{path}[{index}]" if is_list else path, text)


def _unmarked(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _unmarked(each) for name, each in value.items() if name not in _MARKS}
    return [_unmarked(each) for each in value] if isinstance(value, list) else value


def _json(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
