"""Accept requests that were edited by hand in cassettes: their recordings answer them then.

Keys, `matched_on`, digests and checksums are written as they belong to the text.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from promptecho._base.printable import printable

if TYPE_CHECKING:
    from promptecho._checks.acceptance import Accepting


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Shows each change by its path and asks. A recording whose key changes gets the member"
        " `accepted` with the time and the old key. In CI nothing is accepted. Exit status: 0 for"
        " success, 1 if nothing is written or a file cannot be used, 2 if a path names no file or"
        " the command runs in CI."
    )
    from . import _files, _write

    _files.add_paths(parser, stdin=False)
    _write.configure(parser, would="would be accepted")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.ci import in_ci
    from promptecho._base.real import os

    from . import _files, _write

    if in_ci(os.environ) and not arguments.check:
        _write.say(
            "promptecho accept: nothing is accepted in CI. Accept on your machine and commit the "
            "file. --check works in CI, too."
        )
        return 2
    try:
        names = _files.find(arguments.paths)
    except _files.NothingThere as error:
        _write.say(f"promptecho accept: {error}")
        return 2
    if _files.STDIN in names:
        _write.say("promptecho accept: standard input cannot be written. Pass a file.")
        return 2
    return _accept(names, arguments)


def _accept(names: list[str], arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.acceptance import acceptance
    from promptecho._storage.store import read_cassette

    from . import _ask, _progress, _write
    from ._check import own_additions

    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    files: dict[str, _write.Rewriting] = {}
    count = status = 0
    for name in _progress.shown(names, len(names), quiet=False):
        try:
            before = read_cassette(name)
            after, accepted = acceptance(before, name, at, own_additions())
        except CassetteError as error:
            _write.say(str(error))
            status = 1
            continue
        for each in accepted:
            _show(name, each)
        if accepted:
            files[name] = _write.Rewriting(before, after)
            count += len(accepted)
    if not files:
        sys.stdout.write("there is nothing to accept\n")
        return status
    if arguments.check or not (arguments.yes or _ask.confirmed(_question(count))):
        return 1
    return max(status, _write.write(files))


def _question(count: int) -> str:
    return f"Accept {'this recording' if count == 1 else f'these {count} recordings'}?"


def _show(name: str, accepting: Accepting) -> None:
    from promptecho._session.miss import shown_pair

    request = accepting.request
    lines = [f"{name}: recording {accepting.number}, {request.method} {request.url}"]
    for path, old, new in accepting.changes:
        before, after = shown_pair(old, new)
        lines.append(f"  {path}: {before} -> {after}")
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
