"""Where a recording comes from: its members and its checksum decide."""

from __future__ import annotations

import pytest

from promptecho._base.model import Accepted, Interaction, JsonBody, Provenance
from promptecho._bodies.checksum import checksum
from promptecho._views.provenance import Origin, is_synthetic, origin_of
from support.session_builders import recorded

ACCEPTED = Accepted("2026-02-01T00:00:00Z", "7d206bed48a0bc0c")


def item(*, is_edited: bool = False, **provenance: object) -> Interaction:
    made = recorded({"model": "m"})
    assert made.response is not None
    found = checksum(JsonBody([1]) if is_edited else made.response.body)
    response = made.response._replace(checksum=found)
    return made._replace(response=response, provenance=Provenance(**provenance))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (item(), "recorded"),
        (item(accepted=ACCEPTED), "accepted"),
        (item(is_edited=True), "edited"),
        (item(is_edited=True, accepted=ACCEPTED), "edited"),
        (item(origin="old.har"), "imported"),
        (item(origin="old.har", is_edited=True), "edited"),
        (item(origin="synthetic"), "synthetic"),
        (item(origin="synthetic by hand"), "synthetic"),
        (item(origin="synthetic", is_edited=True), "synthetic"),
        (item(origin="synthetics.har"), "imported"),
        (recorded({"model": "m"}), "recorded"),  # an older recorder wrote no checksum
        (item()._replace(response=None), "recorded"),
    ],
)
def test_the_kind_of_an_origin(made: Interaction, kind: str) -> None:
    assert origin_of(made).kind == kind


def test_the_recorder_and_the_sdk_are_apart() -> None:
    made = item(recorded_by="promptecho/0.2.0 OpenAI/Python", origin="a.har")
    assert origin_of(made) == Origin("imported", "a.har", "promptecho/0.2.0", "OpenAI/Python")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [("synthetic", True), ("synthetic x", True), ("synthetic.yaml", False), ("./synthetic", False)],
)
def test_a_synthetic_answer_is_known_by_the_text_of_its_origin(source: str, wanted: bool) -> None:
    assert is_synthetic(source) is wanted
