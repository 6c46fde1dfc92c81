"""From samples to a table: medians, ratios of rounds, and whether a target is met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        what: what was measured.
        target: the target in words; empty where there is none.
        figures: one for each round.
        limit: the most that the median of the figures may be; None where there is no target.
        unit: of the figures; a ratio has none.
        cells: what each recorder took, as text, by the recorder's name.
    """

    what: str
    target: str
    figures: Sequence[float]
    limit: float | None
    unit: str
    cells: dict[str, str]

    @property
    def figure(self) -> float:
        """The median of the rounds."""
        return median(self.figures)

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        return None if self.limit is None else self.figure <= self.limit


def ratios(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Ours over theirs, round by round: what disturbs one disturbs the other."""
    return [mine / yours for mine, yours in zip(ours, theirs)]


def differences(whole: Iterable[float], part: Iterable[float]) -> list[float]:
    """What the whole takes more than the part, round by round."""
    return [one - other for one, other in zip(whole, part)]


def quartiles(figures: Sequence[float]) -> tuple[float, float]:
    """The medians of the lower and the upper half."""
    ordered = sorted(figures)
    half = (len(ordered) + 1) // 2
    return median(ordered[:half]), median(ordered[-half:])


def milliseconds(seconds: Sequence[float]) -> str:
    """The median of some times, with three digits."""
    return f"{number(median(seconds) * 1000)} ms"


def number(value: float) -> str:
    """A number with three digits, or all that stand before its point."""
    digits = next((places for places, size in ((0, 100), (1, 10), (2, 1)) if abs(value) >= size), 3)
    return f"{value:,.{digits}f}"


def markdown(rows: Sequence[Row]) -> list[str]:
    """The lines of the table."""
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    heads = ["what", "target", "figure", "its quartiles", "met", *names]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        low, high = quartiles(row.figures)
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        spread = f"{number(low)} to {number(high)}"
        cells = [row.what, row.target, f"{number(row.figure)}{row.unit}", spread, met]
        cells += [row.cells.get(name, "") for name in names]
        lines.append("| " + " | ".join(cells) + " |")
    return lines
