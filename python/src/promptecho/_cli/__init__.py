"""The command line: each public module of this folder is one command.

The name of the module is the name of the command, with ``-`` in place of ``_``; one at its end,
which sets it apart from a word of Python, does not count. The first line of its docstring is the
help.
``configure`` declares the arguments; ``run`` does the work and returns the exit status.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Protocol, cast


class Command(Protocol):
    """What the module of a command provides."""

    __doc__: str | None

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work; returns the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``promptecho`` with these arguments, by default those of the process.

    Returns:
        The exit status: 0 for success, 1 for problems that were found. Wrong usage exits with 2.
    """
    own, program = _split(sys.argv[1:] if argv is None else argv)
    arguments = _parser().parse_args(own, argparse.Namespace(program=program))
    command: Command = arguments.command
    return command.run(arguments)


def _split(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The arguments of `promptecho run`, and the program behind ``--``, with its arguments.

    argparse would remove a ``--`` among the arguments of the program.
    """
    if not argv or argv[0] != "run" or "--" not in argv:
        return argv, ()
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]


def _parser() -> argparse.ArgumentParser:
    from promptecho import __version__

    parser = argparse.ArgumentParser(prog="promptecho", description="Record and replay LLM calls.")
    parser.add_argument("--version", action="version", version=f"promptecho {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in _commands():
        summary = (command.__doc__ or "").splitlines()[0]
        child = commands.add_parser(name, help=summary, description=summary)
        command.configure(child)
        child.set_defaults(command=command)
    return parser


def _commands() -> list[tuple[str, Command]]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return [
        (
            name.rstrip("_").replace("_", "-"),
            cast(Command, importlib.import_module(f"{__name__}.{name}")),
        )
        for name in names
    ]
