"""Guards of the tests themselves: no test waits on a clock, and the checks of time can fail."""

from __future__ import annotations

import ast
import os
from typing import Callable

from hypothesis import HealthCheck, settings

from support.paths import TESTS
from support.timing import grows_linearly


def test_no_property_has_a_deadline() -> None:
    profile = settings()
    assert profile.deadline is None
    assert HealthCheck.too_slow in profile.suppress_health_check
    assert profile.print_blob


def test_examples_are_the_same_in_each_run_of_ci_and_only_there() -> None:
    assert settings().derandomize == (os.environ.get("CI") == "true")


def test_no_test_has_a_profile_of_its_own() -> None:
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "settings":
                assert {each.arg for each in node.keywords} <= {"max_examples"}, path


def test_time_that_grows_with_the_square_is_noticed() -> None:
    spent = [0.0]

    def takes(seconds: float) -> None:
        spent[0] += seconds

    def linear(cost: Callable[[float], float]) -> bool:
        return grows_linearly(
            lambda size: size, lambda size: takes(cost(size)), 8, lambda: spent[0]
        )

    assert linear(lambda size: size)
    assert linear(lambda size: 0.005 * size**2)  # within what is allowed on top
    assert not linear(lambda size: size**2)
