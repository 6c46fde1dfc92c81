"""Check cassettes and report every problem, also in files that other programs wrote.

Errors make a cassette unusable, wrong or dangerous; warnings do not. The exit status is 0 without
errors, 1 with errors (with --strict, also with warnings), and 2 if a path names no file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from promptecho._base.printable import printable

from . import _files, _options


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Errors make a cassette unusable, wrong or dangerous; warnings do not. Exit status: 0"
        " without errors, 1 with errors, 2 if a path names no file or promptecho fails."
    )
    _files.add_paths(parser, required=False)
    _options.add_findings(parser)
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema and stop")


def run(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        from promptecho._checks import schema

        sys.stdout.write(schema.text())
        return 0
    if not arguments.paths:
        return _stop("no path was given. Pass a file, a folder, a glob, or - for standard input.")
    try:
        names = _files.find(arguments.paths, or_journals=True)
    except _files.NothingThere as error:
        return _stop(str(error))
    return _check_and_print(names, arguments)


def _stop(problem: str) -> int:
    sys.stderr.write(f"{printable(f'promptecho validate: {problem}')}\n")
    return 2


def _check_and_print(names: Sequence[str], arguments: argparse.Namespace) -> int:
    from promptecho._checks.finding import ERROR

    from . import _check, _progress, _report

    results = list(_progress.shown(_check.check_all(names), len(names), quiet=arguments.quiet))
    found = [finding for result in results for finding in result.findings]
    found.extend(map(_check.journal, _files.journals(arguments.paths)))
    if arguments.strict:
        found = [finding._replace(severity=ERROR) for finding in found]
    errors = [finding for finding in found if finding.severity == ERROR]
    shown = errors if arguments.quiet else found
    sys.stdout.write(_report.FORMATS[arguments.format](shown, len(names)))
    if arguments.format == "text" and not arguments.quiet:
        sys.stdout.write(_report.summary(found, len(names)))
    crashed = [result for result in results if result.crash]
    for result in crashed:
        _stop(
            f"could not check {result.name} ({result.crash}). This is a bug in promptecho: please "
            "report it."
        )
    return 2 if crashed else 1 if errors else 0
