"""Workers in the environments of the recorders, which take turns on one processor."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, NamedTuple, TypeVar

from .recorders import OTHER, OURS, environment_of

T = TypeVar("T")
Sample = dict[str, float]
Samples = dict[str, list[Sample]]


class Task(NamedTuple):
    """What workers are asked to do in each round.

    Attributes:
        case: a method of `Cases`.
        arguments: of the case.
        makes: cases with their arguments, which make the cassettes before.
        rounds: how many, beside the first, which is not counted.
    """

    case: str
    arguments: dict[str, Any]
    makes: tuple[tuple[str, dict[str, Any]], ...] = ()
    rounds: int = 20


HOME = Path(__file__).resolve().parents[1]
LIBRARIES = ("httpx", "httpx2")
#: Rounds of recorders that a figure does not depend on.
FEW = 3

#: The processor of everything that is measured; None where the system cannot pin a process.
PROCESSOR = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


class Bench:
    """Where the recorders are, where to write, and how thorough to be.

    Args:
        pythons: the interpreter of each environment, by its name.
        folder: for cassettes, suites and whatever else is made on the way.
        corpus: recorded traffic, or None.
        most_rounds: of each row.
        other: a source tree of promptecho that is measured too, or None.
    """

    def __init__(
        self,
        pythons: dict[str, str],
        folder: Path,
        corpus: Path | None = None,
        *,
        most_rounds: int = 1000,
        other: Path | None = None,
    ) -> None:
        self._pythons = pythons
        self.folder = folder
        self.corpus = corpus
        self._most_rounds = most_rounds
        self.other = other
        self._known: dict[str, Any] = {}

    def rounds(self, usual: int) -> int:
        """How many rounds to run."""
        return min(usual, self._most_rounds)

    def python(self, recorder: str) -> str:
        """The interpreter of the environment that has a recorder."""
        return self._pythons[environment_of(recorder)]

    def race(self, task: Task, names: Sequence[str]) -> Samples:
        """What each recorder takes for a task, in each round; each task is done once.

        The first two names, which figures compare, take part in all rounds. The others, some of
        which are slow, take part in a few.
        """
        return self.once(repr((task, names)), lambda: self._raced(task, names))

    def once(self, key: str, measure: Callable[[], T]) -> T:
        """What was measured; two rows may need the same."""
        if key not in self._known:
            self._known[key] = measure()
        found: T = self._known[key]
        return found

    def _raced(self, task: Task, names: Sequence[str]) -> Samples:
        if self.other:
            names = [*names, OTHER]
        samples: Samples = {name: [] for name in names}
        with self.workers(names) as workers:
            for case, arguments in task.makes:
                for worker in workers.values():
                    worker.ask(case, **arguments)
            for index in range(self.rounds(task.rounds) + 1):
                part = names if index <= FEW else [*names[:2], *([OTHER] if self.other else [])]
                for name in reversed(part) if index % 2 else part:
                    sample = workers[name].ask(task.case, **task.arguments)
                    if index:  # the first warms up
                        samples[name].append(sample)
        return samples

    def profile(self, task: Task) -> Sample:
        """Where the time of a task of ours goes: percents, by function."""
        with self.workers([OURS]) as workers:
            for case, arguments in task.makes:
                workers[OURS].ask(case, **arguments)
            return workers[OURS].ask("profile", of=task.case, arguments=task.arguments, repeats=3)

    @contextmanager
    def workers(self, recorders: Iterable[str]) -> Iterator[dict[str, Worker]]:
        """A worker for each recorder, until the block ends."""
        workers = {
            name: Worker(
                self.python(name), name, self.folder, self.other if name == OTHER else None
            )
            for name in recorders
        }
        try:
            yield workers
        finally:
            for worker in workers.values():
                worker.close()


class Worker:
    """A process that does what it is asked, one thing at a time."""

    def __init__(
        self, python: str, recorder: str, folder: Path, source: Path | None = None
    ) -> None:
        cassettes = folder / recorder.replace(",", "").replace(" ", "-")
        cassettes.mkdir(parents=True, exist_ok=True)
        self._recorder = recorder
        self._process = started(
            [python, "-m", "benchmarks.worker", recorder, str(cassettes), *LIBRARIES],
            source=source,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, case: str, **arguments: Any) -> Sample:
        """Have a case done.

        Raises:
            RuntimeError: the worker ended; its traceback is on standard error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"case": case, **arguments}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._recorder} failed at {case} {arguments}")
        reply: Sample = json.loads(line)
        return reply

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()


def column(samples: Iterable[Sample], name: str = "seconds") -> list[float]:
    """One value of each sample."""
    return [sample[name] for sample in samples]


def started(
    command: list[str], cwd: Path = HOME, source: Path | None = None, **pipes: Any
) -> subprocess.Popen[str]:
    """A process that is measured: on its processor, and without what would change a recorder."""
    env = environ() if source is None else {**environ(), "PYTHONPATH": str(source)}
    process = subprocess.Popen(command, text=True, cwd=cwd, env=env, **pipes)
    if PROCESSOR is not None:
        os.sched_setaffinity(process.pid, [PROCESSOR])
    return process


def environ() -> dict[str, str]:
    """The environment of every process that is measured."""
    deciding = ("PROMPTECHO", "PYTEST", "PYTHON")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(deciding)}
    kept.pop("CI", None)
    return {**kept, "PYTHONHASHSEED": "0"}


class Finished(NamedTuple):
    """A process that has ended well.

    Attributes:
        seconds: its processor time, and that of its children.
        output: what it printed.
    """

    seconds: float
    output: str


def finished(command: list[str], cwd: Path = HOME) -> Finished:
    """Run a process to its end.

    Raises:
        RuntimeError: the process failed; the message has what it printed.
    """
    before = child_seconds()
    process = started(command, cwd, stdout=subprocess.PIPE)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{output}")
    return Finished(child_seconds() - before, str(output))


def child_seconds() -> float:
    """Processor time, user and system, of the processes that have ended."""
    import resource  # not on Windows

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
