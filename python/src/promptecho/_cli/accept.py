"""Accept edits of requests: recordings keep their answers, and answer the new requests.

With files, the edits are those that were made by hand in them. With ``--last-run`` they are the
requests of the last run of pytest that had no recording.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from promptecho._checks.acceptance import Acceptance
    from promptecho._checks.accepted_misses import Chosen

_AGAIN = "Run the tests again: they may make further requests now, which had no recording before."


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Shows each change by its path and asks. A recording whose key changes gets the member"
        " `accepted` with the time and the old key. In CI nothing is accepted. Exit status: 0 for"
        " success, 1 if nothing is written or a file cannot be used, 2 if a path names no file, a"
        " note cannot be read or the command runs in CI."
    )
    from . import _files, _write

    _files.add_paths(parser, stdin=False, required=False)
    parser.add_argument(
        "--last-run",
        action="store_true",
        help="accept the requests of the last run of pytest that had no recording: the nearest"
        " unplayed one of the same endpoint answers each of them",
    )
    parser.add_argument(
        "--any",
        action="store_true",
        help="with --last-run: also accept another model, other tool results, and requests that"
        " are no conversation with a model",
    )
    _write.configure(parser, would="would be accepted")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.ci import in_ci
    from promptecho._checks.runs import BadRun

    from . import _files, _write

    if bool(arguments.paths) is arguments.last_run or (arguments.any and not arguments.last_run):
        _write.say("promptecho accept: pass files, or --last-run, which may have --any.")
        return 2
    if in_ci(os.environ) and not arguments.check:
        _write.say(
            "promptecho accept: nothing is accepted in CI. Accept on your machine and commit the "
            "file. --check works in CI, too."
        )
        return 2
    try:
        if arguments.last_run:
            return _accept_last_run(arguments)
        names = _files.find(arguments.paths)
    except (BadRun, _files.NothingThere) as error:
        _write.say(f"promptecho accept: {error}")
        return 2
    if _files.STDIN in names:
        _write.say("promptecho accept: standard input cannot be written. Pass a file.")
        return 2
    return _accept(_of_files(names), arguments)


class _Work(NamedTuple):
    """A file, its bytes, and what is accepted in it; None if it cannot be used."""

    name: str
    before: bytes
    acceptance: Acceptance | None


def _accept(work: Iterable[_Work], arguments: argparse.Namespace) -> int:
    from promptecho._session.shown_acceptance import shown

    from . import _ask, _write

    files: dict[str, _write.Rewriting] = {}
    count = status = 0
    for name, before, made in work:
        if made is None:
            status = 1
            continue
        for each in made.accepted:
            sys.stdout.write("".join(f"{line}\n" for line in shown(name, each)))
        if made.accepted:
            files[name] = _write.Rewriting(before, made.data)
            count += len(made.accepted)
    if not files:
        sys.stdout.write("there is nothing to accept\n")
        return status
    if arguments.check or not (arguments.yes or _ask.confirmed(_question(count))):
        return 1
    return max(status, _write.write(files))


def _of_files(names: list[str]) -> Iterator[_Work]:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.acceptance import acceptance
    from promptecho._storage.store import read_cassette

    from . import _progress, _write
    from ._check import own_additions

    at = _now()
    for name in _progress.shown(names, len(names), quiet=False):
        try:
            before = read_cassette(name)
            yield _Work(name, before, acceptance(before, name, at, own_additions()))
        except CassetteError as error:
            _write.say(str(error))
            yield _Work(name, b"", None)


def _accept_last_run(arguments: argparse.Namespace) -> int:
    from promptecho._checks.accepted_misses import chosen

    from . import _suite, _write

    misses = _suite.read_misses()
    path = _suite.default_run()
    run = _suite.read_runs([path]) if os.path.exists(path) else None
    found = chosen((each for each in misses if not each.is_accepted), run, anything=arguments.any)
    for missed, reason in found.left:
        request = missed.request
        _write.say(f"{missed.test}: {request.method} {request.url} is not accepted: {reason}")
    status = _accept(_of_misses(found), arguments)
    if found.taken and not status:
        sys.stdout.write(f"{_AGAIN}\n")
    return max(status, int(bool(found.left)))


def _of_misses(found: Chosen) -> Iterator[_Work]:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.accepted_misses import accepted_misses
    from promptecho._storage.store import read_cassette

    from . import _progress, _write
    from ._check import own_additions

    for name, misses in _progress.shown(found.taken.items(), len(found.taken), quiet=False):
        try:
            before = read_cassette(name)
            made = accepted_misses(before, name, _now(), own_additions(), misses)
        except CassetteError as error:
            _write.say(str(error))
            yield _Work(name, b"", None)
            continue
        yield _Work(name, before, made)
        accepted = {each.number for each in made.accepted}
        for number in sorted(each.number for each in misses if each.number not in accepted):
            _write.say(f"{name}: recording {number} has changed since the run. Run it again.")


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _question(count: int) -> str:
    return f"Accept {'this recording' if count == 1 else f'these {count} recordings'}?"
