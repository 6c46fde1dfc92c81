"""Compare two cassettes, or a cassette with a revision of git, recording by recording."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from promptecho._base.printable import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptecho._base.model import CassetteFile
    from promptecho._checks.two_cassettes import Change
    from promptecho._views.lines import Line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: `promptecho diff HEAD:tests/cassettes/weather.yaml tests/cassettes/weather.yaml`."
        " Recordings are compared by key: new, gone, reworded, changed in shape. Headers, ids and"
        " times of answers are not compared. Exit status: 0 if the recordings are the same, 1 if"
        " they differ, 2 if a file cannot be used."
    )
    what = "a cassette, - for standard input, or REV:PATH for a revision of git, as git has it"
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", help="the same")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--plain", action="store_true", help="no colors and no pager")
    how.add_argument("--json", action="store_true", help="JSON for programs")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.two_cassettes import changes

    from . import _git, _screen

    try:
        old, new = _loaded(arguments.old), _loaded(arguments.new)
    except CassetteError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except _git.GitError as error:
        sys.stderr.write(f"promptecho diff: {printable(str(error))}\n")
        return 2
    found = changes(old.interactions, new.interactions)
    if arguments.json:
        _screen.write(_json(found))
    elif found:
        _screen.show(_lines(found), plain=arguments.plain)
    return 1 if found else 0


def _loaded(name: str) -> CassetteFile:
    from promptecho._format.reader import load
    from promptecho._storage.store import read_cassette

    from . import _files, _git

    if name == _files.STDIN:
        return load(_files.standard_input(), _files.STDIN_NAME)
    data = _git.blob(name) if _git.is_revision(name) else read_cassette(name)
    return load(data, name)


def _lines(found: Sequence[Change]) -> Iterator[Line]:
    from promptecho._views.lines import HEAD, Line

    for change in found:
        yield from _of_change(change)
    counts = Counter(change.kind for change in found)
    yield Line(", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())), HEAD)


def _of_change(change: Change) -> Iterator[Line]:
    from promptecho._views.lines import FAINT, HEAD, ROLE, Line

    shown = change.new or change.old
    assert shown is not None
    yield Line(f"{change.kind}: {shown.number}: {shown.method} {shown.url}", HEAD)
    if change.old is not None and change.new is not None:
        was, now = change.old, change.new
        keys = f"key {was.match_key}"
        if was.match_key != now.match_key:
            keys += f" -> {now.match_key}"
        moved = f"recording {was.number} of the old file, " if was.number != now.number else ""
        yield Line(f"    {moved}{keys}", FAINT)
    else:
        yield Line(f"    key {shown.match_key}", FAINT)
    yield from (Line(f"    {each}") for each in change.shape)
    for title, diff in (("prompt", change.prompt), ("answer", change.answer)):
        if diff:
            yield Line(f"  {title}", ROLE)
            yield from (line._replace(text=f"    {line.text}") for line in diff)
    if not (change.shape or change.prompt or change.answer) and change.old and change.new:
        yield Line("    the words are the same, other members of the answer differ")
    yield Line("")


def _json(found: Sequence[Change]) -> str:
    import json

    from promptecho._views.recording import as_json

    rows = [
        {
            "kind": change.kind,
            "shape": list(change.shape),
            "prompt": [line.text for line in change.prompt],
            "answer": [line.text for line in change.answer],
            "old": as_json(change.old),
            "new": as_json(change.new),
        }
        for change in found
    ]
    return printable_lines(json.dumps({"changes": rows}, indent=2)) + "\n"
