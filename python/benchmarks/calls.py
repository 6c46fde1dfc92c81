"""Rows of what happens inside a process: open, play, record, read a stream.

An interaction of 1 KB asks with a body of 1 KB and is answered with 1 KB.
"""

from __future__ import annotations

from statistics import median

from .cases import Shape
from .race import LIBRARIES, Bench, Samples, column, race
from .recorders import BY_URL, CASSETTER, OLD, OURS, TOML, VCRPY
from .table import Row, Target, milliseconds, number, ratios

KB = 1000
CALLS = 20  # played of a cassette that has as many

_NOT_SLOWER = Target("at most cassetter's", 1.0)
_RECORDED = Target("at most 1.5 times cassetter's", 1.5)
_FLAT = Target("flat: at most 1.2", 1.2)


def opening(bench: Bench) -> list[Row]:
    """Open a cassette for replay and close it."""
    return [
        _opened(bench, 1, 41, Target("not slower than cassetter", 1.0)),
        _opened(bench, 100, 21, Target("at most 1/2 of cassetter's", 0.5)),
        _opened(bench, 1000, 11, Target("at most 1/4 of cassetter's", 0.25)),
    ]


def _opened(bench: Bench, count: int, rounds: int, target: Target) -> Row:
    shape, repeats = Shape(count, KB, KB), max(1, CALLS // count)
    names = [OURS, CASSETTER, TOML, VCRPY, *([OLD] if count < 1000 else [])]
    with bench.workers(names) as workers:
        for worker in workers.values():
            worker.ask("make", shape=shape)
        samples = race(workers, bench.rounds(rounds), "open", shape=shape, repeats=repeats)
    return _compared(f"open and close, {count:,} of 1 KB", samples, "seconds", target)


def playing(bench: Bench) -> list[Row]:
    """Play calls of 1 KB, in cassettes of growing size."""
    rows = []
    for library in LIBRARIES:
        for count, repeats, rounds in ((1, CALLS, 21), (100, 1, 11), (1000, 1, 11)):
            samples = _played(bench, library, Shape(count, KB, KB), repeats, rounds)
            rows.append(_over_bare(f"a call in a cassette of {count:,}, {library}", samples))
        rows += _first_calls(bench, library)
    return rows


def _first_calls(bench: Bench, library: str) -> list[Row]:
    """What is put off until a first call must not grow with the cassette either."""
    small, large = Shape(1, KB, KB), Shape(1000, KB, KB)
    asked = {"library": library, "small": small, "large": large, "repeats": 2}
    with bench.workers([OURS, CASSETTER]) as workers:
        for worker in workers.values():
            worker.ask("make", shape=small)
            worker.ask("make", shape=large)
        samples = race(workers, bench.rounds(11), "first", **asked)
    what = f"the first call in a cassette of 1,000, {library}"
    ours = ratios(column(samples[OURS], "large"), column(samples[OURS], "small"))
    return [
        _compared(what, samples, "large", None),
        Row("the same, over the first in a cassette of 1", ours, _FLAT, {}),
    ]


def long_bodies(bench: Bench) -> list[Row]:
    """Play calls with a long question, and with a long answer."""
    rows = []
    for library in LIBRARIES:
        for asked, answered, repeats in ((50, 1, 5), (1, 50, 5), (1000, 1, 2)):
            shape = Shape(1, asked * KB, answered * KB)
            samples = _played(bench, library, shape, repeats, 21 if asked < 1000 else 11)
            what = f"a call that asks {asked:,} KB and is answered {answered} KB, {library}"
            rows.append(_over_bare(what, samples))
    return rows


def _played(bench: Bench, library: str, shape: Shape, repeats: int, rounds: int) -> Samples:
    names = [OURS, CASSETTER]
    if shape.calls < 1000:  # it takes seconds
        names.append(VCRPY)
        if library == "httpx" and shape.asked == shape.answered:  # so does what is long; no httpx2
            names.append(OLD)
    last = min(shape.calls, CALLS)
    asked = {"library": library, "shape": shape, "repeats": repeats}
    with bench.workers([*names, BY_URL]) as workers:
        for worker in workers.values():
            worker.ask("make", shape=shape)
        # By URL, the answers come in the order of the file, whatever is asked.
        by_url = {BY_URL: workers.pop(BY_URL)}
        try:
            spread = list(range(0, shape.calls, shape.calls // last))
            samples = race(workers, bench.rounds(rounds), "play", numbers=spread, **asked)
            first = list(range(last))
            samples.update(race(by_url, bench.rounds(rounds), "play", numbers=first, **asked))
        finally:
            workers.update(by_url)
    return samples


def recording(bench: Bench) -> list[Row]:
    """Record and save, less the same calls without a recorder."""
    rows = []
    shape = Shape(100, KB, KB)
    with bench.workers([OURS, CASSETTER, BY_URL, TOML, VCRPY, OLD]) as workers:
        for fsync in (False, True):
            asked = {"library": "httpx", "shape": shape, "fsync": fsync}
            samples = race(workers, bench.rounds(11), "record", **asked)
            target = None if fsync else _RECORDED
            what = f"record and save 100 of 1 KB, {'with' if fsync else 'without'} fsync"
            by_url = ratios(column(samples[OURS]), column(samples[BY_URL]))
            rows += [
                _compared(what, samples, "seconds", target),
                Row("the same, over cassetter by URL", by_url, target, {}),
                _compared("of it, the end of the block", samples, "saving", None),
            ]
    return rows


def streaming(bench: Bench) -> list[Row]:
    """Read a stream of 5,000 events, line by line."""
    rows = []
    for library in LIBRARIES:
        names = [OURS, CASSETTER, VCRPY, *([OLD] if library == "httpx" else [])]
        with bench.workers(names) as workers:
            for worker in workers.values():
                worker.ask("make_stream")
            samples = race(workers, bench.rounds(11), "stream", library=library)
        what = f"a stream of 5,000 events, {library}"
        rows.append(_over_bare(what, samples))
        rows.append(_compared("the same with open and close", samples, "whole", None))
    return rows


def _compared(what: str, samples: Samples, name: str, target: Target | None) -> Row:
    """Ours over cassetter's."""
    figures = ratios(column(samples[OURS], name), column(samples[CASSETTER], name))
    cells = {each: milliseconds(column(taken, name)) for each, taken in samples.items()}
    return Row(what, figures, target, cells)


def _over_bare(what: str, samples: Samples) -> Row:
    """The same, and in the cells how many times a bare call of its own process each takes."""
    row = _compared(what, samples, "seconds", _NOT_SLOWER)
    over = {name: ratios(column(each), column(each, "bare")) for name, each in samples.items()}
    cells = {name: f"{cell}, {number(median(over[name]))}×" for name, cell in row.cells.items()}
    return row._replace(cells=cells)
