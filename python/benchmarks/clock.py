"""Processor time of what is measured, and where it goes."""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from pathlib import Path

#: Takes what happens inside of clocks, while it is set.
profiler: cProfile.Profile | None = None


class Clock:
    """Times of a block, which starts with nothing for the garbage collector to do.

    Attributes:
        seconds: processor time of the process, user and system.
        wall: time that has passed.

    Args:
        bare: whether the block does without a recorder; a profile leaves it out.
    """

    seconds = 0.0
    wall = 0.0

    def __init__(self, *, bare: bool = False) -> None:
        self._profiler = None if bare else profiler

    def __enter__(self) -> Clock:
        gc.collect()
        if self._profiler:
            self._profiler.enable()
        self._wall = time.perf_counter()
        self._start = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.process_time() - self._start
        self.wall = time.perf_counter() - self._wall
        if self._profiler:
            self._profiler.disable()


def shares(profile: cProfile.Profile) -> dict[str, float]:
    """The functions that take most time of their own, each with its share in percent."""
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in stats.values())
    largest = sorted(stats.items(), key=lambda each: -each[1][2])[:12]
    return {_label(*where): 100 * times[2] / total for where, times in largest}


def _label(path: str, line: int, function: str) -> str:
    if path == "~":
        return function
    parts = Path(path).with_suffix("").parts
    return f"{'/'.join(parts[-2:])}:{line} {function}"


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
