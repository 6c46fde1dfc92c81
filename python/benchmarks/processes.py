"""Rows of whole processes: start-up, memory, the reader over the corpus, a run of pytest."""

from __future__ import annotations

import json
from statistics import median

from .cases import Shape
from .race import Bench, column, output_of, seconds_of
from .recorders import CASSETTER, OLD, OURS, VCRPY, environment_of
from .suite import Suite
from .table import OVER_CASSETTER, Row, Target, milliseconds, number, ratios


def start_up(bench: Bench) -> list[Row]:
    """What a user waits for: the first cassette of a process, and the first run of pytest."""
    return [*_first_cassette(bench), *_first_run(bench)]


def _first_cassette(bench: Bench) -> list[Row]:
    """A process that replays one call, less one that imports httpx and makes the same call."""
    names = (OURS, CASSETTER, VCRPY, OLD)
    programs = {}
    for name in names:
        path = bench.folder / f"first-{environment_of(name)}.yaml"
        path.unlink(missing_ok=True)
        program = [bench.python(name), "-m", "benchmarks.first", name, str(path)]
        seconds_of([*program, "once"])
        programs[name] = [*program, "none"]
    bare = [bench.python(OURS), "-m", "benchmarks.first", "", "", "live"]
    over: dict[str, list[float]] = {name: [] for name in names}
    for index in range(bench.rounds(40) + 1):
        least = seconds_of(bare)
        for name, program in programs.items():
            seconds = seconds_of(program) - least
            if index:
                over[name].append(seconds)
    cells = {name: milliseconds(each) for name, each in over.items()}
    half = Target("at most 1/2 of cassetter's", 0.5)
    figures = ratios(over[OURS], over[CASSETTER])
    return [Row("first cassette of a process", figures, half, cells, OVER_CASSETTER)]


def _first_run(bench: Bench) -> list[Row]:
    """One test with a cassette, where no installed package has bytecode."""
    names = (OURS, CASSETTER, VCRPY)
    made = {name: Suite(bench.python(name), name, bench.folder / "first", 1, 1) for name in names}
    for suite in made.values():
        suite.make()
    taken: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(bench.rounds(20)):
        for name, suite in made.items():
            taken[name].append(suite.first())
    cells = {name: milliseconds(each) for name, each in taken.items()}
    figures = ratios(taken[OURS], taken[CASSETTER])
    target = Target("at most cassetter's", 1.0)
    what = "first pytest run without bytecode, one test"
    return [Row(what, figures, target, cells, OVER_CASSETTER)]


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
    target = Target("at most 0.9 of cassetter's", 0.9)
    cells = {name: milliseconds(each) for name, each in over.items()}
    idles = {name: milliseconds(each) for name, each in idle.items()}
    ours = [seconds * 1000 for seconds in idle[OURS]]
    return [
        Row(
            "2,000 tests with a cassette each",
            ratios(over[OURS], over[CASSETTER]),
            target,
            cells,
            OVER_CASSETTER,
        ),
        Row("2,000 tests without, for the idle plugin", ours, None, idles, " ms"),
    ]
