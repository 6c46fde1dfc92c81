"""What an answer says: its dialect is that of its first value that one of the joiners claims. Pure.

The host and the path of the request say nothing: a gateway gives the answers of any provider.
"""

from __future__ import annotations

from types import ModuleType

from .._base.model import (
    JSON,
    BinaryBody,
    Body,
    Empty,
    Interaction,
    RecordedResponse,
    TextBody,
)
from .._bodies import forms
from .content import text_of
from .joiners import (
    anthropic,
    assistants,
    chat,
    cohere,
    completions,
    converse,
    gemini,
    ollama,
    responses,
)
from .payloads import Payload, payloads
from .usage import usage
from .view import Answer, Media, Other, Part, Text, Turn

#: Asked in this order: what claims by a type comes before what claims by a member.
_JOINERS = (
    chat,
    responses,
    anthropic,
    assistants,
    cohere,
    gemini,
    converse,
    ollama,
    completions,
)


def answer(response: RecordedResponse) -> Answer:
    """What a response says."""
    found = list(payloads(response.body))
    values = [each.value for each in found if isinstance(each.value, dict)]
    joiner = next((each for value in values for each in _JOINERS if each.claims(value)), None)
    turns = _unknown(response, found) if joiner is None else joiner.join(values)
    return Answer(
        _name(joiner),
        turns,
        next(filter(None, map(_model, values)), ""),
        usage(values),
        next(filter(None, map(_error, found)), ""),
        forms.count_events(response.body),
    )


def answer_of(item: Interaction) -> Answer | None:
    """The answer of a recording; None if the call got none."""
    return None if item.response is None else answer(item.response)


def _name(joiner: ModuleType | None) -> str:
    return "" if joiner is None else joiner.__name__.rpartition(".")[2]


def _unknown(response: RecordedResponse, found: list[Payload]) -> tuple[Turn, ...]:
    """An answer that no rule knows: its values, or its text, or its size."""
    parts: tuple[Part, ...]
    if found:
        parts = tuple(_other(each) for each in found)
    else:
        parts = _raw(response.body, _media_type(response))
    return (Turn("", parts),) if parts else ()


def _other(payload: Payload) -> Part:
    return Text(payload.label) if payload.value is None else Other(payload.label, payload.value)


def _raw(body: Body, media_type: str) -> tuple[Part, ...]:
    if isinstance(body, Empty):
        return ()
    if isinstance(body, TextBody):
        return (Text(body.text),)
    size = len(body.data) if isinstance(body, BinaryBody) else sum(map(len, forms.decode(body)))
    return (Media(media_type.partition("/")[0] or "bytes", media_type, size),) if size else ()


def _media_type(response: RecordedResponse) -> str:
    values = dict(response.headers).get("content-type", ("",))
    return values[0].partition(";")[0].strip()


def _model(value: dict[str, JSON]) -> str:
    for holder in (value, value.get("message"), value.get("response")):
        if isinstance(holder, dict):
            name = text_of(holder.get("model")) or text_of(holder.get("modelVersion"))
            if name:
                return name
    return ""


def _error(payload: Payload) -> str:
    """The message of an error: OpenAI's, Anthropic's, Gemini's, or an exception of AWS."""
    value = payload.value
    if not isinstance(value, dict):
        return ""
    inner = value.get("response")
    holders = (value, inner) if isinstance(inner, dict) else (value,)
    for holder in holders:
        error = holder.get("error")
        if isinstance(error, dict):
            return text_of(error.get("message")) or text_of(error.get("type")) or "error"
        if isinstance(error, str) and error:
            return error
    return text_of(value.get("message")) if payload.label.endswith("Exception") else ""
