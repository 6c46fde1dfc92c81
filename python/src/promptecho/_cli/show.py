"""Show the recordings of a cassette as conversations.

The numbers are those that a miss shows; the first is 1.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from promptecho._base.printable import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptecho._views.lines import Line
    from promptecho._views.recording import Recording


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: `promptecho show tests/cassettes/weather.yaml 2`. Streams are joined; secrets"
        " were redacted when they were recorded. On a terminal there are colors (not if NO_COLOR is"
        " set) and a pager (PAGER, or less). Exit status: 0 for success, 2 if the file cannot be"
        " used or has no such recording."
    )
    parser.add_argument("file", metavar="CASSETTE", help="the cassette, or - for standard input")
    parser.add_argument(
        "numbers", metavar="N", nargs="*", type=_number, help="a recording; the first is 1"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--plain", action="store_true", help="no colors and no pager; for git's textconv"
    )
    how.add_argument("--json", action="store_true", help="JSON for programs")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError

    from . import _screen

    try:
        items = _recordings(arguments.file, arguments.numbers)
    except CassetteError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except IndexError as error:
        sys.stderr.write(f"promptecho show: {printable(str(error))}\n")
        return 2
    if arguments.json:
        _screen.write(_json(arguments.file, items))
    else:
        _screen.show(_lines(items), plain=arguments.plain)
    return 0


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _recordings(name: str, numbers: Sequence[int]) -> list[Recording]:
    """The recordings with these numbers; all of them without numbers.

    Raises:
        CassetteError: the file cannot be used.
        IndexError: there is no such recording.
    """
    from promptecho._format.reader import load
    from promptecho._storage.store import read_cassette
    from promptecho._views.recording import recording

    from . import _files

    is_stdin = name == _files.STDIN
    data = _files.standard_input() if is_stdin else read_cassette(name)
    items = load(data, _files.STDIN_NAME if is_stdin else name).interactions
    for number in numbers:
        if number > len(items):
            raise IndexError(f"{name} has {len(items)} recordings, so there is no {number}.")
    return [recording(each, items[each - 1]) for each in numbers or range(1, len(items) + 1)]


def _lines(items: Sequence[Recording]) -> Iterator[Line]:
    from promptecho._views.lines import Line, of_recording

    for place, item in enumerate(items):
        if place:
            yield Line("")
        yield from of_recording(item)


def _json(name: str, items: Sequence[Recording]) -> str:
    import json

    from promptecho._views.recording import as_json

    value = {"file": name, "recordings": [as_json(item) for item in items]}
    return printable_lines(json.dumps(value, indent=2)) + "\n"
