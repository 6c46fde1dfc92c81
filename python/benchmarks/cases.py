"""What a worker can be asked to do beside making a cassette: one piece of work, which is timed.

Every case says how long it took, in seconds, and asserts that what it timed has happened: the right
answers came, and a replay never reached the upstream.
"""

from __future__ import annotations

import cProfile
import json
import os
import shutil
import time
from contextlib import nullcontext
from importlib import import_module
from typing import Any

from . import clock
from .cassettes import Sample, Shape, post, without_fsync
from .clock import Clock, peak, shares
from .streams import Streams
from .traffic import number_of, question, turns

CALLS = 20  # played of a cassette that has as many


class Cases(Streams):
    """The cases, for one recorder, with its cassettes in one folder."""

    def profile(self, of: str, arguments: dict[str, Any], repeats: int) -> Sample:
        """Where the time of another case goes: percents, by function."""
        work = getattr(self, of)
        work(**arguments)
        clock.profiler = cProfile.Profile(time.process_time)
        for _ in range(repeats):
            work(**arguments)
        found, clock.profiler = shares(clock.profiler), None
        return found

    def open(self, shape: list[int], repeats: int) -> Sample:
        """Open a cassette for replay and close it."""
        path = self._path_of(Shape(*shape))
        with Clock() as clock:
            for _ in range(repeats):
                with self._recorder.cassette(path, "none"):
                    pass
        return {"seconds": clock.seconds / repeats}

    def play(self, library: str, shape: list[int], repeats: int, spelled: bool = False) -> Sample:
        """Open a cassette and play some of its calls; ask a bare `MockTransport` the same.

        Args:
            library: the HTTP library that asks.
            shape: of the cassette.
            repeats: how often the cassette is opened.
            spelled: whether to play another spelling of the requests, too, if the recorder can.
        """
        wanted = Shape(*shape)
        numbers = self._recorder.some(wanted.calls, CALLS)
        bodies = [question(number, wanted.asked) for number in numbers]
        taken = {"seconds": 0.0, "bare": 0.0}
        if spelled and self._recorder.by_value:
            taken["spelled"] = 0.0
            others = [json.dumps(json.loads(body)).encode() for body in bodies]
        for _ in range(repeats):
            taken["seconds"] += self._replayed(library, wanted, numbers, bodies)
            if "spelled" in taken:
                taken["spelled"] += self._replayed(library, wanted, numbers, others)
            self._start(numbers, wanted.answered)
            taken["bare"] += _seconds(self._mocks[library], bodies, numbers, bare=True)
        calls = repeats * len(numbers)
        return {name: seconds / calls for name, seconds in taken.items()}

    def first(self, library: str, small: list[int], large: list[int], repeats: int) -> Sample:
        """The first call after a cassette was opened, one from its middle; in each of two."""
        taken = {"small": 0.0, "large": 0.0}
        for _ in range(repeats):
            for name, shape in (("small", Shape(*small)), ("large", Shape(*large))):
                number = shape.calls // 2
                bodies = [question(number, shape.asked)]
                taken[name] += self._replayed(library, shape, [number], bodies)
        return {name: seconds / repeats for name, seconds in taken.items()}

    def _replayed(
        self, library: str, shape: Shape, numbers: list[int], bodies: list[bytes]
    ) -> float:
        """How long some calls take in a cassette that was just opened."""
        self._start(numbers, shape.answered)
        with self._recorder.cassette(self._path_of(shape), "none"):
            seconds = _seconds(self._clients[library], bodies, numbers)
        self._replays()
        return seconds

    def conversation(self, library: str, count: int, size: int) -> Sample:
        """All turns of a conversation, each with the whole history; and the same bare."""
        bodies, numbers = turns(count, size), list(range(count))
        self._start(numbers, 1000)
        with self._recorder.cassette(self._path("conversation"), "none"):
            seconds = _seconds(self._clients[library], bodies, numbers)
        self._replays()
        bare = _seconds(self._mocks[library], bodies, numbers, bare=True)
        return {"seconds": seconds, "bare": bare}

    def miss(self, shape: list[int]) -> Sample:
        """A request that no recording answers, though all are near."""
        wanted = Shape(*shape)
        body = question(wanted.calls + 5, wanted.asked)
        path, clock, reason = self._path_of(wanted), Clock(), ""
        self._start([0], wanted.answered)
        promptecho: Any = import_module("promptecho")
        try:
            with self._recorder.cassette(path, "none"), clock:
                post(self._clients["httpx"], body)
        except promptecho.CassetteMiss as miss:
            reason = miss.reason
        assert reason == "nearest"
        self._replays()
        return {"seconds": clock.seconds}

    def add(self, shape: list[int]) -> Sample:
        """Open a cassette, record one call more, and save."""
        wanted, number = Shape(*shape), shape[0] + 7
        path, grown = self._path_of(wanted), self._path("grown")
        shutil.copy(path, grown)
        body = question(number, wanted.asked)
        self._start([number], wanted.answered)
        with without_fsync(), Clock() as clock:
            with self._recorder.cassette(grown, "new_episodes"):
                post(self._clients["httpx"], body)
        assert self._upstream.reached == 1
        assert os.path.getsize(grown) > os.path.getsize(path)
        return {"seconds": clock.seconds}

    def record(self, library: str, shape: list[int], fsync: bool) -> Sample:
        """Record calls into a new cassette; the same calls without a recorder are taken off.

        Args:
            library: the HTTP library that asks.
            shape: of the cassette.
            fsync: whether `os.fsync` works; if not, it does nothing while this is measured.
        """
        wanted = Shape(*shape)
        path, client = self._path("recorded"), self._clients[library]
        numbers = list(range(wanted.calls))
        bodies = [question(number, wanted.asked) for number in numbers]
        self._start(numbers, wanted.answered)
        with Clock(bare=True) as bare:
            for body in bodies:
                post(client, body)
        self._upstream.reached = 0
        with nullcontext() if fsync else without_fsync(), Clock() as whole:
            with self._recorder.cassette(path, "once"):
                for body in bodies:
                    post(client, body)
        assert self._upstream.reached == wanted.calls
        os.unlink(path)
        return {"seconds": whole.seconds - bare.seconds, "wall": whole.wall - bare.wall}

    def memory(self, shape: list[int], opened: bool) -> Sample:
        """The most memory that this process ever had, in MB.

        Args:
            shape: of the cassette.
            opened: whether a call misses and one is played from the cassette; or a bare call.
        """
        wanted = Shape(*shape)
        number = wanted.calls // 2
        bodies = [question(number, wanted.asked)]
        if opened:
            self.miss(shape)
            self._replayed("httpx", wanted, [number], bodies)
        else:
            self._start([number], wanted.answered)
            _seconds(self._mocks["httpx"], bodies, [number], bare=True)
        return {"megabytes": peak()}


def _seconds(client: Any, bodies: list[bytes], numbers: list[int], *, bare: bool = False) -> float:
    """How long all calls take; each must get the answer of its number."""
    with Clock(bare=bare) as clock:
        answers = [post(client, body) for body in bodies]
    assert [number_of(each) for each in answers] == numbers
    return clock.seconds
