"""Remove recordings that no test of the last run has played.

Recordings of tests that were skipped or have failed stay, and so do files that have changed since.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from promptecho._base.printable import printable

if TYPE_CHECKING:
    from promptecho._checks.runs import Run

    from ._write import Rewriting


def configure(parser: argparse.ArgumentParser) -> None:
    from . import _options, _write

    parser.epilog = (
        "Run it in the root of the project, after pytest. Shows what it removes and asks. Exit"
        " status: 0 for success, 1 if nothing is written, 2 if a path names no file or there is no"
        " note of a run."
    )
    _options.add_suite(parser)
    parser.add_argument(
        "--files", action="store_true", help="also delete cassettes that no test of the run uses"
    )
    _write.configure(parser, would="would be removed")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._checks.runs import BadRun

    from . import _files, _suite

    try:
        run = _suite.read_runs(arguments.run or [_suite.default_run()])
        names = _files.find(arguments.paths, or_nothing=True)
    except (BadRun, _files.NothingThere) as error:
        sys.stderr.write(f"promptecho prune: {printable(str(error))}\n")
        return 2
    return _prune(run, [name for name in names if name != _files.STDIN], arguments)


def _prune(run: Run, names: list[str], arguments: argparse.Namespace) -> int:
    from . import _ask, _suite, _write

    noted = {_suite.as_noted(name): name for name in _suite.cassettes(map(os.path.normpath, names))}
    rewritings = _rewritings(run, noted)
    gone = []
    if arguments.files:
        from promptecho._checks import lint

        mentioned = _suite.mentioned(_suite.sources(arguments.paths))
        gone = [noted[path] for path in lint.orphans(run, noted, mentioned)]
        for name in gone:
            sys.stdout.write(f"{printable(name)}: no test of the run uses this cassette\n")
    if not rewritings and not gone:
        sys.stdout.write("there is nothing to remove\n")
        return 0
    if arguments.check or not (arguments.yes or _ask.confirmed("Remove this?")):
        return 1
    status = _write.write(rewritings)
    for name in gone:
        try:
            os.unlink(name)
        except OSError as error:
            _write.say(f"{name} cannot be deleted: {error.strerror}")
            status = 1
        else:
            sys.stdout.write(f"{printable(name)} deleted\n")
    return status


def _rewritings(run: Run, noted: dict[str, str]) -> dict[str, Rewriting]:
    """What replaces each file that has recordings nobody played; shows them."""
    from promptecho._base.errors import CassetteError
    from promptecho._checks import lint
    from promptecho._checks.removal import without
    from promptecho._storage.store import read_cassette

    from . import _progress, _suite, _write

    facts = {}
    for path, name in _progress.shown(noted.items(), len(noted), quiet=False):
        try:
            facts[path] = _suite.read(name).facts
        except CassetteError as error:
            _write.say(str(error))
    found = {}
    for path, numbers in lint.unplayed(run, facts):
        name = noted[path]
        before = read_cassette(name)
        found[name] = _write.Rewriting(before, without(before, name, numbers))
        count = len(facts[path].keys or ())
        listed = ", ".join(map(str, numbers))
        sys.stdout.write(f"{printable(name)}: no test has played {listed} of {count} recordings\n")
    return found
