"""Texts that differ and look the same are shown escaped [MISS-9]."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._session.look_alikes import distinct, escaped, look_the_same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a\u00a0b"),
        ("caf\u00e9", "cafe\u0301"),
        ("ab", "a\u200bb"),
        ("file", "\ufb01le"),
        ("a\nb", "a\tb"),
        ("A", "\uff21"),
    ],
)
def test_these_look_the_same(one: str, other: str) -> None:
    assert look_the_same(one, other)
    assert look_the_same(other, one)
    assert escaped(one) != escaped(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a", "a"), ("a", "b"), ("caf\u00e9", "cafe2"), ("a", "A"), ("", "x")]
)
def test_these_do_not(one: str, other: str) -> None:
    assert not look_the_same(one, other)


@given(st.text())
def test_an_escaped_text_is_ascii_and_reads_back(text: str) -> None:
    shown = escaped(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(shown) == text


@pytest.mark.parametrize(
    "hidden", ["\u2028", "\u2029", "\u3164", "\u2800", "\u2060", "\u00ad", "\u202e"]
)
def test_a_character_that_shows_nothing_is_escaped(hidden: str) -> None:
    assert distinct(["ab", f"a{hidden}b"]) == ["ab", f"a\\u{ord(hidden):04x}b"]


def test_texts_that_differ_to_the_eye_keep_their_characters() -> None:
    assert distinct(["caf\u00e9", "tea"]) == ["caf\u00e9", "tea"]
