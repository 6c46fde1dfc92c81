"""Let git merge cassettes with `promptecho merge`; shows what it writes, and asks.

Git keeps the attributes in the repository and the command in the configuration of each clone.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from promptecho._base.printable import printable

if TYPE_CHECKING:
    from ._git import Plan


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Commit .gitattributes. Git does not take a command from a repository, so each clone needs"
        " this command once; a clone without it merges cassettes line by line. Exit status: 0 if"
        " git is set up, 1 if something is left to write, 2 if the command could not run."
    )
    parser.add_argument(
        "patterns",
        metavar="PATTERN",
        nargs="*",
        default=["**/cassettes/**/*.yaml", "**/cassettes/**/*.yml"],
        help="which files are cassettes, as .gitattributes names them (default: %(default)s)",
    )
    parser.add_argument(
        "--diff", action="store_true", help="also let git diff show conversations instead of YAML"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="write without asking")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if git is not set up"
    )


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError

    from . import _ask, _git

    try:
        plan = _git.plan(arguments.patterns, diff=arguments.diff)
        if not plan.lines and not plan.settings:
            sys.stdout.write("git merges cassettes with promptecho already\n")
            return 0
        _show(plan)
        if arguments.check:
            return 1
        if not arguments.yes and not _ask.confirmed("Write this?"):
            return 1
        _git.write(plan)
    except (_git.GitError, CassetteError) as error:
        sys.stderr.write(f"promptecho git-setup: {printable(str(error))}\n")
        return 2
    sys.stdout.write(f"written; commit {printable(plan.attributes)}\n")
    return 0


def _show(plan: Plan) -> None:
    if plan.lines:
        sys.stdout.write(f"{printable(plan.attributes)}:\n")
    for line in plan.lines:
        sys.stdout.write(f"    + {printable(line)}\n")
    if plan.settings:
        sys.stdout.write("configuration of this clone (git config --local):\n")
    for name, value in plan.settings:
        sys.stdout.write(f"    + {name} = {printable(value)}\n")
