"""What a worker can be asked to do: make a cassette, or do one piece of work and time it.

Every case says how long it took in seconds, and asserts that what it timed has happened: the right
answers came, and a replay never reached the upstream.
"""

from __future__ import annotations

import gc
import os
import resource
import time
from pathlib import Path
from typing import Any

from .recorders import Recorder
from .traffic import REQUEST_HEADERS, URL, Upstream, answer, events, number_of, question

Seconds = dict[str, float]


class Cases:
    """The cases, for one recorder, with its cassettes in one folder."""

    def __init__(self, recorder: Recorder, folder: Path, upstream: Upstream, libraries: Any) -> None:
        self._recorder = recorder
        self._folder = folder
        self._upstream = upstream
        self._libraries = libraries
        self._clients = {name: library.Client() for name, library in libraries.items()}
        self._mocked = {name: upstream.bare(library) for name, library in libraries.items()}
        self._questions: dict[tuple[int, int], bytes] = {}

    def make(self, count: int, size: int, answered: int) -> Seconds:
        """Record a cassette of so many calls, of so many bytes asked and answered."""
        path = self._path(count, size, answered)
        if os.path.exists(path):
            return {}
        self._upstream.start([[answer(number, answered)] for number in range(count)])
        with self._recorder.cassette(path, "all"):
            for number in range(count):
                self._ask("httpx", self._question(number, size))
        assert self._upstream.reached == count
        return {"bytes": os.path.getsize(path)}

    def make_stream(self) -> Seconds:
        """Record a cassette with one stream."""
        path = self._path_of("stream")
        if os.path.exists(path):
            return {}
        self._upstream.start([events()], "text/event-stream")
        with self._recorder.cassette(path, "all"):
            lines = _stream(self._clients["httpx"])
        assert lines == _lines()
        return {"bytes": os.path.getsize(path)}

    def open(self, count: int, size: int, answered: int, repeats: int) -> Seconds:
        """Open a cassette for replay and close it."""
        path = self._path(count, size, answered)
        with _Clock() as clock:
            for _ in range(repeats):
                with self._recorder.cassette(path, "none"):
                    pass
        return {"seconds": clock.seconds / repeats}

    def play(
        self, library: str, count: int, size: int, answered: int, numbers: list[int], repeats: int
    ) -> Seconds:
        """Play some calls of a cassette, and do the same with a bare `MockTransport`."""
        path = self._path(count, size, answered)
        asked = [self._question(number, size) for number in numbers]
        self._upstream.start([[answer(number, answered)] for number in numbers])
        replayed = bare = 0.0
        for _ in range(repeats):
            self._upstream.reached = 0
            with self._recorder.cassette(path, "none"):
                with _Clock() as clock:
                    answers = [self._ask(library, body) for body in asked]
            assert self._upstream.reached == 0, "a replay reached the upstream"
            assert [number_of(each.content) for each in answers] == numbers
            replayed += clock.seconds
            with _Clock() as clock:
                answers = [self._mock(library, body) for body in asked]
            assert [number_of(each.content) for each in answers] == numbers
            bare += clock.seconds
        calls = repeats * len(numbers)
        return {"seconds": replayed / calls, "bare": bare / calls}

    def stream(self, library: str) -> Seconds:
        """Read a stream from a cassette line by line, and the same from a bare `MockTransport`."""
        self._upstream.start([events()], "text/event-stream")
        wanted = _lines()
        with _Clock() as whole:
            with self._recorder.cassette(self._path_of("stream"), "none"):
                with _Clock() as clock:
                    lines = _stream(self._clients[library])
        assert lines == wanted
        assert self._upstream.reached == 0, "a replay reached the upstream"
        with _Clock() as bare:
            lines = _stream(self._mocked[library])
        assert lines == wanted
        return {"seconds": clock.seconds, "bare": bare.seconds, "whole": whole.seconds}

    def record(self, library: str, count: int, size: int, fsync: bool) -> Seconds:
        """Record calls into a new cassette; the same calls without a recorder are taken off."""
        path = self._path_of("recorded")
        asked = [self._question(number, size) for number in range(count)]
        self._upstream.start([[answer(number, size)] for number in range(count)])
        with _Clock() as bare:
            for body in asked:
                self._ask(library, body)
        self._upstream.reached = 0
        kept, os.fsync = os.fsync, os.fsync if fsync else _nothing
        try:
            with _Clock() as block:
                with self._recorder.cassette(path, "once"):
                    for body in asked:
                        self._ask(library, body)
                    done = time.perf_counter()
            saving = time.perf_counter() - done
        finally:
            os.fsync = kept
        assert self._upstream.reached == count
        os.unlink(path)
        return {"seconds": block.seconds - bare.seconds, "saving": saving}

    def memory(self, count: int, size: int, answered: int, opened: bool) -> Seconds:
        """The most memory that this process has had, in KB, after it played one call or none."""
        self._upstream.start([[answer(0, answered)]])
        if opened:
            with self._recorder.cassette(self._path(count, size, answered), "none"):
                number = count // 2
                assert number_of(self._ask("httpx", self._question(number, size)).content) == number
            assert self._upstream.reached == 0
        else:
            self._mock("httpx", self._question(0, size))
        return {"kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}

    def _ask(self, library: str, body: bytes) -> Any:
        return self._clients[library].post(URL, content=body, headers=REQUEST_HEADERS)

    def _mock(self, library: str, body: bytes) -> Any:
        return self._mocked[library].post(URL, content=body, headers=REQUEST_HEADERS)

    def _question(self, number: int, size: int) -> bytes:
        if (number, size) not in self._questions:
            self._questions[number, size] = question(number, size)
        return self._questions[number, size]

    def _path(self, count: int, size: int, answered: int) -> str:
        return self._path_of(f"{count}-{size}-{answered}")

    def _path_of(self, name: str) -> str:
        return str(self._folder / (name + self._recorder.suffix))


class _Clock:
    """Wall time of a block, which starts with nothing for the garbage collector to do."""

    seconds = 0.0

    def __enter__(self) -> _Clock:
        gc.collect()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start


def _stream(client: Any) -> list[str]:
    body = question(0, 1000)
    with client.stream("POST", URL, content=body, headers=REQUEST_HEADERS) as response:
        return [line for line in response.iter_lines() if line]


def _lines() -> list[str]:
    return [event.decode().rstrip("\n") for event in events()]


def _nothing(_: int) -> None:
    """In place of `os.fsync`."""
