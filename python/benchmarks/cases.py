"""What a worker can be asked to do: make a cassette, or do one piece of work and time it.

Every case says how long it took, in seconds, and asserts that what it timed has happened: the right
answers came, and a replay never reached the upstream.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from .recorders import Recorder
from .traffic import REQUEST_HEADERS, URL, Upstream, answer, events, number_of, question

Sample = dict[str, float]


class Shape(NamedTuple):
    """A cassette: how many calls it has, and how many bytes each asks and is answered."""

    calls: int
    asked: int
    answered: int


class Cases:
    """The cases, for one recorder, with its cassettes in one folder."""

    def __init__(
        self, recorder: Recorder, folder: Path, upstream: Upstream, libraries: dict[str, Any]
    ) -> None:
        self._recorder = recorder
        self._folder = folder
        self._upstream = upstream
        self._clients = {name: library.Client() for name, library in libraries.items()}
        self._mocks = {name: upstream.bare(library) for name, library in libraries.items()}

    # Cassettes

    def make(self, shape: list[int]) -> Sample:
        """Record a cassette of this shape, unless it is there."""
        wanted = Shape(*shape)
        path = self._path_of(wanted)
        if not os.path.exists(path):
            numbers = range(wanted.calls)
            self._upstream.start([[answer(number, wanted.answered)] for number in numbers])
            with self._recorder.cassette(path, "all"):
                for number in numbers:
                    _post(self._clients["httpx"], question(number, wanted.asked))
            assert self._upstream.reached == wanted.calls
        return {"bytes": os.path.getsize(path)}

    def make_stream(self) -> Sample:
        """Record a cassette with one stream, unless it is there."""
        path = self._path("stream")
        if not os.path.exists(path):
            self._upstream.start([events()], "text/event-stream")
            with self._recorder.cassette(path, "all"):
                lines = _lines(self._clients["httpx"])
            assert lines == _wanted_lines()
        return {"bytes": os.path.getsize(path)}

    # Work

    def open(self, shape: list[int], repeats: int) -> Sample:
        """Open a cassette for replay and close it."""
        path = self._path_of(Shape(*shape))
        with Clock() as clock:
            for _ in range(repeats):
                with self._recorder.cassette(path, "none"):
                    pass
        return {"seconds": clock.seconds / repeats}

    def play(self, library: str, shape: list[int], numbers: list[int], repeats: int) -> Sample:
        """Open a cassette and play some of its calls; ask a bare `MockTransport` the same."""
        wanted = Shape(*shape)
        replayed = bare = 0.0
        for _ in range(repeats):
            replayed += sum(self._replayed(library, wanted, numbers))
            bodies = [question(number, wanted.asked) for number in numbers]
            bare += sum(_times(self._mocks[library], bodies, numbers))
        calls = repeats * len(numbers)
        return {"seconds": replayed / calls, "bare": bare / calls}

    def first(self, library: str, small: list[int], large: list[int], repeats: int) -> Sample:
        """The first call after a cassette was opened, one from its middle; in each of two."""
        taken = {"small": 0.0, "large": 0.0}
        for _ in range(repeats):
            for name, shape in (("small", Shape(*small)), ("large", Shape(*large))):
                taken[name] += sum(self._replayed(library, shape, [shape.calls // 2]))
        return {name: seconds / repeats for name, seconds in taken.items()}

    def _replayed(self, library: str, shape: Shape, numbers: list[int]) -> list[float]:
        """How long each of some calls takes in a cassette that was just opened."""
        bodies = [question(number, shape.asked) for number in numbers]
        self._upstream.start([[answer(number, shape.answered)] for number in numbers])
        with self._recorder.cassette(self._path_of(shape), "none"):
            times = _times(self._clients[library], bodies, numbers)
        assert self._upstream.reached == 0, "a replay reached the upstream"
        return times

    def stream(self, library: str) -> Sample:
        """Read a stream from a cassette line by line, and the same from a bare `MockTransport`."""
        self._upstream.start([events()], "text/event-stream")
        path, wanted = self._path("stream"), _wanted_lines()
        with Clock() as whole:
            with self._recorder.cassette(path, "none"):
                start = time.perf_counter()
                lines = _lines(self._clients[library])
                seconds = time.perf_counter() - start
        assert lines == wanted
        assert self._upstream.reached == 0, "a replay reached the upstream"
        with Clock() as bare:
            lines = _lines(self._mocks[library])
        assert lines == wanted
        return {"seconds": seconds, "bare": bare.seconds, "whole": whole.seconds}

    def record(self, library: str, shape: list[int], fsync: bool) -> Sample:
        """Record calls into a new cassette; the same calls without a recorder are taken off.

        Args:
            fsync: whether `os.fsync` works; if not, it does nothing while this is measured.
        """
        wanted = Shape(*shape)
        path, client = self._path("recorded"), self._clients[library]
        numbers = list(range(wanted.calls))
        bodies = [question(number, wanted.asked) for number in numbers]
        self._upstream.start([[answer(number, wanted.answered)] for number in numbers])
        bare = sum(_times(client, bodies, numbers))
        self._upstream.reached = 0
        replaced = nullcontext() if fsync else patch.object(os, "fsync", _nothing)
        with replaced, Clock() as whole:
            with self._recorder.cassette(path, "once"):
                for body in bodies:
                    _post(client, body)
                done = time.perf_counter()
            saving = time.perf_counter() - done
        assert self._upstream.reached == wanted.calls
        os.unlink(path)
        return {"seconds": whole.seconds - bare, "saving": saving}

    def memory(self, shape: list[int], opened: bool) -> Sample:
        """The most memory that this process ever had, in MB, after it played one call or none."""
        wanted = Shape(*shape)
        number = wanted.calls // 2
        body = question(number, wanted.asked)
        self._upstream.start([[answer(number, wanted.answered)]])
        if opened:
            with self._recorder.cassette(self._path_of(wanted), "none"):
                _times(self._clients["httpx"], [body], [number])
            assert self._upstream.reached == 0
        else:
            _times(self._mocks["httpx"], [body], [number])
        return {"megabytes": _peak()}

    def _path_of(self, shape: Shape) -> str:
        return self._path("-".join(map(str, shape)))

    def _path(self, name: str) -> str:
        return str(self._folder / (name + self._recorder.suffix))


class Clock:
    """Wall time of a block, which starts with nothing for the garbage collector to do."""

    seconds = 0.0

    def __enter__(self) -> Clock:
        gc.collect()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start


def _nothing(_: object) -> None:
    """In place of `os.fsync`."""


def _post(client: Any, body: bytes) -> bytes:
    content: bytes = client.post(URL, content=body, headers=REQUEST_HEADERS).content
    return content


def _times(client: Any, bodies: list[bytes], numbers: list[int]) -> list[float]:
    """How long each call takes; each must get the answer of its number."""
    gc.collect()
    answers, moments = [], [time.perf_counter()]
    for body in bodies:
        answers.append(_post(client, body))
        moments.append(time.perf_counter())
    assert [number_of(each) for each in answers] == numbers
    return [end - start for start, end in zip(moments, moments[1:])]


def _lines(client: Any) -> list[str]:
    body = question(0, 1000)
    with client.stream("POST", URL, content=body, headers=REQUEST_HEADERS) as response:
        return [line for line in response.iter_lines() if line]


def _wanted_lines() -> list[str]:
    return [event.decode().rstrip("\n") for event in events()]


def _peak() -> float:
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
