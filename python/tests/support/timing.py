"""How time grows with size. Two sizes are compared, so that no test depends on the machine."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

Input = TypeVar("Input")


def grows_linearly(
    make: Callable[[int], Input],
    run: Callable[[Input], object],
    size: int,
    clock: Callable[[], float] = time.process_time,
) -> bool:
    """Whether four times the size takes about four times the processor time.

    Where time grows with the square of the size, it takes sixteen times as long. A fifth of a
    second is allowed on top, for what the processor does beside; so the larger size must be one
    that takes seconds where time grows with the square.
    """
    short, long = (make(each) for each in (size // 4, size))
    return _least_time(run, long, clock) < 10 * _least_time(run, short, clock) + 0.2


def _least_time(run: Callable[[Input], object], value: Input, clock: Callable[[], float]) -> float:
    def once() -> float:
        start = clock()
        run(value)
        return clock() - start

    return min(once() for _ in range(3))
