"""One walk finds what is in a tree, at any depth."""

from __future__ import annotations

from typing import Any

import pytest

from promptecho._base.model import Number
from promptecho._base.vocabulary import MAX_NESTING
from promptecho._text.storable import storable
from promptecho._text.survey import LONG, survey


@pytest.mark.parametrize(
    ("value", "depth"),
    [("text", 0), ({}, 1), ([], 1), ([[]], 2), ({"a": [1, {"b": {}}]}, 4), ([1, [2], 3], 2)],
)
def test_depth_counts_lists_and_objects(value: Any, depth: int) -> None:
    assert survey(value).depth == depth


def test_names_and_spellings_are_found_below_lists_and_objects() -> None:
    tree = {"a": [{"b": Number("1.50")}, [Number("1E5"), 2.5]], "c": {"d": None}}
    found = survey(tree)
    assert found.names == {"a", "b", "c", "d"}
    assert sorted(found.numbers) == ["1.50", "1E5"]


def test_a_long_string_is_found_at_any_depth() -> None:
    assert not survey({"a": ["x" * LONG]}).is_long
    assert survey({"a": ["x" * (LONG + 1), "y"]}).is_long


def test_a_tree_of_the_most_levels_can_be_stored_and_one_more_cannot() -> None:
    tree: Any = "text"
    for _ in range(MAX_NESTING):
        tree = [tree]
    assert storable(tree)
    assert not storable([tree])
