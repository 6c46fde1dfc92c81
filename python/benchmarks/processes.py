"""Rows of whole processes: import, memory, the reader over the corpus, a run of pytest."""

from __future__ import annotations

import json
from statistics import median

from .cases import Shape
from .race import Bench, column, output_of, seconds_of
from .recorders import CASSETTER, OLD, OURS, VCRPY
from .suite import Suite
from .table import Row, Target, milliseconds, number, ratios

_IMPORTS = {OURS: "promptecho", CASSETTER: "cassetter", VCRPY: "vcr", OLD: "promptecho"}
# Two of them import every HTTP library that they find; let them find httpx alone.
_HIDE = "import sys; sys.modules['httpx2'] = None"


def imports(bench: Bench) -> list[Row]:
    """Import the package in a fresh process, less a process that imports nothing."""
    programs = {
        name: [bench.python(name), "-c", f"{_HIDE}; import {module}"]
        for name, module in _IMPORTS.items()
    }
    programs["httpx alone"] = [bench.python(OURS), "-c", f"{_HIDE}; import httpx"]
    nothing = [bench.python(OURS), "-c", _HIDE]
    over: dict[str, list[float]] = {name: [] for name in programs}
    for index in range(bench.rounds(40) + 1):
        least = seconds_of(nothing)
        for name, program in programs.items():
            seconds = seconds_of(program) - least
            if index:
                over[name].append(seconds)
    cells = {name: milliseconds(each) for name, each in over.items()}
    ours = [seconds * 1000 for seconds in over[OURS]]
    tenth = Target("at most 1/10 of cassetter's", 0.1)
    return [
        Row("import", ours, Target("at most 15 ms", 15), cells, " ms"),
        Row("import, over cassetter's", ratios(over[OURS], over[CASSETTER]), tenth, {}),
    ]


def memory(bench: Bench) -> list[Row]:
    """Peak memory of a fresh process, less that of the same process that opens nothing."""
    # In the answer: of a thousand conversations of 50 KB cassetter refuses its own file, because
    # it reads no more than 250,000 nodes of YAML.
    shape = Shape(1000, 1000, 49_000)
    peaks: dict[str, list[float]] = {name: [] for name in (OURS, CASSETTER, VCRPY)}
    with bench.workers(peaks) as workers:
        for worker in workers.values():
            worker.ask("make", shape=shape)
    for _ in range(bench.rounds(5)):
        for name, each in peaks.items():
            opened, idle = (_peak(bench, name, shape, opened=opened) for opened in (True, False))
            each.append(opened - idle)
    cells = {name: f"{number(median(each))} MB" for name, each in peaks.items()}
    target = Target("at most 1/2 of cassetter's", 0.5)
    what = "peak memory, 1,000 of 50 KB opened and one played"
    return [Row(what, ratios(peaks[OURS], peaks[CASSETTER]), target, cells)]


def _peak(bench: Bench, name: str, shape: Shape, *, opened: bool) -> float:
    with bench.workers([name]) as workers:
        return workers[name].ask("memory", shape=shape, opened=opened)["megabytes"]


def reading(bench: Bench) -> list[Row]:
    """The full reader over the corpus as cassettes, beside PyYAML's C loader."""
    if bench.corpus is None:
        return []
    program = [bench.python(OURS), "-m", "benchmarks.corpus"]
    taken = json.loads(output_of([*program, str(bench.corpus), str(bench.rounds(5))]))
    ours, theirs = (column(taken["rounds"], name) for name in ("ours", "yaml"))
    cells = {OURS: milliseconds(ours), "PyYAML, C loader": milliseconds(theirs)}
    what = f"full read of {taken['cassettes']:,} cassettes, {number(taken['megabytes'])} MB"
    target = Target("at most PyYAML's C loader", 1.0)
    return [Row(what, ratios(ours, theirs), target, cells)]


def suites(bench: Bench) -> list[Row]:
    """2,000 tests with a replay cassette each, less the same tests without."""
    made = {
        name: Suite(bench.python(name), name, bench.folder) for name in (OURS, CASSETTER, VCRPY)
    }
    for suite in made.values():
        suite.make()
    over: dict[str, list[float]] = {name: [] for name in made}
    idle: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(1 if bench.quick else 3):
        for name, suite in made.items():
            without = suite.without()
            over[name].append(suite.replayed() - without)
            idle[name].append(suite.idle() - without)
    half = Target("at most 1/2 of vcrpy's", 0.5)
    cells = {name: milliseconds(each) for name, each in over.items()}
    idles = {name: milliseconds(each) for name, each in idle.items()}
    ours = [seconds * 1000 for seconds in idle[OURS]]
    return [
        Row("2,000 tests with a cassette each", ratios(over[OURS], over[VCRPY]), half, cells),
        Row("2,000 tests without, for the idle plugin", ours, None, idles, " ms"),
    ]
