"""How rows of whole processes are measured: start-up, pytest, memory, the corpus, large files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .cassettes import Shape
from .race import FEW, Bench, column, finished
from .recorders import CASSETTER, OLD, OURS, VCRPY, environment_of
from .suite import Suite
from .table import Result, milliseconds, number, ratios

#: Slow files near the limit, and the most that a megabyte may cost: a tenth of what it cost when
#: they were found, in seconds.
LIMITS = {
    "tight list": 0.31,
    "list of names": 0.31,
    "members of an interaction": 0.13,
    "members of the file": 0.13,
    "form, block style": 0.32,
    "form, tight flow style": 0.32,
}


def first_cassette(bench: Bench) -> Result:
    """A process that replays one call, less one that imports httpx and makes the same call."""
    programs = {}
    for name in (OURS, CASSETTER, VCRPY, OLD):
        path = bench.folder / f"first-{environment_of(name)}.yaml"
        path.unlink(missing_ok=True)
        program = [bench.python(name), "-m", "benchmarks.first", name, str(path)]
        finished([*program, "once"])
        programs[name] = [*program, "none"]
    bare = [bench.python(OURS), "-m", "benchmarks.first", "", "", "live"]
    over: dict[str, list[float]] = {name: [] for name in programs}
    for index in range(bench.rounds(20) + 1):
        least = finished(bare).seconds
        for name, program in programs.items():
            if takes_part(name, index):
                seconds = finished(program).seconds - least
                over[name] += [seconds] if index else []
    return _beside(over)


def first_run(bench: Bench) -> Result:
    """One test with a cassette, where no installed package has bytecode."""
    made = _suites(bench, "first", files=1, tests=1)
    taken: dict[str, list[float]] = {name: [] for name in made}
    for index in range(bench.rounds(20)):
        for name, suite in made.items():
            if takes_part(name, index):
                taken[name].append(suite.first())
    return _beside(taken)


def takes_part(name: str, index: int, few: int = FEW) -> bool:
    """Whether a recorder takes part in a round: those that figures do not depend on, in few."""
    return index < few or name in (OURS, CASSETTER)


def suites(bench: Bench) -> Result:
    """2,000 tests with a replay cassette each, less the same tests without."""
    return _beside(_raced_suites(bench)["over"])


def idle_plugin(bench: Bench) -> Result:
    """2,000 tests without cassettes, less the same without the plugin."""
    idle = _raced_suites(bench)["idle"]
    cells = {name: milliseconds(each) for name, each in idle.items()}
    return Result([seconds * 1000 for seconds in idle[OURS]], cells)


def _raced_suites(bench: Bench) -> dict[str, dict[str, list[float]]]:
    return bench.once("suites", lambda: _race_suites(bench))


def _race_suites(bench: Bench) -> dict[str, dict[str, list[float]]]:
    """What is taken off is the median of a few rounds: it is the same in all."""
    made = _suites(bench, "suites", files=20, tests=100)
    over: dict[str, list[float]] = {name: [] for name in made}
    idle: dict[str, list[float]] = {name: [] for name in made}
    without: dict[str, list[float]] = {name: [] for name in made}
    for index in range(bench.rounds(20)):
        for name, suite in made.items():
            if takes_part(name, index, few=1) and index < 3:
                without[name].append(suite.without())
                idle[name].append(suite.idle() - without[name][-1])
            if takes_part(name, index, few=1):
                over[name].append(suite.replayed())
    for name, seconds in over.items():
        least = median(without[name])
        over[name] = [each - least for each in seconds]
    return {"over": over, "idle": idle}


def _suites(bench: Bench, folder: str, *, files: int, tests: int) -> dict[str, Suite]:
    suites = {
        name: Suite(bench.python(name), name, bench.folder / folder, files, tests)
        for name in (OURS, CASSETTER, VCRPY)
    }
    for suite in suites.values():
        suite.make()
    return suites


def _beside(taken: dict[str, list[float]]) -> Result:
    cells = {name: milliseconds(each) for name, each in taken.items()}
    return Result(ratios(taken[OURS], taken[CASSETTER]), cells)


@dataclass(frozen=True)
class Memory:
    """Peak memory of a fresh process that misses a call and plays one, less that of a bare call.

    Attributes:
        shape: of the cassette that is opened.
    """

    shape: Shape

    def __call__(self, bench: Bench) -> Result:
        with bench.workers([OURS]) as workers:
            workers[OURS].ask("make", shape=self.shape)
        peaks = [
            self._peak(bench, opened=True) - self._peak(bench, opened=False)
            for _ in range(bench.rounds(20))
        ]
        return Result(peaks, {OURS: f"{number(median(peaks))} MB"})

    def _peak(self, bench: Bench, *, opened: bool) -> float:
        with bench.workers([OURS]) as workers:
            return workers[OURS].ask("memory", shape=self.shape, opened=opened)["megabytes"]


def full_read(bench: Bench) -> Result:
    """The full reader over cassettes of the corpus, beside PyYAML's C loader."""
    command = [bench.python(OURS), "-m", "benchmarks.corpus", "read", str(_corpus(bench))]
    taken = json.loads(finished([*command, str(bench.rounds(20))]).output)
    ours, theirs = (column(taken["rounds"], name) for name in ("ours", "yaml"))
    what = f"{taken['cassettes']:,} cassettes, {number(taken['megabytes'])} MB: "
    cells = {OURS: what + milliseconds(ours), "PyYAML, C loader": milliseconds(theirs)}
    return Result(ratios(ours, theirs), cells)


def validate(bench: Bench) -> Result:
    """`promptecho validate` of a folder with 1,000 files of the corpus."""
    folder = _corpus(bench)
    command = [bench.python(OURS), "-m", "benchmarks.corpus", "validate", str(folder)]
    megabytes = sum(each.stat().st_size for each in folder.iterdir()) / 1e6
    seconds = [finished(command).seconds for _ in range(bench.rounds(20))]
    return Result(seconds, {OURS: f"{number(megabytes)} MB: {milliseconds(seconds)}"})


def _corpus(bench: Bench) -> Path:
    """A folder with a thousand cassettes of the corpus."""
    folder = bench.folder / "corpus"
    command = [bench.python(OURS), "-m", "benchmarks.corpus", "write", str(bench.corpus)]
    bench.once("corpus", lambda: finished([*command, str(folder)]))
    return folder


@dataclass(frozen=True)
class Limit:
    """`validate` of one file near the limit.

    Attributes:
        name: one of `LIMITS`.
    """

    name: str

    def __call__(self, bench: Bench) -> Result:
        command = [bench.python(OURS), "-m", "benchmarks.limits", "--rounds"]
        output = finished([*command, str(bench.rounds(20)), self.name]).output
        return Result(json.loads(output))
