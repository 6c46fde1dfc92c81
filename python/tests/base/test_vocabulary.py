"""The words and limits that several folders share."""

from __future__ import annotations

import pytest

from promptecho._base.vocabulary import MAX_NAME, is_match_on


@pytest.mark.parametrize("names", [["*"], ["model"], ["b", "a"], ["n" * MAX_NAME]])
def test_different_names_or_a_star_alone_can_be_match_on(names: list[str]) -> None:
    assert is_match_on(names)


@pytest.mark.parametrize(
    "names", [[], [""], ["a", "a"], ["*", "a"], ["*", "*"], ["a", "n" * (MAX_NAME + 1)]]
)
def test_any_other_list_cannot_be_match_on(names: list[str]) -> None:
    assert not is_match_on(names)
