"""Workers in the environments of the recorders, which take turns on one processor."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .recorders import environment_of

Sample = dict[str, float]
Samples = dict[str, list[Sample]]

HOME = Path(__file__).resolve().parents[1]
LIBRARIES = ("httpx", "httpx2")

#: The processor of everything that is measured; None where the system cannot pin a process.
PROCESSOR = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


class Bench:
    """Where the recorders are, where to write, and how thorough to be.

    Attributes:
        folder: for cassettes, suites and whatever else is made on the way.
        corpus: recorded traffic, or None.
        quick: whether few rounds are enough.
    """

    def __init__(
        self, pythons: dict[str, str], folder: Path, corpus: Path | None, quick: bool
    ) -> None:
        self._pythons = pythons
        self.folder = folder
        self.corpus = corpus
        self.quick = quick

    def rounds(self, usual: int) -> int:
        """How many rounds to run."""
        return min(usual, 3) if self.quick else usual

    def python(self, recorder: str) -> str:
        """The interpreter of the environment that has a recorder."""
        return self._pythons[environment_of(recorder)]

    @contextmanager
    def workers(self, recorders: Iterable[str]) -> Iterator[dict[str, Worker]]:
        """A worker for each recorder, until the block ends."""
        workers = {name: Worker(self.python(name), name, self.folder) for name in recorders}
        try:
            yield workers
        finally:
            for worker in workers.values():
                worker.close()


class Worker:
    """A process that does what it is asked, one thing at a time."""

    def __init__(self, python: str, recorder: str, folder: Path) -> None:
        cassettes = folder / recorder.replace(",", "").replace(" ", "-")
        cassettes.mkdir(parents=True, exist_ok=True)
        self._recorder = recorder
        self._process = started(
            [python, "-m", "benchmarks.worker", recorder, str(cassettes), *LIBRARIES],
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


def race(workers: dict[str, Worker], rounds: int, case: str, **arguments: Any) -> Samples:
    """Have all do the same, in turns, after a round that warms them up and is not counted."""
    samples: Samples = {name: [] for name in workers}
    for index in range(rounds + 1):
        turn = list(workers.items())
        for name, worker in reversed(turn) if index % 2 else turn:
            sample = worker.ask(case, **arguments)
            if index:
                samples[name].append(sample)
    return samples


def column(samples: Iterable[Sample], name: str = "seconds") -> list[float]:
    """One value of each sample."""
    return [sample[name] for sample in samples]


def started(command: list[str], cwd: Path = HOME, **pipes: Any) -> subprocess.Popen[str]:
    """A process that is measured: on its processor, and without what would change a recorder."""
    process = subprocess.Popen(command, text=True, cwd=cwd, env=environ(), **pipes)
    if PROCESSOR is not None:
        os.sched_setaffinity(process.pid, [PROCESSOR])
    return process


def environ() -> dict[str, str]:
    """The environment of every process that is measured."""
    deciding = ("PROMPTECHO", "PYTEST", "PYTHON")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(deciding)}
    kept.pop("CI", None)
    return {**kept, "PYTHONHASHSEED": "0"}


def seconds_of(command: list[str]) -> float:
    """How long a process takes.

    Raises:
        RuntimeError: it failed.
    """
    start = time.perf_counter()
    if started(command).wait():
        raise RuntimeError(f"{command} failed")
    return time.perf_counter() - start


def output_of(command: list[str], cwd: Path = HOME) -> str:
    """What a process prints.

    Raises:
        RuntimeError: it failed; the message has what it printed.
    """
    process = started(command, cwd, stdout=subprocess.PIPE)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{output}")
    return str(output)
