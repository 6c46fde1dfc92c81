"""How rows are measured: from what workers take for a task to figures and cells."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from .cassettes import Shape
from .race import Bench, Sample, Samples, Task, column
from .recorders import CASSETTER, OURS
from .table import Result, differences, milliseconds, number, ratios


@dataclass(frozen=True)
class Over:
    """Ours over another's, round by round.

    Attributes:
        task: what both do.
        other: the other recorder.
        shown: recorders whose times are cells, too.
        column: what is compared.
        other_column: what it is compared with, if that is something else.
    """

    task: Task
    other: str = CASSETTER
    shown: tuple[str, ...] = ()
    column: str = "seconds"
    other_column: str = ""

    def __call__(self, bench: Bench) -> Result:
        samples = bench.race(self.task, [OURS, self.other, *self.shown])
        ours = column(samples[OURS], self.column)
        theirs = column(samples[self.other], self.other_column or self.column)
        cells = _cells(samples, self.column)
        cells[self.other] = milliseconds(theirs) if self.other_column else cells[self.other]
        return Result(ratios(ours, theirs), cells)


@dataclass(frozen=True)
class OverBare:
    """Ours over a bare client of the same process, round by round.

    Attributes:
        task: what both do.
        shown: recorders whose times are cells, too.
    """

    task: Task
    shown: tuple[str, ...] = ()

    def __call__(self, bench: Bench) -> Result:
        samples = bench.race(self.task, [OURS, *self.shown])
        over = ratios(column(samples[OURS]), column(samples[OURS], "bare"))
        return Result(over, _cells(samples, "seconds"))


@dataclass(frozen=True)
class Alone:
    """Milliseconds of ours, less those of a bare client if `less_bare`."""

    task: Task
    less_bare: bool = False

    def __call__(self, bench: Bench) -> Result:
        samples = bench.race(self.task, [OURS])
        seconds = column(samples[OURS])
        if self.less_bare:
            seconds = differences(seconds, column(samples[OURS], "bare"))
        return Result([each * 1000 for each in seconds], _cells(samples, "seconds"))


@dataclass(frozen=True)
class Flat:
    """Ours in a large cassette over ours in a small one."""

    task: Task

    def __call__(self, bench: Bench) -> Result:
        samples = bench.race(self.task, [OURS, CASSETTER])
        large, small = (column(samples[OURS], name) for name in ("large", "small"))
        return Result(ratios(large, small), _cells(samples, "large"))


def _cells(samples: Samples, name: str) -> dict[str, str]:
    measured = {recorder: taken for recorder, taken in samples.items() if name in taken[0]}
    return {recorder: _cell(taken, name) for recorder, taken in measured.items()}


def _cell(samples: list[Sample], name: str) -> str:
    """The time, and how many times that of a bare client of the same process."""
    times = column(samples, name)
    if name != "seconds" or "bare" not in samples[0]:
        return milliseconds(times)
    over = ratios(times, column(samples, "bare"))
    return f"{milliseconds(times)}, {number(median(over))}×"


# Tasks.


def made(shape: Shape) -> tuple[tuple[str, dict[str, Any]], ...]:
    """A cassette of a shape, recorded before the first round."""
    return (("make", {"shape": shape}),)


def play(shape: Shape, library: str, repeats: int = 1, *, spelled: bool = False) -> Task:
    """Calls of a cassette, with the bytes that were recorded; and another spelling of them."""
    arguments = {"library": library, "shape": shape, "repeats": repeats, "spelled": spelled}
    return Task("play", arguments, made(shape))


def opened(shape: Shape, repeats: int = 1) -> Task:
    """Open and close."""
    return Task("open", {"shape": shape, "repeats": repeats}, made(shape))


def first_call(small: Shape, large: Shape, library: str) -> Task:
    """The first call after two cassettes were opened."""
    arguments = {"library": library, "small": small, "large": large, "repeats": 1}
    return Task("first", arguments, made(small) + made(large))


def on_large(case: str, shape: Shape) -> Task:
    """`miss` or `add`."""
    return Task(case, {"shape": shape}, made(shape), rounds=20)


def record(shape: Shape, *, fsync: bool) -> Task:
    """Record and save."""
    return Task("record", {"library": "httpx", "shape": shape, "fsync": fsync})


def stream(case: str, count: int, **arguments: str) -> Task:
    """`stream` or `sdk_stream`."""
    return Task(case, {"count": count, **arguments}, ((f"make_{case}", {"count": count}),))


def conversation(count: int, size: int) -> Task:
    """A conversation that grows."""
    arguments = {"count": count, "size": size}
    return Task(
        "conversation", {"library": "httpx", **arguments}, (("make_conversation", arguments),)
    )
