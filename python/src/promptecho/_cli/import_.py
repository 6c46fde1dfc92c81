"""Make cassettes of the files of other recorders: vcrpy, VCR, cassetter, HAR, nock and others.

The calls go through the same redaction as a recording. What cannot come over is named.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptecho._base.printable import printable

from . import _files, _progress

if TYPE_CHECKING:
    from . import _importing

KINDS = ("auto", "vcrpy", "vcr", "r-vcr", "cassetter", "har", "langchain", "dd-apm", "nock")
_FEW = 8  # so many files take less time than starting processes


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: promptecho import tests/cassettes --to tests/promptecho. Without --to and "
        "--in-place nothing is written. Answers keep their bytes, except for redaction. Exit "
        "status: 0 if every call came over, 1 if one did not or a file cannot be used, 2 if a "
        "path names no file. Calls of telemetry, which promptecho never replays, do not count."
    )
    parser.add_argument(
        "paths",
        metavar="SRC",
        nargs="+",
        help="a file, a glob, or a folder (its .yaml, .yml, .json, .toml, .har and .gz files)",
    )
    parser.add_argument(
        "--from",
        dest="kind",
        choices=KINDS,
        default="auto",
        help="the recorder that wrote the files (default: auto, by their content)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="DIR", help="write the cassettes to this folder")
    where.add_argument(
        "--in-place",
        action="store_true",
        help="replace each file, once the new one has replayed its own requests; "
        "a file of which a call cannot come over is kept",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print problems only")


def run(arguments: argparse.Namespace) -> int:
    from . import _importing

    try:
        jobs = _jobs(arguments)
    except _files.NothingThere as error:
        sys.stderr.write(f"{printable(f'promptecho import: {error}')}\n")
        return 2
    status = files = calls = lost = skipped = 0
    shown = _progress.shown(_results(jobs), len(jobs), quiet=arguments.quiet)
    for result in list(shown):
        status = max(status, int(result.is_bad))
        skipped += result.is_skipped
        files, calls, lost = files + 1, calls + result.came_over, lost + len(result.lost)
        stream = sys.stderr if result.is_bad else sys.stdout
        if result.is_bad or not arguments.quiet:
            stream.write("".join(f"{printable(line)}\n" for line in _importing.lines(result)))
    if not arguments.quiet:
        done = "imported" if arguments.to or arguments.in_place else "can be imported (no --to DIR)"
        others = f"; {skipped} skipped" if skipped else ""
        read = _importing.counted(files, "file")
        over = _importing.counted(calls, "call")
        sys.stdout.write(f"{read}{others}: {over} {done}, {lost} not\n")
    return status


def _jobs(arguments: argparse.Namespace) -> list[_importing.Job]:
    from . import _importing

    found: dict[str, tuple[str, bool]] = {}
    for argument in arguments.paths:
        for path in _files.find([argument], suffixes=_importing.SUFFIXES):
            base = argument if os.path.isdir(argument) else os.path.dirname(path)
            relative = os.path.relpath(path, base or ".")
            found.setdefault(path, (relative, not os.path.isdir(argument)))
    names = _importing.targets((path, relative) for path, (relative, _) in found.items())
    kind = None if arguments.kind == "auto" else arguments.kind
    jobs = []
    for path, (_, is_named) in found.items():
        target = os.path.join(arguments.to, names[path]) if arguments.to else ""
        target = _importing.place_of(path) if arguments.in_place else target
        jobs.append(_importing.Job(path, target, kind, arguments.in_place, is_named))
    return jobs


def _results(jobs: list[_importing.Job]) -> Iterator[_importing.Result]:
    """The results, in the order of the jobs; many files are shared among processes."""
    from . import _importing

    workers = min(os.cpu_count() or 1, len(jobs))
    if len(jobs) <= _FEW or workers < 2:
        yield from map(_importing.convert, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_importing.convert, jobs, chunksize=_FEW)
