"""Remove recordings from a cassette by their numbers; without numbers, list them.

The numbers are those that a miss shows; the first is 1.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from promptecho._base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection

    from promptecho._base.model import Interaction


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Shows what it removes and asks. The other recordings keep their keys and answers; comments"
        " are lost. Exit status: 0 for success, 1 if nothing is written or the file cannot be"
        " used, 2 for wrong usage."
    )
    parser.add_argument("file", metavar="FILE", help="the cassette")
    parser.add_argument(
        "numbers", metavar="N", nargs="*", type=_number, help="a recording; the first is 1"
    )
    from . import _write

    _write.configure(parser, would="would be removed")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.removal import recordings, without
    from promptecho._storage.store import read_cassette

    from . import _ask, _write

    name, numbers = arguments.file, set(arguments.numbers)
    try:
        before = read_cassette(name)
        items = recordings(before, name)
        after = without(before, name, numbers)
    except CassetteError as error:
        _write.say(str(error))
        return 1
    _show(items, numbers or range(1, len(items) + 1))
    if not numbers:
        return 0
    count = "this recording" if len(numbers) == 1 else f"these {len(numbers)} recordings"
    if arguments.check or not (arguments.yes or _ask.confirmed(f"Remove {count}?")):
        return 1
    return _write.write({name: _write.Rewriting(before, after)})


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _show(items: tuple[Interaction, ...], numbers: Collection[int]) -> None:
    for number in sorted(numbers):
        item = items[number - 1]
        request, response = item.request, item.response
        end = f"{response.status}" if response else f"{item.failure.kind}" if item.failure else ""
        at = f", recorded at {item.recorded_at}" if item.recorded_at else ""
        line = f"{number}: {request.method} {request.url} -> {end}, key {request.match_key}{at}"
        sys.stdout.write(f"{printable(line)}\n")
