"""From figures to a table: medians, ratios of rounds, and whether a target is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

#: The unit of a ratio to cassetter.
OVER_CASSETTER = " × cassetter"


class Target(NamedTuple):
    """What a figure may be at most, in words and as a number."""

    words: str
    most: float


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        what: what was measured.
        figures: one of each round; nearly always ours over another's.
        target: None where a figure is only told.
        cells: what each recorder took, as text, by the recorder's name.
        unit: of the figures.
    """

    what: str
    figures: Sequence[float]
    target: Target | None
    cells: Mapping[str, str]
    unit: str = ""

    @property
    def figure(self) -> float:
        """The median of the rounds."""
        return median(self.figures)

    @property
    def verdict(self) -> str:
        """Whether the target is reached."""
        if self.target is None:
            return ""
        return "yes" if self.figure <= self.target.most else "**no**"


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
    """A number with three digits, or with all that stand before its point."""
    places = next((places for places, size in ((0, 100), (1, 10), (2, 1)) if abs(value) >= size), 3)
    return f"{value:,.{places}f}"


def milliseconds(seconds: Sequence[float]) -> str:
    """The median of some times."""
    return f"{number(median(seconds) * 1000)} ms"


def markdown(rows: Sequence[Row]) -> list[str]:
    """The lines of the table."""
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    heads = ["what", "target", "figure", "quartiles", "met", *names]
    lines = [_line(heads), "|---" * len(heads) + "|"]
    for row in rows:
        low, high = map(number, quartiles(row.figures))
        words = row.target.words if row.target else ""
        figure = f"{number(row.figure)}{row.unit}"
        cells = (row.cells.get(name, "") for name in names)
        lines.append(_line([row.what, words, figure, f"{low} to {high}", row.verdict, *cells]))
    return lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
