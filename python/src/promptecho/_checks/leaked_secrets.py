"""Where a cassette still holds what redaction would take out. [RED-4] to [RED-7], [RED-13]

Only places and names of shapes come out of here, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .._base.model import (
    JSON,
    BinaryBody,
    BinaryStream,
    Body,
    EventStream,
    FrameStream,
    Interaction,
    JsonBody,
    RecordedRequest,
    RecordedResponse,
    Steps,
    TextBody,
)
from .._base.vocabulary import FORM, MULTIPART, REDACTED
from .._redaction.redactor import Found, Redactor


class Leak(NamedTuple):
    """A secret that was left.

    Attributes:
        path: where it stands in the interaction.
        shapes: what it looks like; empty where its name gives it away.
    """

    path: Steps
    shapes: tuple[str, ...]


def leaks(interaction: Interaction, redactor: Redactor) -> list[Leak]:
    """The secrets of an interaction.

    Args:
        interaction: a recording.
        redactor: what a recorder would have taken out.
    """
    return list(_Search(redactor).interaction(interaction))


class _Search:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def interaction(self, item: Interaction) -> Iterator[Leak]:
        yield from self._request(item.request)
        yield from self._response(item.response)
        yield from self._extras(item.extras, ())

    def _request(self, request: RecordedRequest) -> Iterator[Leak]:
        path: Steps = ("request", "body")
        yield from self._text(request.url, ("request", "url"))
        if FORM in request.body:
            yield from self._form(request.body[FORM], (*path, FORM))
        elif MULTIPART in request.body:
            yield from self._parts(request.body[MULTIPART], (*path, MULTIPART))
        else:
            yield from self._json(request.body, path)
        yield from self._extras(request.extras, ("request",))

    def _response(self, response: RecordedResponse) -> Iterator[Leak]:
        for name, values in response.headers:
            for value in values:
                if value != REDACTED:
                    yield from self._text(value, ("response", "headers", name))
        yield from self._body(response.body)
        yield from self._extras(response.extras, ("response",))

    def _body(self, body: Body) -> Iterator[Leak]:
        place: Steps = ("response", "body")
        events: Steps = ("response", "events")
        if isinstance(body, JsonBody):
            yield from self._json(body.value, place)
        elif isinstance(body, TextBody):
            yield from self._document(body.text, place)
        elif isinstance(body, BinaryBody):
            yield from self._text(body.data.decode("latin-1"), place)  # RED-12
        elif isinstance(body, BinaryStream):
            for i, chunk in enumerate(body.chunks):
                yield from self._text(chunk.decode("latin-1"), (*events, i))
        elif isinstance(body, FrameStream):
            yield from self._documents([frame.payload for frame in body.frames], events)
            for i, frame in enumerate(body.frames):
                for name, value in frame.headers:
                    yield from self._text(value, (*events, i, "headers", name))
        elif isinstance(body, EventStream):
            yield from self._documents(body.events, events)
            yield from self._document(body.tail, ("response", "tail"))

    def _form(self, pairs: Iterable[tuple[str, str]], path: Steps) -> Iterator[Leak]:
        for i, (name, value) in enumerate(pairs):
            yield from self._field(name, value, (*path, i))

    def _parts(self, parts: Iterable[dict[str, str]], path: Steps) -> Iterator[Leak]:
        for i, part in enumerate(parts):
            yield from self._field(part["name"], part.get("text", ""), (*path, i, "text"))

    def _field(self, name: str, value: str, path: Steps) -> Iterator[Leak]:
        if self._redactor.is_secret_member(name):
            if value not in ("", REDACTED):
                yield Leak(path, ())
        else:
            yield from self._document(value, path)

    def _extras(self, extras: tuple[tuple[str, JSON], ...], path: Steps) -> Iterator[Leak]:
        if extras:
            yield from self._json(dict(extras), path)

    def _json(self, value: JSON, path: Steps) -> Iterator[Leak]:
        found: list[Found] = []
        self._redactor.json(value, found)
        for steps, shapes in found:
            yield Leak((*path, *steps), tuple(dict.fromkeys(shapes)))

    def _documents(self, texts: Iterable[str], path: Steps) -> Iterator[Leak]:
        texts = tuple(texts)
        whole = "\n\n".join(texts)
        if self._redactor.document(whole) == whole:
            return
        for i, text in enumerate(texts):
            yield from self._document(text, (*path, i))

    def _document(self, text: str, path: Steps) -> Iterator[Leak]:
        shapes: list[str] = []
        if self._redactor.document(text, shapes) != text:
            yield Leak(path, tuple(dict.fromkeys(shapes)))

    def _text(self, text: str, path: Steps) -> Iterator[Leak]:
        shapes: list[str] = []
        if self._redactor.text(text, shapes) != text:
            yield Leak(path, tuple(dict.fromkeys(shapes)))
