"""A function that is made at its first call."""

from __future__ import annotations

from typing import Callable

from promptecho._base.late import late


def test_a_function_is_made_once_and_at_its_first_call() -> None:
    made: list[str] = []

    def make() -> Callable[[int], int]:
        made.append("made")
        return lambda number: number + 1

    function = late(make)
    assert made == []
    assert (function(1), function(2)) == (2, 3)
    assert made == ["made"]
