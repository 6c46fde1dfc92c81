"""Count what cassettes hold: recordings, bytes, base64, duplicates, models, tokens, age."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from promptecho._base.printable import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptecho._checks.statistics import LargeFile, Statistics
    from promptecho._views.lines import Line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: `promptecho stats tests/cassettes`. Other YAML files in a folder are skipped."
        " Exit status: 0 for success, 2 if a path names no file or a cassette cannot be used; the"
        " others are counted."
    )
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        default=["."],
        help="cassettes, folders or globs (default: this folder)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--plain", action="store_true", help="no colors and no pager")
    how.add_argument("--json", action="store_true", help="JSON for programs")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.statistics import facts, statistics
    from promptecho._format.reader import load
    from promptecho._storage.store import read_cassette

    from . import _files, _progress, _screen, _suite

    try:
        names = _files.find(arguments.paths, or_nothing=True)
    except _files.NothingThere as error:
        sys.stderr.write(f"{printable(f'promptecho stats: {error}')}\n")
        return 2
    given = {name for name in arguments.paths if not os.path.isdir(name)}
    wanted = set(_suite.cassettes(name for name in names if name not in given))
    names = [name for name in names if name in given or name in wanted]
    found, errors = [], []
    for name in _progress.shown(names, len(names), quiet=False):
        try:
            data = _files.standard_input() if name == _files.STDIN else read_cassette(name)
            found.append(facts(name, data, load(data, name)))
        except CassetteError as error:
            errors.append(error)
    result = statistics(found)
    if arguments.json:
        _screen.write(_json(result))
    else:
        _screen.show(_lines(result), plain=arguments.plain)
    for each in errors:
        sys.stderr.write(f"{each}\n")
    return 2 if errors else 0


def _lines(found: Statistics) -> Iterator[Line]:
    from promptecho._views.lines import FAINT, HEAD, ROLE, Line, count, size

    files, items = count(found.files, "file"), count(found.recordings, "recording")
    yield Line(f"{files}, {items}, {size(found.size)}", HEAD)
    if found.base64:
        yield Line(f"base64: {size(found.base64)} ({_share(found.base64, found.size)})")
    if found.duplicates:
        repeats = "repeats" if found.duplicates == 1 else "repeat"
        inside = f", {found.in_one_file} in the same file" if found.in_one_file else ""
        yield Line(
            f"duplicates: {count(found.duplicates, 'recording')} {repeats} another one{inside}"
        )
    if found.input or found.output:
        yield Line(f"tokens: {found.input:,} in, {found.output:,} out")
    if found.dated:
        who = "" if found.dated == found.recordings else f" ({found.dated} of {items} say when)"
        yield Line(f"recorded: {found.oldest} to {found.newest}{who}")
    if found.models:
        yield Line("models", ROLE)
        for model in found.models:
            tokens = f", {model.input:,} tokens in, {model.output:,} out"
            shown = tokens if model.input or model.output else ""
            yield Line(f"    {model.name}: {count(model.recordings, 'recording')}{shown}")
    if found.largest:
        yield Line("largest files", ROLE)
        for each in found.largest:
            yield Line(f"    {size(each.size)}: {each.path}")
            if each.recordings > 1:
                yield Line(f"        {_inside(each)}", FAINT)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _inside(file: LargeFile) -> str:
    from promptecho._views.lines import count, size

    return (
        f"{count(file.recordings, 'recording')}; the largest answer is that of {file.largest}, "
        f"{size(file.largest_size)}"
    )


def _json(found: Statistics) -> str:
    import json

    from promptecho._views.recording import as_json

    return printable_lines(json.dumps(as_json(found), indent=2)) + "\n"
