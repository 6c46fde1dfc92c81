"""The files that the arguments of a command name."""

from __future__ import annotations

import argparse
import glob
import os
import stat
from collections.abc import Iterable, Iterator

STDIN = "-"
STDIN_NAME = "<stdin>"
_SUFFIXES = (".yaml", ".yml")


class NothingThere(Exception):
    """An argument names no file; the message says which."""


def add_paths(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Declare the arguments that name files."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+" if required else "*",
        help="a file, a folder (all *.yaml and *.yml in it), a glob, or - for standard input",
    )


def find(arguments: Iterable[str]) -> list[str]:
    """The files that the arguments name, each once, in order.

    Raises:
        NothingThere: an argument names nothing.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        names = list(_named(argument))
        if not names:
            raise NothingThere(
                f"there is no cassette at {argument}. Pass a file, or a folder or a glob with "
                "*.yaml or *.yml files."
            )
        found.update(dict.fromkeys(names))
    return list(found)


def _named(argument: str) -> Iterator[str]:
    if argument == STDIN or os.path.isfile(argument):
        yield argument
    elif os.path.isdir(argument):
        yield from _inside(argument)
    elif os.path.lexists(argument):
        yield argument  # a pipe or a broken link: reading it gives the error
    elif glob.has_magic(argument):
        for name in sorted(glob.glob(argument, recursive=True)):
            if os.path.isdir(name):
                yield from _inside(name)
            else:
                yield name


def _inside(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(parent, name)
            if name.endswith(_SUFFIXES) and not _blocks(path):
                yield path


def _blocks(path: str) -> bool:
    """Whether reading could block: a pipe or a device in a folder is not a cassette."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)
