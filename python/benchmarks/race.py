"""Workers in the environments of the recorders, which take turns on one processor."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Sample = dict[str, float]
Samples = dict[str, list[Sample]]

HOME = Path(__file__).resolve().parents[1]
#: The last processor is the workers'; this process keeps off it.
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Bench:
    """The environments, a folder to write in, and how thorough to be.

    Attributes:
        pythons: the interpreter of each environment, by its name.
        quick: whether few rounds are enough.
    """

    def __init__(self, pythons: dict[str, str], folder: Path, quick: bool, corpus: str | None) -> None:
        self.pythons = pythons
        self.folder = folder
        self.quick = quick
        self.corpus = corpus

    def rounds(self, usual: int) -> int:
        """How many rounds to run."""
        return min(usual, 3) if self.quick else usual

    def python(self, recorder: str) -> str:
        """The interpreter that has a recorder."""
        return self.pythons[recorder.partition(",")[0].replace(" ", "-")]

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
        cassettes = folder / recorder.replace(", ", "-").replace(" ", "-")
        cassettes.mkdir(parents=True, exist_ok=True)
        command = [python, "-m", "benchmarks.worker", recorder, str(cassettes), "httpx", "httpx2"]
        self._recorder = recorder
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HOME, env=environ()
        )
        pin(self._process.pid)

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


def environ() -> dict[str, str]:
    """The environment of every process that is measured."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ}
    return {**kept, "PYTHONHASHSEED": "0"}


def pin(pid: int) -> None:
    """Keep a process to the processor of the workers, where the system can."""
    if len(CPUS) > 1:
        os.sched_setaffinity(pid, CPUS[-1:])


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


def column(samples: list[Sample], name: str = "seconds") -> list[float]:
    """One value of each sample."""
    return [sample[name] for sample in samples]
