"""Files rewritten in place, or only looked at: what `fmt` and `migrate` share."""

from __future__ import annotations

import argparse
import sys
from typing import Callable

from promptecho._base.errors import CassetteError
from promptecho._storage.store import Store, read_cassette

from . import _files

#: The bytes of a file and its name -> the bytes that it is to have.
Change = Callable[[bytes, str], bytes]
#: The bytes of a file before and its name -> what to say about it, if anything.
Remark = Callable[[bytes, str], str]


def configure(parser: argparse.ArgumentParser, *, would: str) -> None:
    """Declare the arguments of both."""
    _files.add_paths(parser)
    parser.add_argument(
        "--check", action="store_true", help=f"write nothing; exit with 1 if a file {would}"
    )


def run(
    command: str, arguments: argparse.Namespace, change: Change, remark: Remark, verb: str
) -> int:
    """Rewrite the files; the result is the exit status.

    Args:
        command: its name, for messages.
        arguments: what `configure` has declared.
        change: pure.
        remark: pure; asked about each file that could be read.
        verb: what is done to a file, such as ``rewritten``.
    """
    try:
        names = _files.find(arguments.paths)
    except _files.NothingThere as error:
        sys.stderr.write(f"promptecho {command}: {error}\n")
        return 2
    # All of them, also after one that fails.
    states = [_one(name, change, remark, verb, check=arguments.check) for name in names]
    return max(states)


def _one(name: str, change: Change, remark: Remark, verb: str, *, check: bool) -> int:
    try:
        if name == _files.STDIN:
            return _standard_input(change, remark, check=check)
        before = read_cassette(name)
        after = change(before, name)
        _say(remark(before, name))
        if after == before:
            return 0
        if check:
            sys.stdout.write(f"{name} would be {verb}\n")
            return 1
        Store(name).rewrite(lambda data: change(data, name))
    except CassetteError as error:
        _say(str(error))
        return 1
    sys.stdout.write(f"{name} {verb}\n")
    return 0


def _standard_input(change: Change, remark: Remark, *, check: bool) -> int:
    """From standard input to standard output."""
    before = sys.stdin.buffer.read()
    after = change(before, _files.STDIN_NAME)
    _say(remark(before, _files.STDIN_NAME))
    if check:
        return int(after != before)
    sys.stdout.flush()
    sys.stdout.buffer.write(after)
    sys.stdout.buffer.flush()
    return 0


def _say(text: str) -> None:
    if text:
        sys.stderr.write(f"{text}\n")
