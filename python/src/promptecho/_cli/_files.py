"""The files that the arguments of a command name."""

from __future__ import annotations

import argparse
import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Callable

from promptecho._snapshots import FOLDER as SNAPSHOTS
from promptecho._storage.files import MAX_BYTES, too_large
from promptecho._storage.journal import NAME, is_left_behind, left_behind

STDIN = "-"
STDIN_NAME = "<stdin>"
_SUFFIXES = (".yaml", ".yml")
_PIECE = 1 << 20


class NothingThere(Exception):
    """An argument names no file; the message says which."""


def add_paths(
    parser: argparse.ArgumentParser, *, required: bool = True, stdin: bool = True
) -> None:
    """Declare the arguments that name files; `stdin` says whether ``-`` is one."""
    what = "a file, a folder (all *.yaml and *.yml in it), "
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+" if required else "*",
        help=what + ("a glob, or - for standard input" if stdin else "or a glob"),
    )


def find(
    arguments: Iterable[str],
    *,
    or_journals: bool = False,
    or_nothing: bool = False,
    suffixes: tuple[str, ...] = _SUFFIXES,
) -> list[str]:
    """The files that the arguments name, each once, in order.

    Args:
        arguments: of the command line.
        or_journals: whether a folder that holds journals only is no error.
        or_nothing: whether a folder that holds no cassette is no error.
        suffixes: of the files that count in a folder.

    Raises:
        NothingThere: an argument names nothing.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        names = list(_named(argument, suffixes))
        is_enough = or_nothing and os.path.isdir(argument)
        if not names and not is_enough and not (or_journals and journals([argument])):
            raise NothingThere(
                f"there is no cassette at {argument}. Pass a file, or a folder or a glob with "
                f"{' or '.join(f'*{suffix}' for suffix in suffixes)} files."
            )
        found.update(dict.fromkeys(names))
    return list(found)


def journals(arguments: Iterable[str]) -> list[str]:
    """The journals beside the files that the arguments name, and in the folders, in order.

    A journal that a session has locked is not among them.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        for name in _named(argument):
            beside = os.path.realpath(name) if os.path.islink(name) else name
            found.update(dict.fromkeys(() if name == STDIN else left_behind(beside)))
        if os.path.isdir(argument):
            found.update(dict.fromkeys(filter(is_left_behind, _walk(argument, _is_journal))))
    return sorted(found)


def snapshots(arguments: Iterable[str]) -> list[str]:
    """The files of snapshots among the arguments, and in their folders, in order."""
    found: dict[str, None] = {}
    for argument in arguments:
        for name in _named(argument):
            if os.path.basename(os.path.dirname(os.path.abspath(name))) == SNAPSHOTS:
                found[name] = None
        for parent, folders, names in os.walk(argument):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if os.path.basename(os.path.abspath(parent)) == SNAPSHOTS:
                yaml = (name for name in sorted(names) if name.endswith(_SUFFIXES))
                found.update(dict.fromkeys(os.path.join(parent, name) for name in yaml))
    return [name for name in found if not _blocks(name)]


def standard_input() -> bytes:
    """What standard input holds.

    Raises:
        CassetteError: that is more than a cassette may have.
    """
    pieces = iter(lambda: sys.stdin.buffer.read(_PIECE), b"")
    data = b"".join(islice(pieces, MAX_BYTES // _PIECE + 1))
    if len(data) > MAX_BYTES:
        raise too_large(STDIN_NAME, f"there are more than {MAX_BYTES} bytes")
    return data


def _is_journal(name: str) -> bool:
    return NAME.sub("", name).endswith(_SUFFIXES) and not name.endswith(_SUFFIXES)


def _named(argument: str, suffixes: tuple[str, ...] = _SUFFIXES) -> Iterator[str]:
    if argument == STDIN or os.path.isfile(argument):
        yield argument
    elif os.path.isdir(argument):
        yield from _inside(argument, suffixes)
    elif os.path.lexists(argument):
        yield argument  # a pipe or a broken link: reading it gives the error
    elif glob.has_magic(argument):
        for name in sorted(glob.glob(argument, recursive=True)):
            if os.path.isdir(name):
                yield from _inside(name, suffixes)
            else:
                yield name


def _inside(folder: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    found = _walk(folder, lambda name: name.endswith(suffixes))
    return (path for path in found if not _blocks(path))


def _walk(folder: str, chosen: Callable[[str], bool]) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n != SNAPSHOTS)
        for name in sorted(names):
            if chosen(name):
                yield os.path.join(parent, name)


def _blocks(path: str) -> bool:
    """Whether reading could block: a pipe or a device in a folder is not a cassette."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)
