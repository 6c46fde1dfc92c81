"""A progress bar on standard error, if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

_WIDTH = 30

T = TypeVar("T")


def shown(items: Iterable[T], total: int, *, quiet: bool) -> Iterator[T]:
    """Yield the items, and show how many have been yielded."""
    stream = sys.stderr
    if quiet or total < 2 or not stream.isatty():
        yield from items
        return
    step = max(1, total // 200)
    for done, item in enumerate(items, 1):
        if done % step == 0 or done == total:
            filled = _WIDTH * done // total
            bar = "#" * filled + "." * (_WIDTH - filled)
            stream.write(f"\r[{bar}] {done}/{total}")
            stream.flush()
        yield item
    stream.write("\r\x1b[K")
    stream.flush()
