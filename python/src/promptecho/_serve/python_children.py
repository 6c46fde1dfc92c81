"""Python programs below `promptecho run`: they join its cassette, and need no base URL.

A program gets the ticket that a child of `multiprocessing` gets (`Ticket`). It is never written
to disk: it is in memory behind an open file, which the program inherits. Only Linux has such files.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from .._intercept.process import Preparation
from .._session.open_cassette import OpenCassette

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python_child")
_NAME = "PROMPTECHO_RUN_FILE"
_MAGIC = b"promptecho run\0"


class Joined(NamedTuple):
    """How a program joins.

    Attributes:
        variables: of its environment.
        files: the numbers of open files that it inherits.
    """

    variables: dict[str, str]
    files: tuple[int, ...]


def ticket_of(opened: OpenCassette, server: str) -> bytes | None:
    """The ticket of a cassette for programs that also call a server; None if there is none.

    Calls to the server pass through: the server answers them.
    """
    if opened.is_disabled or not hasattr(os, "memfd_create"):
        return None
    ticket = opened.ticket()
    passthrough = (*ticket.options.passthrough, urlsplit(server).netloc)
    options = ticket.options._replace(passthrough=passthrough)
    return pickle.dumps(Preparation((ticket._replace(options=options),), (), ()))


@contextmanager
def joining(ticket: bytes | None, environ: Mapping[str, str]) -> Iterator[Joined]:
    """Hold the ticket open while a program runs.

    Args:
        ticket: of the cassette, or None.
        environ: what the program gets.
    """
    if ticket is None:
        yield Joined({}, ())
        return
    file = os.memfd_create("promptecho")  # type: ignore[attr-defined,unused-ignore]
    try:
        os.write(file, _MAGIC + ticket)
        path = os.pathsep.join(filter(None, [_FOLDER, environ.get("PYTHONPATH")]))
        yield Joined({_NAME: str(file), "PYTHONPATH": path}, (file,))
    finally:
        os.close(file)
