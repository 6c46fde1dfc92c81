"""The arithmetic of the benchmarks' table: medians, ratios of rounds, verdicts."""

from __future__ import annotations

import pytest

from benchmarks.race import Bench
from benchmarks.rows import ROWS
from benchmarks.table import (
    TIMES_CASSETTER,
    Result,
    Row,
    markdown,
    milliseconds,
    number,
    quartiles,
    ratios,
)


def not_measured(_: Bench) -> Result:
    raise AssertionError


HALF = Row("open", TIMES_CASSETTER, 0.5, not_measured)
NO_TARGET = Row("idle", "ms CPU", None, not_measured)


def test_a_ratio_is_taken_within_a_round() -> None:
    # The second round was disturbed: both took ten times as long, and the ratio is the same.
    assert ratios([1.0, 10.0], [2.0, 20.0]) == [0.5, 0.5]


def test_the_figure_is_the_median_of_the_rounds() -> None:
    assert Result([0.1, 0.9, 0.3]).figure == 0.3
    assert Result([0.1, 0.2, 0.4, 0.9]).figure == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("figures", "row", "verdict"),
    [
        ([0.4, 0.5, 3.0], HALF, "yes"),  # exactly the most that it may be
        ([0.4, 0.501, 0.6], HALF, "**no**"),
        ([0.4], NO_TARGET, ""),
    ],
)
def test_a_target_is_reached_when_the_figure_is_at_most_its_number(
    figures: list[float], row: Row, verdict: str
) -> None:
    assert row.verdict(Result(figures)) == verdict


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([3.0], (3.0, 3.0)),
        ([4.0, 1.0, 2.0, 3.0], (1.5, 3.5)),
        ([5.0, 4.0, 3.0, 2.0, 1.0], (2.0, 4.0)),
    ],
)
def test_quartiles_are_medians_of_the_halves(
    figures: list[float], expected: tuple[float, float]
) -> None:
    assert quartiles(figures) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.012"),
        (1.006, "1.01"),
        (21.58, "21.6"),
        (331.4, "331"),
        (3707.2, "3,707"),
        (-0.5, "-0.500"),
        (0, "0.000"),
    ],
)
def test_a_number_has_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_times_are_told_in_milliseconds() -> None:
    assert milliseconds([0.1, 0.0033, 0.0021]) == "3.30 ms"


def test_a_recorder_that_was_not_measured_has_an_empty_cell() -> None:
    measured = [
        (HALF, Result([0.25, 0.2], {"ours": "1.00 ms", "theirs": "4.00 ms"})),
        (NO_TARGET, Result([21.58], {"ours": "21.6 ms", "another": "56.0 ms"})),
    ]
    assert markdown(measured) == [
        "| what | unit | target | figure | quartiles | rounds | met | ours | theirs | another |",
        "|---|---|---|---|---|---|---|---|---|---|",
        "| open | × cassetter | ≤ 0.5 | 0.225 | 0.200 to 0.250 | 2 | yes | 1.00 ms | 4.00 ms |  |",
        "| idle | ms CPU |  | 21.6 | 21.6 to 21.6 | 1 |  | 21.6 ms |  | 56.0 ms |",
    ]


def test_rows_have_names_of_their_own() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
