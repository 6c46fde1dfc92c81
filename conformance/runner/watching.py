"""Wait until a file of an adapter changes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

PAUSE = 0.3  # seconds between two looks
#: Folders that an adapter writes itself, or that hold what others wrote.
LEFT_OUT = {"__pycache__", "node_modules", "target", "build", "dist"}

State = dict[Path, tuple[int, int]]


def watched(command: list[str], named: list[Path]) -> list[Path]:
    """What to watch: what is named, or the folders of the files in the command."""
    if named:
        return named
    files = [Path(each) for each in command[1:] or command]
    found = [each.parent for each in files if each.is_file()]
    program = Path(command[0])
    return found or ([program] if program.is_file() else [])


def state(places: list[Path]) -> State:
    """The time and the size of each file."""
    found = {}
    for path in files(places):
        try:
            stat = path.stat()
        except OSError:  # it was removed in the meantime
            continue
        found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def files(places: list[Path]) -> Iterator[Path]:
    """Every file of the places, without hidden ones and what is generated."""
    for place in places:
        if place.is_file():
            yield place
        for folder, folders, names in os.walk(place):
            folders[:] = [each for each in folders if each[0] != "." and each not in LEFT_OUT]
            yield from (Path(folder, name) for name in names if name[0] != ".")


def wait_for_change(places: list[Path], before: State) -> list[Path]:
    """Return when a file is not as it was: the files that changed, came or went."""
    while True:
        after = state(places)
        if after != before:
            every = after.keys() | before.keys()
            return sorted(each for each in every if after.get(each) != before.get(each))
        time.sleep(PAUSE)
