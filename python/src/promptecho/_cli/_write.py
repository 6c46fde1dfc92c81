"""Files that are rewritten after a question: shared by `accept` and `rm`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from promptecho._base.errors import CassetteError
from promptecho._base.printable import printable


class Rewriting(NamedTuple):
    """The bytes of a file as they were read, and those that replace them."""

    before: bytes
    after: bytes


def configure(parser: argparse.ArgumentParser, *, would: str) -> None:
    """Declare the arguments that decide whether something is written."""
    parser.add_argument("-y", "--yes", action="store_true", help="write without asking")
    parser.add_argument(
        "--check", action="store_true", help=f"write nothing; exit with 1 if something {would}"
    )


def write(files: Mapping[str, Rewriting]) -> int:
    """Replace files; returns the exit status. A file that fails does not stop the others."""
    from promptecho._storage.store import Store

    status = 0
    for name, each in files.items():
        try:
            Store(name).rewrite(partial(_checked, name, each))
        except CassetteError as error:
            say(str(error))
            status = 1
        else:
            sys.stdout.write(f"{printable(name)} written\n")
    return status


def say(text: str) -> None:
    """Print an error."""
    for line in text.splitlines():
        sys.stderr.write(f"{printable(line)}\n")


def _checked(name: str, each: Rewriting, now: bytes) -> bytes:
    if now == each.before:
        return each.after
    raise CassetteError(
        "cassette.unwritable",
        "the file was changed while you were asked",
        "Nothing is written. Run the command again.",
        path=name,
    )
