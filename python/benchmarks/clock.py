"""Processor time of what is measured, and where it goes."""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from collections import Counter
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
    """Percents of the time: the parts that take most, and then the functions that do."""
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(times[2] for times in stats.values()) / 100
    parts: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (path, line, function), times in stats.items():
        parts[f"{PART}{_part(path)}"] += times[2] / total
        label = function if path == "~" else f"{_part(path)}/{Path(path).name}:{line} {function}"
        functions[label] += times[2] / total
    return dict(parts.most_common(8) + functions.most_common(8))


#: Begins the name of a part.
PART = "in "


def _part(path: str) -> str:
    if path == "~":
        return "functions of C"
    parts = Path(path).parts
    if "site-packages" in parts:
        package, inner = parts[parts.index("site-packages") + 1 :][:2]
        return f"promptecho.{inner}" if package == "promptecho" else package
    return "benchmarks" if "benchmarks" in parts else "the standard library"


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
