"""Secrets out of the texts of an interaction. [RED-4] to [RED-7], [RED-12], [RED-13]"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial
from typing import Callable

from .._base.model import JSON, Interaction, RecordedRequest, RecordedResponse, Steps
from .._bodies.texts import Visitor, map_interaction, map_request, map_response
from .places import Found
from .redactor import IsConversation, Redactor, never
from .shapes import octets


def clean_interaction(
    item: Interaction, redactor: Redactor, conversation: IsConversation, data: bytes | None = None
) -> tuple[Interaction, list[Found]]:
    """An interaction without secrets, and the steps to each of them.

    Args:
        item: a recording.
        redactor: the rules.
        conversation: whether its request is one of a conversation [MATCH-8].
        data: the bytes of the body of its response, where they are known.
    """
    sweep = _Sweep(redactor, conversation, data)
    clean = map_interaction(item, sweep)
    return (clean if sweep.found else item), sweep.found


def clean_request(
    request: RecordedRequest, redactor: Redactor, conversation: IsConversation
) -> RecordedRequest:
    """A stored request without secrets."""
    return map_request(request, _Sweep(redactor, conversation))


def clean_response(
    response: RecordedResponse, redactor: Redactor, data: bytes, conversation: IsConversation
) -> tuple[RecordedResponse, list[Found]]:
    """A response without secrets, and the steps to each of them.

    Args:
        response: the response as it would be stored.
        redactor: the rules.
        data: the bytes of its body.
        conversation: whether its request is one of a conversation [MATCH-8].
    """
    sweep = _Sweep(redactor, conversation, data)
    clean = map_response(response, sweep)
    return (clean if sweep.found else response), sweep.found


class _Sweep(Visitor):
    """Takes secrets out of texts, and notes where they were.

    Args:
        redactor: the rules.
        conversation: whether the bodies are those of a conversation [MATCH-8].
        body: the JSON text of the response's body, where it is known; searching it is quicker than
            searching the tree.
    """

    def __init__(
        self, redactor: Redactor, conversation: IsConversation, body: bytes | None = None
    ) -> None:
        self.found: list[Found] = []
        self._redactor = redactor
        self._conversation = conversation
        self._body = body

    def skips(self, texts: Iterable[str]) -> bool:
        return self._redactor.surely_clean(octets("\n\n".join(texts)))

    def skips_fields(self, fields: Collection[tuple[str, str]]) -> bool:
        return self._redactor.surely_clean_fields(fields)

    def tree(self, place: Steps, value: JSON) -> JSON:
        inner: list[Found] = []
        text = self._body if place == _ANSWER else None
        talk = self._conversation if place in (_QUESTION, _ANSWER) else never
        clean = self._redactor.json(value, inner, text, talk)
        self.found += [_found((*place, *steps), shapes) for steps, shapes in inner]
        return clean

    def document(self, place: Steps, text: str) -> str:
        clean = self._redactor.body if place == _ANSWER else self._redactor.event
        return self._swept(place, text, partial(clean, conversation=self._conversation))

    def value(self, place: Steps, text: str) -> str:
        return self._swept(place, text, self._redactor.text)

    def url(self, place: Steps, text: str) -> str:
        return self._swept(place, text, self._redactor.url)

    def field(self, place: Steps, name: str, text: str) -> str:
        return self._swept(place, text, lambda t, shapes: self._redactor.field(name, t, shapes))

    def data(self, place: Steps, data: bytes) -> bytes:
        with suppress(UnicodeDecodeError):
            text = data.decode("utf-8")
            clean = partial(self._redactor.event, conversation=self._conversation)
            return self._swept(place, text, clean).encode("utf-8")
        # RED-12: a key in bytes that are not UTF-8 is still a key.
        return self.value(place, data.decode("latin-1")).encode("latin-1")

    def _swept(self, place: Steps, text: str, clean: Callable[[str, list[str]], str]) -> str:
        shapes: list[str] = []
        swept = clean(text, shapes)
        if swept != text:
            self.found.append(_found(place, shapes))
        return swept


_QUESTION: Steps = ("request", "body")
_ANSWER: Steps = ("response", "body")


def _found(place: Steps, shapes: Iterable[str]) -> Found:
    return Found(place, tuple(dict.fromkeys(shapes)))
