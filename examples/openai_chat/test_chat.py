"""The fixture `promptecho_cassette` opens the file cassettes/<test>.yaml for its test."""

from __future__ import annotations

from typing import Any

import chat

TEXT = "The cat sat on the mat. It stayed there all day."


def test_summary(promptecho_cassette: Any) -> None:
    assert chat.summarize(TEXT) == "A cat spent the day on a mat."
    assert promptecho_cassette.sent[0].body["model"] == "gpt-4o-mini"


def test_summary_arrives_in_pieces(promptecho_cassette: Any) -> None:
    pieces = [piece for piece in chat.summarize_live(TEXT) if piece]
    assert pieces == ["A cat", " spent the day", " on a mat."]
