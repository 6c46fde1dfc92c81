"""Rewriting files in place, or only checking them: shared by `fmt` and `migrate`."""

from __future__ import annotations

import argparse
import sys
from typing import Callable

from promptecho._base.errors import CassetteError
from promptecho._base.printable import printable
from promptecho._storage.store import Store, read_cassette

from . import _files

#: The bytes of a file and its name -> the new bytes.
Change = Callable[[bytes, str], bytes]
#: The old bytes of a file and its name -> a remark to print, or an empty text.
Remark = Callable[[bytes, str], str]


def configure(parser: argparse.ArgumentParser, *, would: str) -> None:
    """Declare the arguments of both commands."""
    _files.add_paths(parser)
    parser.add_argument(
        "--check", action="store_true", help=f"write nothing; exit with 1 if a file {would}"
    )


def run(
    command: str, arguments: argparse.Namespace, change: Change, remark: Remark, verb: str
) -> int:
    """Rewrite the files; returns the exit status.

    Args:
        command: the name of the command, for messages.
        arguments: the arguments that `configure` declares.
        change: makes the new bytes; pure.
        remark: makes a remark about each file that can be read; pure.
        verb: the participle for messages, such as ``rewritten``.
    """
    try:
        names = _files.find(arguments.paths)
    except _files.NothingThere as error:
        _say(printable(f"promptecho {command}: {error}"))
        return 2
    # A file that fails does not stop the others.
    states = [_one(name, change, remark, verb, check=arguments.check) for name in names]
    return max(states)


def _one(name: str, change: Change, remark: Remark, verb: str, *, check: bool) -> int:
    try:
        if name == _files.STDIN:
            return _standard_input(change, remark, check=check)
        before = read_cassette(name)
        after = change(before, name)
        _say(printable(remark(before, name)))
        if after == before:
            return 0
        if check:
            sys.stdout.write(f"{printable(f'{name} would be {verb}')}\n")
            return 1
        Store(name).rewrite(lambda data: change(data, name))
    except CassetteError as error:
        _say(str(error))
        return 1
    sys.stdout.write(f"{printable(f'{name} {verb}')}\n")
    return 0


def _standard_input(change: Change, remark: Remark, *, check: bool) -> int:
    """From standard input to standard output."""
    before = _files.standard_input()
    after = change(before, _files.STDIN_NAME)
    _say(printable(remark(before, _files.STDIN_NAME)))
    if check:
        return int(after != before)
    sys.stdout.flush()
    sys.stdout.buffer.write(after)
    sys.stdout.buffer.flush()
    return 0


def _say(text: str) -> None:
    if text:
        sys.stderr.write(f"{text}\n")
