"""Removes recordings from a file. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .._base.errors import CassetteError
from .._base.model import Interaction
from .._format.reader import load
from .._format.request_digest import carried
from .._matching.rules import rules
from .formatting import migrated, normalize_file, shrink_layouts, written


def recordings(data: bytes, name: str) -> tuple[Interaction, ...]:
    """The recordings of a file.

    Raises:
        CassetteError: the file cannot be read.
    """
    return tuple(load(data, name).interactions)


def without(data: bytes, name: str, numbers: Collection[int]) -> bytes:
    """A file without the recordings of these numbers, which begin with 1; in exact form.

    Raises:
        CassetteError: the file cannot be read, or has no recording of one of these numbers.
    """
    file = load(migrated(data, name, rules()), name)
    count = len(file.interactions)
    missing = sorted(number for number in numbers if not 1 <= number <= count)
    if missing:
        has = f"it has {count}" if count else "it has none"
        raise CassetteError(
            "cassette.value",
            f"the file has no recording {missing[0]}: {has}",
            "Use the number that a miss or `promptecho rm FILE` shows: the first is 1.",
            path=name,
        )
    tidy = normalize_file(shrink_layouts(file))

    def kept() -> Iterator[Interaction]:
        for number, pair in enumerate(zip(file.interactions, tidy.interactions), 1):
            if number not in numbers:
                yield carried(*pair, file, tidy)

    return written(tidy._replace(interactions=tuple(kept())), name)
