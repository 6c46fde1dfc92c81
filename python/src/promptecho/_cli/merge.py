"""Merge two versions of a cassette, recording by recording; a merge driver for git.

`promptecho git-setup` tells git to use it.
"""

from __future__ import annotations

import argparse
import sys

from promptecho._base.printable import printable


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Recordings that both sides added are kept, ours first. A recording that one side changed"
        " or removed follows that side. If both sides recorded the same request with different"
        " answers, OURS gets conflict markers, which no reader accepts. Exit status: 0 if all is"
        " merged, 1 if there are conflicts, 2 if a file cannot be read or written."
    )
    parser.add_argument("base", metavar="BASE", help="the common ancestor (git: %%O)")
    parser.add_argument("ours", metavar="OURS", help="our version; the result goes here (%%A)")
    parser.add_argument("theirs", metavar="THEIRS", help="their version (%%B)")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the path for messages (%%P)")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if there are conflicts"
    )


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError
    from promptecho._checks.merge import merged
    from promptecho._storage.store import Store, read_cassette

    name = arguments.name or arguments.ours
    try:
        sides = [read_cassette(each) for each in (arguments.base, arguments.ours, arguments.theirs)]
        result = merged(*sides)
        if not arguments.check:
            Store(arguments.ours).rewrite(lambda _: result.data)
    except CassetteError as error:
        _say(f"promptecho merge: {error}")
        return 2
    for conflict in result.conflicts:
        _say(f"CONFLICT in {name}: {conflict}.")
    if result.conflicts and not arguments.check:
        _say(
            f"{name} has conflict markers now, and cannot be replayed. Keep one side of each "
            "conflict and delete the markers; or take one side as a whole (`git checkout --ours` "
            "or `--theirs`) and record what is missing. Then run `promptecho validate` on it."
        )
    return 1 if result.conflicts else 0


def _say(text: str) -> None:
    for line in text.splitlines():
        sys.stderr.write(f"{printable(line)}\n")
