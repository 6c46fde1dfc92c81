"""A text with long strings is written as the json module writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.model import Layout, Number
from promptecho._bodies.json_text import render, rendered
from promptecho._bodies.long_strings import with_long_strings
from promptecho._text.survey import LONG

PIECES = st.text('a"\\\n\t\r\b\0\x1f\x7f\u2028\u20ac\U0001f600', max_size=12)
TEXTS = st.builds(
    lambda before, piece, after: before + piece * (1 + LONG // max(1, len(piece))) + after,
    PIECES,
    PIECES,
    PIECES,
)
SCALARS = st.one_of(PIECES, TEXTS, st.integers(-9, 9), st.none(), st.booleans())
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(PIECES | TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(TREES, st.sampled_from(("compact", "spaced")))
def test_long_strings_are_written_as_short_ones(tree: Any, whitespace: str) -> None:
    separators = (",", ":") if whitespace == "compact" else (", ", ": ")
    wanted = json.dumps(tree, ensure_ascii=False, separators=separators).encode()
    assert with_long_strings(tree, *separators) == wanted
    assert rendered(tree, Layout(whitespace)) == wanted


@pytest.mark.parametrize(
    "layout", [Layout(), Layout("indented"), Layout(escape="<"), Layout(final_newline=True)]
)
@pytest.mark.parametrize("number", [1, Number("1.50")])
def test_what_is_rendered_is_the_text_in_utf_8(layout: Layout, number: Any) -> None:
    tree = {"a": "<\u20ac\n" * LONG, "b": [number]}
    assert rendered(tree, layout) == render(tree, layout).encode()
