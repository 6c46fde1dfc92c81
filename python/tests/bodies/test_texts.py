"""The walk over the texts of an interaction misses none, and changes what it is told to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from promptecho._base.model import (
    JSON,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    Interaction,
    JsonBody,
    RecordedRequest,
    RecordedResponse,
    Steps,
    TextBody,
)
from promptecho._bodies.texts import Visitor, map_interaction
from support.cassette_strategies import INTERACTIONS


class Marks(Visitor):
    """Puts a mark behind each text, and keeps the places."""

    def __init__(self) -> None:
        self.places: list[Steps] = []

    def tree(self, place: Steps, value: JSON) -> JSON:
        self.places.append(place)
        return {**value, "marked": True}

    def document(self, place: Steps, text: str) -> str:
        return self.value(place, text)

    def value(self, place: Steps, text: str) -> str:
        self.places.append(place)
        return text + "!"

    def url(self, place: Steps, text: str) -> str:
        self.places.append(place)
        return text

    def field(self, place: Steps, name: str, text: str) -> str:
        return self.value(place, f"{name}={text}")

    def data(self, place: Steps, data: bytes) -> bytes:
        self.places.append(place)
        return data + b"!"


def interaction(body: Body, request_body: dict[str, JSON]) -> Interaction:
    request = RecordedRequest("POST", "https://h/", "0" * 16, (), request_body)
    return Interaction(request, RecordedResponse(200, (("x-a", ("1", "2")),), body))


@pytest.mark.parametrize(
    ("body", "places", "marked"),
    [
        (Empty(), [], Empty()),
        (JsonBody({"a": 1}), [("body",)], JsonBody({"a": 1, "marked": True})),
        (TextBody("a"), [("body",)], TextBody("a!")),
        (BinaryBody(b"\xff"), [("body",)], BinaryBody(b"\xff!")),
        (
            EventStream("ndjson", ("a", "b"), "c"),
            [("events", 0), ("events", 1), ("tail",)],
            EventStream("ndjson", ("a!", "b!"), "c!"),
        ),
        (
            FrameStream((Frame((("n", "v"),), "p"),)),
            [("events", 0, "headers", "n"), ("events", 0)],
            FrameStream((Frame((("n", "v!"),), "p!"),)),
        ),
        (BinaryStream((b"\xff",)), [("events", 0)], BinaryStream((b"\xff!",))),
    ],
)
def test_every_text_of_a_body_is_visited_in_order(
    body: Body, places: list[Steps], marked: Body
) -> None:
    marks = Marks()
    changed = map_interaction(interaction(body, {}), marks)
    assert changed.response.body == marked
    assert changed.response.headers == (("x-a", ("1!", "2!")),)
    assert marks.places == [
        ("request", "url"),
        ("request", "body"),
        ("response", "headers", "x-a"),
        ("response", "headers", "x-a"),
        *(("response", *place) for place in places),
    ]


def test_the_fields_of_forms_are_visited_with_their_names() -> None:
    form = map_interaction(interaction(Empty(), {"__form__": [["a", "1"]]}), Marks())
    assert form.request.body == {"__form__": [["a", "a=1!"]]}
    parts: list[JSON] = [{"name": "a", "text": "1"}, {"name": "b", "sha256": "0" * 64}]
    multipart = map_interaction(interaction(Empty(), {"__multipart__": parts}), Marks())
    assert multipart.request.body == {"__multipart__": [{"name": "a", "text": "a=1!"}, parts[1]]}


@settings(max_examples=100)
@given(INTERACTIONS)
def test_a_visitor_that_changes_nothing_leaves_every_interaction_equal(item: Interaction) -> None:
    assert map_interaction(item, Visitor()) == item
