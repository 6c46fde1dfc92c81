"""The nouns of a view, all immutable: what was asked and what was answered, in one shape.

A cassette holds each provider's own JSON and the events of its streams. A view has one shape for
all of them: turns, and the parts of a turn. It is made for reading and comparing, so it leaves out
what a reader does not need; what no rule names is an `Other`, so nothing is lost without a trace.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from .._base.model import JSON


class Text(NamedTuple):
    """Words."""

    text: str


class Reasoning(NamedTuple):
    """What a model thought; an empty text if the provider sent it encrypted."""

    text: str


class Media(NamedTuple):
    """An image, a sound or a file.

    Attributes:
        kind: such as ``image`` or ``audio``.
        media_type: such as ``image/png``; empty if unknown.
        size: in bytes; None if the cassette does not hold the data.
        source: a URL, the id of a file, or ``sha256:`` and the first digits; may be empty.
    """

    kind: str
    media_type: str = ""
    size: int | None = None
    source: str = ""


class ToolCall(NamedTuple):
    """A call of a tool; arguments that are no JSON are a text."""

    name: str
    arguments: JSON
    id: str = ""


class ToolResult(NamedTuple):
    """What a tool gave back."""

    id: str
    name: str
    parts: tuple[Part, ...]


class Other(NamedTuple):
    """A part that no rule names: its type, and its JSON value."""

    kind: str
    value: JSON


Part = Union[Text, Reasoning, Media, ToolCall, ToolResult, Other]


class Turn(NamedTuple):
    """What one side said.

    Attributes:
        finish: why the model stopped, in the provider's word; empty in a request.
    """

    role: str
    parts: tuple[Part, ...]
    finish: str = ""


class Tool(NamedTuple):
    """A tool that the model may call."""

    name: str
    description: str = ""
    parameters: tuple[str, ...] = ()


class Usage(NamedTuple):
    """Tokens as the provider counts them; None for what it does not say."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cached: int | None = None
    reasoning: int | None = None


class Conversation(NamedTuple):
    """What was asked.

    Attributes:
        model: its name; empty if the body has none.
        turns: in order; the system text is the first.
        settings: the other members of the canonical body.
    """

    model: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    settings: tuple[tuple[str, JSON], ...] = ()


class Answer(NamedTuple):
    """What was answered, a stream as if it had come in one piece.

    Attributes:
        dialect: whose shape it has, such as ``chat``; empty if no rule knows it.
        turns: one for each choice; of an unknown answer, its JSON or its text.
        model: as the answer names it; may be empty.
        error: the message of an error that it holds; may be empty.
        events: of its stream; 0 for an answer in one piece.
    """

    dialect: str
    turns: tuple[Turn, ...]
    model: str = ""
    usage: Usage = Usage()
    error: str = ""
    events: int = 0
