"""The rows of the table, group by group; each group is a function that measures and returns them.

A call of n bytes asks with a body of n bytes, and its answer has 1 KB where nothing else is said.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from statistics import median

from .race import HOME, Bench, Samples, column, environ, pin, race
from .suite import Suite
from .table import Row, differences, milliseconds, number, ratios

OURS = "promptecho"
THEIRS = "cassetter"
BY_URL = "cassetter, by URL"
TOML = "cassetter, TOML"
VCRPY = "vcrpy"
OLD = "promptecho 0.1.3"

KB = 1000


def imports(bench: Bench) -> list[Row]:
    """Whole processes, httpx2 hidden from those that would import every library they find."""
    hide = "import sys; sys.modules['httpx2'] = None; "
    programs = {
        OURS: (bench.python(OURS), hide + "import promptecho"),
        THEIRS: (bench.python(THEIRS), hide + "import cassetter"),
        VCRPY: (bench.python(VCRPY), hide + "import vcr"),
        OLD: (bench.python(OLD), hide + "import promptecho"),
        "httpx alone": (bench.python(OURS), hide + "import httpx"),
        "nothing": (bench.python(OURS), hide),
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for index in range(bench.rounds(40) + 1):
        for name, (python, code) in programs.items():
            seconds = _run([python, "-c", code])
            if index:
                times[name].append(seconds)
    over = {name: differences(each, times["nothing"]) for name, each in times.items()}
    cells = {name: milliseconds(each) for name, each in over.items() if name != "nothing"}
    milli = [seconds * 1000 for seconds in over[OURS]]
    share = [median(over[OURS]) / median(over[THEIRS])]
    return [
        Row("import, over a bare interpreter", "at most 15 ms", milli, 15, " ms", cells),
        Row("the same", "a tenth of cassetter's", share, 0.1, "", {}),
    ]


def _run(command: list[str]) -> float:
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environ())
    pin(process.pid)
    if process.wait():
        raise RuntimeError(f"{command} failed")
    return time.perf_counter() - start


def opening(bench: Bench) -> list[Row]:
    """Open and close for replay."""
    rows = []
    for count, usual, target, limit in (
        (1, 41, "not slower than cassetter", 1.0),
        (100, 21, "at most 1/2 of cassetter's", 0.5),
        (1000, 11, "at most 1/4 of cassetter's", 0.25),
    ):
        recorders = [OURS, THEIRS, TOML, VCRPY] + [OLD] * (count < 1000)
        with bench.workers(recorders) as workers:
            for worker in workers.values():
                worker.ask("make", count=count, size=KB, answered=KB)
            repeats = max(1, 20 // count)
            samples = race(
                workers, bench.rounds(usual), "open", count=count, size=KB, answered=KB, repeats=repeats
            )
        what = f"open and close, {count:,} of 1 KB"
        rows.append(_compared(what, target, limit, samples))
    return rows


def _compared(what: str, target: str, limit: float, samples: Samples) -> Row:
    """Ours over cassetter's, and everyone's time."""
    figures = ratios(column(samples[OURS]), column(samples[THEIRS]))
    cells = {name: milliseconds(column(each)) for name, each in samples.items()}
    return Row(what, target, figures, limit, "", cells)


def playing(bench: Bench) -> list[Row]:
    """One call of 1 KB, in cassettes of growing size."""
    rows = []
    for library in ("httpx", "httpx2"):
        overs = {}
        for count, repeats, usual in ((1, 30, 21), (100, 1, 21), (1000, 1, 7)):
            row, over = _play(bench, library, count, KB, KB, repeats, usual)
            rows.append(row)
            overs[count] = over
        flat = ratios(overs[1000], overs[1])
        rows.append(Row(f"1,000 over 1, {library}", "flat: at most 1.2", flat, 1.2, "", {}))
    return rows


def long_bodies(bench: Bench) -> list[Row]:
    """Larger questions and answers."""
    rows = []
    for library in ("httpx", "httpx2"):
        for size, answered, usual in ((50 * KB, KB, 21), (KB, 50 * KB, 21), (1000 * KB, KB, 11)):
            rows.append(_play(bench, library, 1, size, answered, 5, usual)[0])
    return rows


def _play(
    bench: Bench, library: str, count: int, size: int, answered: int, repeats: int, usual: int
) -> tuple[Row, list[float]]:
    """A row, and by how much our replay exceeds a bare call, round by round."""
    recorders = [OURS, THEIRS, VCRPY] + [OLD] * (library == "httpx" and count < 1000)
    shape = {"count": count, "size": size, "answered": answered}
    step = max(1, count // 20)
    spread, first = list(range(0, count, step)), list(range(min(count, 20)))
    rounds = bench.rounds(usual)
    with bench.workers([*recorders, BY_URL]) as workers:
        for worker in workers.values():
            worker.ask("make", **shape)
        by_url = {BY_URL: workers.pop(BY_URL)}
        asked = {"library": library, "repeats": repeats, **shape}
        samples = race(workers, rounds, "play", numbers=spread, **asked)
        samples.update(race(by_url, rounds, "play", numbers=first, **asked))
    over = {name: ratios(column(each), column(each, "bare")) for name, each in samples.items()}
    cells = {
        name: f"{milliseconds(column(each))} ({number(median(over[name]))}×)"
        for name, each in samples.items()
    }
    what = f"one call in {count:,}, {size // KB:,} KB asked, {answered // KB} KB answered, {library}"
    figures = ratios(over[OURS], over[THEIRS])
    return Row(what, "at most cassetter's", figures, 1.0, "", cells), over[OURS]


def recording(bench: Bench) -> list[Row]:
    """Record and save; the same calls without a recorder taken off."""
    rows = []
    with bench.workers([OURS, THEIRS, BY_URL, TOML, VCRPY, OLD]) as workers:
        for fsync in (False, True):
            samples = race(
                workers, bench.rounds(11), "record", library="httpx", count=100, size=KB, fsync=fsync
            )
            what = f"record and save 100 of 1 KB, {'with' if fsync else 'without'} fsync"
            rows += _recorded(what, samples, limit=None if fsync else 1.5)
    return rows


def _recorded(what: str, samples: Samples, limit: float | None) -> list[Row]:
    target = "at most 1.5 times cassetter's" if limit else ""
    row = _compared(what, target, 1.5, samples)._replace(limit=limit)
    by_url = ratios(column(samples[OURS]), column(samples[BY_URL]))
    saving = {name: column(each, "saving") for name, each in samples.items()}
    cells = {name: milliseconds(each) for name, each in saving.items()}
    ends = ratios(saving[OURS], saving[THEIRS])
    return [
        row,
        Row("the same, over cassetter that matches by URL", target, by_url, limit, "", {}),
        Row("of it, the end of the block", "", ends, None, "", cells),
    ]


def streaming(bench: Bench) -> list[Row]:
    """Read a stream of 5,000 events."""
    rows = []
    for library in ("httpx", "httpx2"):
        with bench.workers([OURS, THEIRS, VCRPY] + [OLD] * (library == "httpx")) as workers:
            for worker in workers.values():
                worker.ask("make_stream")
            samples = race(workers, bench.rounds(21), "stream", library=library)
        over = {name: ratios(column(each), column(each, "bare")) for name, each in samples.items()}
        cells = {
            name: f"{milliseconds(column(each))} ({number(median(over[name]))}×)"
            for name, each in samples.items()
        }
        what, figures = f"a stream of 5,000 events, {library}", ratios(over[OURS], over[THEIRS])
        rows.append(Row(what, "at most cassetter's", figures, 1.0, "", cells))
        whole = {name: column(each, "whole") for name, each in samples.items()}
        cells = {name: milliseconds(each) for name, each in whole.items()}
        figures = ratios(whole[OURS], whole[THEIRS])
        rows.append(Row("the same with open and close", "", figures, None, "", cells))
    return rows


def memory(bench: Bench) -> list[Row]:
    """Peak memory of fresh processes, less that of the same process that opens nothing."""
    # In the answer: cassetter refuses its own file of a thousand conversations of 50 KB, for it
    # reads no more than 250,000 nodes of YAML.
    shape = {"count": 1000, "size": KB, "answered": 49 * KB}
    recorders = [OURS, THEIRS, VCRPY]
    with bench.workers(recorders) as workers:
        for worker in workers.values():
            worker.ask("make", **shape)
    peaks: dict[str, list[float]] = {name: [] for name in recorders}
    for _ in range(bench.rounds(3) if not bench.quick else 1):
        for name in recorders:
            opened, idle = (_peak(bench, name, opened, shape) for opened in (True, False))
            peaks[name].append((opened - idle) / 1000)
    cells = {name: f"{number(median(each))} MB" for name, each in peaks.items()}
    figures = ratios(peaks[OURS], peaks[THEIRS])
    what = "peak memory, 1,000 of 50 KB opened, one played"
    return [Row(what, "at most 1/2 of cassetter's", figures, 0.5, "", cells)]


def _peak(bench: Bench, name: str, opened: bool, shape: dict[str, int]) -> float:
    with bench.workers([name]) as workers:
        return workers[name].ask("memory", opened=opened, **shape)["kilobytes"]


def reading(bench: Bench) -> list[Row]:
    """The full reader over the corpus as cassettes."""
    if bench.corpus is None:
        return []
    rounds, step = (2, 20) if bench.quick else (5, 5)
    command = [bench.python(OURS), "-m", "benchmarks.corpus", bench.corpus, str(rounds), str(step)]
    process = subprocess.Popen(command, cwd=HOME, env=environ(), stdout=subprocess.PIPE, text=True)
    pin(process.pid)
    taken = json.loads(process.communicate()[0])
    ours, theirs = (column(taken["rounds"], name) for name in ("seconds", "yaml"))
    cells = {OURS: milliseconds(ours), "PyYAML, C loader": milliseconds(theirs)}
    what = f"full read of {taken['cassettes']} cassettes of the corpus, {taken['bytes'] // 10**6} MB"
    return [Row(what, "at most PyYAML's C loader", ratios(ours, theirs), 1.0, "", cells)]


def suites(bench: Bench) -> list[Row]:
    """2,000 tests with a cassette each, over the same without."""
    made = {name: Suite(name, bench.python(name), bench.folder) for name in (OURS, THEIRS, VCRPY)}
    for suite in made.values():
        suite.make()
    over: dict[str, list[float]] = {name: [] for name in made}
    idle: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(1 if bench.quick else 5):
        for name, suite in made.items():
            without = suite.without()
            over[name].append(suite.replayed() - without)
            idle[name].append(suite.idle() - without)
    figures = ratios(over[OURS], over[VCRPY])
    cells = {name: milliseconds(each) for name, each in over.items()}
    idles = {name: milliseconds(each) for name, each in idle.items()}
    milli = [seconds * 1000 for seconds in idle[OURS]]
    return [
        Row("2,000 tests, over the same without", "at most 1/2 of vcrpy's", figures, 0.5, "", cells),
        Row("2,000 tests without cassettes, for the plugin", "", milli, None, " ms", idles),
    ]


GROUPS: dict[str, Callable[[Bench], list[Row]]] = {
    "import": imports,
    "open": opening,
    "play": playing,
    "long": long_bodies,
    "record": recording,
    "stream": streaming,
    "memory": memory,
    "corpus": reading,
    "suite": suites,
}
