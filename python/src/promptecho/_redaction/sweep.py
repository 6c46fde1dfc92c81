"""Secrets out of the texts of an interaction. [RED-4] to [RED-7], [RED-12], [RED-13]"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from .._base.model import JSON, Interaction, RecordedRequest, RecordedResponse, Steps
from .._bodies.texts import Visitor, map_interaction, map_request, map_response
from .places import Found
from .redactor import Redactor
from .shapes import octets


def clean_interaction(item: Interaction, redactor: Redactor) -> tuple[Interaction, list[Found]]:
    """An interaction without secrets, and the steps to each of them."""
    sweep = _Sweep(redactor)
    clean = map_interaction(item, sweep)
    return (clean if sweep.found else item), sweep.found


def clean_request(request: RecordedRequest, redactor: Redactor) -> RecordedRequest:
    """A stored request without secrets."""
    return map_request(request, _Sweep(redactor))


def clean_response(
    response: RecordedResponse, redactor: Redactor, data: bytes
) -> tuple[RecordedResponse, list[Found]]:
    """A response without secrets, and the steps to each of them.

    Args:
        response: the response as it would be stored.
        redactor: the rules.
        data: the bytes of its body.
    """
    sweep = _Sweep(redactor, data)
    clean = map_response(response, sweep)
    return (clean if sweep.found else response), sweep.found


class _Sweep(Visitor):
    """Takes secrets out of texts, and notes where they were.

    Args:
        redactor: the rules.
        body: the JSON text of the response's body, where it is known; searching it is quicker than
            searching the tree.
    """

    def __init__(self, redactor: Redactor, body: bytes | None = None) -> None:
        self.found: list[Found] = []
        self._redactor = redactor
        self._body = body

    def skips(self, texts: Iterable[str]) -> bool:
        return self._redactor.surely_clean(octets("\n\n".join(texts)))

    def tree(self, place: Steps, value: JSON) -> JSON:
        inner: list[Found] = []
        text = self._body if place == ("response", "body") else None
        clean = self._redactor.json(value, inner, text)
        self.found += [_found((*place, *steps), shapes) for steps, shapes in inner]
        return clean

    def document(self, place: Steps, text: str) -> str:
        return self._swept(place, text, self._redactor.document)

    def value(self, place: Steps, text: str) -> str:
        return self._swept(place, text, self._redactor.text)

    def url(self, place: Steps, text: str) -> str:
        return self._swept(place, text, self._redactor.url)

    def field(self, place: Steps, name: str, text: str) -> str:
        return self._swept(place, text, lambda t, shapes: self._redactor.field(name, t, shapes))

    def data(self, place: Steps, data: bytes) -> bytes:
        # RED-12: a key in bytes that are not UTF-8 is still a key.
        return self.value(place, data.decode("latin-1")).encode("latin-1")

    def _swept(self, place: Steps, text: str, clean: Callable[[str, list[str]], str]) -> str:
        shapes: list[str] = []
        swept = clean(text, shapes)
        if swept != text:
            self.found.append(_found(place, shapes))
        return swept


def _found(place: Steps, shapes: Iterable[str]) -> Found:
    return Found(place, tuple(dict.fromkeys(shapes)))
