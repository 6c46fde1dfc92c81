"""Find what a test suite no longer needs, and what no cassette sees, by the note of a run.

The pytest plugin writes `.promptecho/run.json` in each run that uses cassettes.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from promptecho._base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptecho._checks.finding import Finding
    from promptecho._checks.runs import Run

    from ._suite import Read

_ACCEPTED_DAYS = 90


def configure(parser: argparse.ArgumentParser) -> None:
    from . import _options

    parser.epilog = (
        "Run it in the root of the project, after pytest. Calls outside of cassettes, journals"
        " that were left behind, and origins that are not allowed, are errors; the rest are"
        " warnings. Exit status: 0 without errors, 1 with errors, 2 if a path names no file or a"
        " note cannot be read."
    )
    _options.add_suite(parser)
    parser.add_argument(
        "--max-age", metavar="DAYS", type=_days, help="report recordings that are older"
    )
    parser.add_argument(
        "--max-accepted",
        metavar="DAYS",
        type=_days,
        default=_ACCEPTED_DAYS,
        help="report recordings that were accepted earlier (default: %(default)s)",
    )
    parser.add_argument(
        "--require-origin",
        metavar="KINDS",
        type=_origins,
        help="report recordings of another origin, as errors: recorded, accepted, edited, "
        "synthetic, imported, with commas between them",
    )
    _options.add_findings(parser)


def run(arguments: argparse.Namespace) -> int:
    from promptecho._checks.runs import BadRun

    from . import _files, _suite

    try:
        noted = arguments.run or [_suite.default_run()]
        known = bool(arguments.run) or os.path.exists(noted[0])
        run = _suite.read_runs(noted) if known else None
        names = [
            name for name in _files.find(arguments.paths, or_nothing=True) if name != _files.STDIN
        ]
    except (BadRun, _files.NothingThere) as error:
        sys.stderr.write(f"promptecho lint: {printable(str(error))}\n")
        return 2
    if run is None:
        sys.stderr.write(
            "promptecho lint: there is no note of a run, so only the code of the tests and the "
            "age of recordings are looked at. Run pytest first, or pass --run FILE.\n"
        )
    return _print(list(_findings(run, names, arguments)), len(names), arguments)


def _findings(
    run: Run | None, names: list[str], arguments: argparse.Namespace
) -> Iterator[Finding]:
    from promptecho._base.errors import CassetteError
    from promptecho._checks import lint
    from promptecho._checks.finding import Finding

    from . import _check, _files, _progress, _suite

    names = list(_suite.cassettes(map(os.path.normpath, names)))
    read: dict[str, Read] = {}
    for name in _progress.shown(names, len(names), quiet=arguments.quiet):
        try:
            read[name] = _suite.read(name)
        except CassetteError as error:
            yield Finding(name, error.line, error.code, error.problem, error.remedy)
    if arguments.max_age is not None:
        _say_undated(read.values())
    for name, each in read.items():
        yield from lint.ages(
            name,
            each.file.interactions,
            each.lines,
            recorded_before=_before(arguments.max_age),
            accepted_before=_before(arguments.max_accepted),
        )
        if arguments.require_origin is not None:
            yield from lint.origins(
                name, each.file.interactions, each.lines, arguments.require_origin
            )
    yield from map(_check.journal, _files.journals(arguments.paths))
    sources = list(map(os.path.normpath, _suite.sources(arguments.paths)))
    yield from _suite.of_sources(sources)
    yield from _of_snapshots(arguments.paths, run)
    if run is None:
        return
    yield from lint.live_calls(run)
    noted = {_suite.as_noted(name): name for name in names}
    facts = {path: read[name].facts for path, name in noted.items() if name in read}
    mentioned = _suite.mentioned(sources)
    yield from lint.orphan_findings(lint.orphans(run, noted, mentioned))
    yield from lint.unplayed_findings(lint.unplayed(run, facts), facts)


def _of_snapshots(paths: list[str], run: Run | None) -> Iterator[Finding]:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.finding import Finding
    from promptecho._snapshots import findings, store
    from promptecho._snapshots.values import SnapshotError
    from promptecho._storage.notes import read_note

    from . import _files, _suite

    for name in map(os.path.normpath, _files.snapshots(paths)):
        try:
            entries = store.loads(read_note(name), name)
        except (SnapshotError, CassetteError) as error:
            yield Finding(name, None, "lint.snapshot-file", error.problem, error.remedy)
            continue
        yield from findings.unreviewed(name, entries)
        if run is not None:
            yield from findings.unused(name, _suite.as_noted(name), entries, run)


def _say_undated(read: Iterable[Read]) -> None:
    """A recorder writes the time of a recording only if it is asked to."""
    count = sum(item.recorded_at is None for each in read for item in each.file.interactions)
    if count:
        what = "1 recording has" if count == 1 else f"{count} recordings have"
        sys.stderr.write(f"promptecho lint: {what} no recorded_at, so their age is not known\n")


def _print(found: list[Finding], files: int, arguments: argparse.Namespace) -> int:
    from promptecho._checks.finding import ERROR

    from . import _report

    if arguments.strict:
        found = [finding._replace(severity=ERROR) for finding in found]
    errors = [finding for finding in found if finding.severity == ERROR]
    shown = errors if arguments.quiet else found
    sys.stdout.write(_report.FORMATS[arguments.format](shown, files))
    if arguments.format == "text" and not arguments.quiet:
        sys.stdout.write(_report.summary(found, files))
    return 1 if errors else 0


def _origins(text: str) -> tuple[str, ...]:
    from promptecho._views.provenance import KINDS

    named = tuple(each.strip() for each in text.split(","))
    if not set(named) <= set(KINDS):
        raise argparse.ArgumentTypeError(f"{text!r}; the kinds are {', '.join(KINDS)}")
    return named


def _days(text: str) -> int:
    days = int(text)
    if days < 0:
        raise ValueError
    return days


def _before(days: int | None) -> str | None:
    """The time so many days ago, in the form of [FILE-7]."""
    from datetime import datetime, timedelta, timezone

    if days is None:
        return None
    try:
        return (datetime.now(timezone.utc) - timedelta(days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return None
