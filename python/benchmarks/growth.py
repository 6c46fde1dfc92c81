"""What grows with a cassette or with a request: this source tree beside another one.

``python -m benchmarks.growth ROUNDS SOURCE [OTHER]`` measures milliseconds of processor time, the
medians of interleaved rounds. SOURCE and OTHER are folders that hold the package. Each tree reads
cassettes that it has recorded itself.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from .traffic import PARAGRAPH, REQUEST_HEADERS, URL, Upstream, answer, number_of, question

#: A name, a case, and its arguments.
ROWS: list[tuple[str, str, list[int]]] = [
    ("a call in a cassette of 1", "play", [1, 1_000, 1_000]),
    ("a call in a cassette of 100", "play", [100, 1_000, 1_000]),
    ("a call in a cassette of 1,000", "play", [1_000, 1_000, 1_000]),
    ("50 KB asked, same bytes", "play", [1, 50_000, 1_000]),
    ("50 KB asked, another spelling", "play_spelled", [1, 50_000, 1_000]),
    ("1 MB asked, same bytes", "play", [1, 1_000_000, 1_000]),
    ("1 MB asked, another spelling", "play_spelled", [1, 1_000_000, 1_000]),
    ("50 KB answered", "play", [1, 1_000, 50_000]),
    ("open and close 1,000", "open", [1_000, 1_000, 1_000]),
    ("a miss in 1,000", "miss", [1_000, 1_000, 1_000]),
    ("record one call into 1,000 and save", "add", [1_000, 1_000, 1_000]),
    ("a conversation of 50 turns to 1 MB", "conversation", [50, 1_000_000]),
    ("a miss in 10,000", "miss", [10_000, 1_000, 1_000]),
    ("record one call into 10,000 and save", "add", [10_000, 1_000, 1_000]),
    ("peak memory of 10,000, one played, one missed (MB)", "memory", [10_000, 1_000, 1_000]),
]


def main(rounds: int, *sources: str) -> None:
    """Measure each row, the source trees in turns."""
    with tempfile.TemporaryDirectory() as folder:
        for name, case, arguments in ROWS:
            found: dict[str, list[float]] = {source: [] for source in sources}
            for index in range(rounds + 1):
                for source in sources if index % 2 else reversed(sources):
                    figure = _asked(source, Path(folder), case, arguments)
                    if index:  # the first round records the cassette
                        found[source].append(figure)
            cells = [f"{median(figures):10.3f}" for figures in found.values()]
            print(f"{name:52}{''.join(cells)}", flush=True)


def _asked(source: str, folder: Path, case: str, arguments: list[int]) -> float:
    """One figure of a process of its own."""
    own = folder / str(abs(hash(source)))
    own.mkdir(exist_ok=True)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PROMPTECHO")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", "--case", str(own), case, *map(str, arguments)],
        env={**kept, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    return float(done.stdout)


class Growth:
    """The cases, over cassettes in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._upstream = Upstream()
        self._client = self._upstream.install("httpx").Client()

    def play(self, calls: int, asked: int, answered: int) -> float:
        """A call of those in a cassette, spread over it, with the bytes that were recorded."""
        return self._played(calls, asked, answered, lambda body: body)

    def play_spelled(self, calls: int, asked: int, answered: int) -> float:
        """The same requests with a space behind each comma and colon."""
        return self._played(
            calls, asked, answered, lambda body: json.dumps(json.loads(body)).encode()
        )

    def _played(
        self, calls: int, asked: int, answered: int, spelled: Callable[[bytes], bytes]
    ) -> float:
        numbers = list(range(0, calls, max(1, calls // 20)))
        bodies = [spelled(question(number, asked)) for number in numbers]
        with self._cassette(self._made(calls, asked, answered), "none"):
            with _Timer() as timer:
                got = [self._post(body) for body in bodies]
        assert [number_of(each) for each in got] == numbers
        return timer.milliseconds / len(numbers)

    def open(self, calls: int, asked: int, answered: int) -> float:
        """Open and close a cassette in which nothing is asked."""
        path = self._made(calls, asked, answered)
        with _Timer() as timer, self._cassette(path, "none"):
            pass
        return timer.milliseconds

    def miss(self, calls: int, asked: int, answered: int) -> float:
        """A request that no recording answers, though all are near."""
        import promptecho

        path, timer, reason = self._made(calls, asked, answered), _Timer(), ""
        try:
            with self._cassette(path, "none"), timer:
                self._post(question(calls + 5, asked))
        except promptecho.CassetteMiss as miss:
            reason = miss.reason
        assert reason == "nearest"
        return timer.milliseconds

    def add(self, calls: int, asked: int, answered: int) -> float:
        """Open a cassette, record one call more, and save."""
        path = self._made(calls, asked, answered)
        grown = shutil.copy(path, path.with_suffix(".grown.yaml"))
        self._upstream.start([[answer(calls + 7, answered)]])
        with patch.object(os, "fsync", _nothing), _Timer() as timer:
            with self._cassette(Path(grown), "new_episodes"):
                self._post(question(calls + 7, asked))
        assert os.path.getsize(grown) > os.path.getsize(path)
        return timer.milliseconds

    def conversation(self, turns: int, size: int) -> float:
        """All turns of a conversation, each with the whole history."""
        path, messages, bodies = self._folder / "conversation.yaml", [], []
        for turn in range(turns):
            text = f"{turn} {PARAGRAPH * (size // turns // len(PARAGRAPH))}"
            messages.append({"role": "user", "content": text})
            bodies.append(json.dumps({"model": "m", "messages": messages}).encode())
            messages.append({"role": "assistant", "content": f"Answer {turn}"})
        if not path.exists():
            self._upstream.start([[answer(turn, 1000)] for turn in range(turns)])
            self._record(path, bodies)
        with self._cassette(path, "none"), _Timer() as timer:
            for body in bodies:
                self._post(body)
        return timer.milliseconds

    def memory(self, calls: int, asked: int, answered: int) -> float:
        """What the process needs at most, in MB, less what it needed before."""
        import resource  # not on Windows

        path = self._made(calls, asked, answered)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.miss(calls, asked, answered)
        with self._cassette(path, "none"):
            self._post(question(calls // 2, asked))
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000

    def _made(self, calls: int, asked: int, answered: int) -> Path:
        path = self._folder / f"{calls}-{asked}-{answered}.yaml"
        if not path.exists():
            self._upstream.start([[answer(number, answered)] for number in range(calls)])
            self._record(path, [question(number, asked) for number in range(calls)])
        return path

    def _record(self, path: Path, bodies: list[bytes]) -> None:
        with patch.object(os, "fsync", _nothing), self._cassette(path, "all"):
            for body in bodies:
                self._post(body)

    def _cassette(self, path: Path, mode: str) -> Any:
        import promptecho

        return promptecho.use_cassette(path, mode=mode)  # type: ignore[arg-type]

    def _post(self, body: bytes) -> bytes:
        content: bytes = self._client.post(URL, content=body, headers=REQUEST_HEADERS).content
        return content


class _Timer:
    """Processor time of a block."""

    milliseconds = 0.0

    def __enter__(self) -> _Timer:
        gc.collect()
        self._start = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.milliseconds = (time.process_time() - self._start) * 1000


def _nothing(_: object) -> None:
    """In place of `os.fsync`."""


if __name__ == "__main__":
    if sys.argv[1] == "--case":
        folder, case, *arguments = sys.argv[2:]
        measure = getattr(Growth(Path(folder)), case)
        if case != "memory":
            measure(*map(int, arguments))  # what a process does once
        print(measure(*map(int, arguments)))
    else:
        main(int(sys.argv[1]), *map(os.path.abspath, sys.argv[2:]))
