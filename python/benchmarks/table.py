"""The table: how a row is stated, and how figures become its cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Callable, NamedTuple

if TYPE_CHECKING:
    from .race import Bench

# The units of figures.
TIMES_CASSETTER = "× cassetter"
BARE = "× bare client"
LIBYAML = "× PyYAML's C loader"
MS = "ms CPU"
SECONDS = "s CPU"
PER_MB = "s CPU/MB"
MB = "MB"


class Result(NamedTuple):
    """What was measured.

    Attributes:
        figures: one of each round.
        cells: the median of each recorder, as text, by the recorder's name.
    """

    figures: Sequence[float]
    cells: Mapping[str, str] = {}

    @property
    def figure(self) -> float:
        """The median of the rounds."""
        return median(self.figures)


class Row(NamedTuple):
    """A row, as `rows` states it.

    Attributes:
        name: what is measured.
        unit: of its figure.
        target: what the figure may be at most; None where there is no target.
        measure: measures it.
    """

    name: str
    unit: str
    target: float | None
    measure: Callable[[Bench], Result]

    def verdict(self, result: Result) -> str:
        """Whether the target is reached."""
        if self.target is None:
            return ""
        return "yes" if result.figure <= self.target else "**no**"


def ratios(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Ours over theirs, round by round: what disturbs one disturbs the other."""
    return [mine / yours for mine, yours in zip(ours, theirs)]


def differences(whole: Iterable[float], part: Iterable[float]) -> list[float]:
    """What the whole takes more than the part, round by round."""
    return [one - other for one, other in zip(whole, part)]


def quartiles(figures: Sequence[float]) -> tuple[float, float]:
    """The medians of the lower and the upper half; a figure in the middle counts in both."""
    ordered = sorted(figures)
    half = (len(ordered) + 1) // 2
    return median(ordered[:half]), median(ordered[-half:])


def number(value: float) -> str:
    """A number with three digits, or with all that are before its point."""
    places = next((places for places, size in ((0, 100), (1, 10), (2, 1)) if abs(value) >= size), 3)
    return f"{value:,.{places}f}"


def milliseconds(seconds: Sequence[float]) -> str:
    """The median of some times."""
    return f"{number(median(seconds) * 1000)} ms"


def markdown(measured: Sequence[tuple[Row, Result]]) -> list[str]:
    """The lines of the table."""
    names = list(dict.fromkeys(name for _, result in measured for name in result.cells))
    heads = ["what", "unit", "target", "figure", "quartiles", "rounds", "met", *names]
    lines = [_line(heads), "|---" * len(heads) + "|"]
    for row, result in measured:
        low, high = map(number, quartiles(result.figures))
        target = "" if row.target is None else f"≤ {row.target:g}"
        figures = [number(result.figure), f"{low} to {high}", str(len(result.figures))]
        cells = [result.cells.get(name, "") for name in names]
        lines.append(_line([row.name, row.unit, target, *figures, row.verdict(result), *cells]))
    return lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
