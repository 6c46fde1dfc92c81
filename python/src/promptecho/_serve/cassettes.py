"""The cassettes of a server: the current one, and those that requests name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from .._base.printable import printable
from .._intercept.cassettes_gate import CassetteGate
from .._session.cassette import Cassette
from .._session.live_cassette import LiveCassette
from .._session.open_cassette import OpenCassette
from .._session.options import Options, effective_mode, is_disabled
from .python_children import ticket_of


class Report(NamedTuple):
    """What happened in one cassette; `problem` is the error that its end raised, or None."""

    cassette: str
    mode: str
    requests: int
    replayed: int
    recorded: int
    missed: int
    problem: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether every request was answered, and the file was saved."""
        return not self.missed and self.problem is None

    def __str__(self) -> str:
        text = (
            f"{self.cassette} (mode {self.mode}): {self.requests} requests, {self.replayed} "
            f"replayed, {self.recorded} recorded, {self.missed} missed"
        )
        return printable(text)


class Open(NamedTuple):
    """An open cassette: the session, its gate, and its public view."""

    session: OpenCassette
    gate: CassetteGate
    view: Cassette


class Cassettes:
    """Opens cassettes when a request asks for them, and closes them.

    Args:
        path: the file of the cassette that answers requests without a name. A cassette with a
            name is beside it.
        options: those of all cassettes.
    """

    def __init__(self, path: str, options: Options) -> None:
        self._path = path
        self._options = options
        self._current: str | None = None
        self._is_shared = False
        self._open: dict[str | None, Open] = {}
        self.closed: list[Report] = []

    def get(self, name: str | None = None) -> Open:
        """The open cassette of a name, or the current one.

        Raises:
            CassetteError: the file cannot be used.
        """
        name = self._current if name is None else name
        if name not in self._open:
            path, mode = self.path(name), effective_mode(self._options.mode)
            session: OpenCassette
            if is_disabled():
                session = LiveCassette(path, self._options, mode)
            else:
                session = OpenCassette(path, self._options, mode, os.environ)
            self._open[name] = Open(session, CassetteGate(session, ()), Cassette(session))
        return self._open[name]

    def ticket(self, server: str) -> bytes | None:
        """The ticket with which Python programs join the first cassette, if they can."""
        ticket = ticket_of(self.get().session, server)
        self._is_shared = ticket is not None
        return ticket

    def path(self, name: str | None) -> str:
        """The file of a cassette."""
        if name is None:
            return self._path
        folder, suffix = os.path.dirname(self._path), os.path.splitext(self._path)[1]
        return os.path.join(folder, *name.split("/")) + suffix

    @property
    def current(self) -> str:
        """The file of the current cassette."""
        return self.path(self._current)

    def switch(self, name: str | None) -> Report | None:
        """Close the current cassette, and take another; returns what happened in the old one."""
        report = self.close(self._current)
        self._current = name
        return report

    def close(self, name: str | None) -> Report | None:
        """Close and save a cassette; None if it is not open."""
        opened = self._open.pop(name, None)
        if opened is None:
            return None
        problem = None
        try:
            if opened.view.sent or (name is None and self._is_shared):
                opened.session.close(None)
            else:
                opened.session.abandon()
        except BaseException as error:  # a miss is one of promptecho's, and no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            problem = str(error)
        report = _report(opened, problem)
        self.closed.append(report)
        return report

    def close_all(self) -> list[Report]:
        """Close and save every cassette; returns what happened in all, the closed ones first."""
        for name in list(self._open):
            self.close(name)
        return self.closed

    def reports(self) -> Iterator[Report]:
        """What has happened so far."""
        yield from self.closed
        yield from (_report(each, None) for each in self._open.values())


def _report(opened: Open, problem: str | None) -> Report:
    view = opened.view
    played, recorded = len(view.played), len(view.recorded)
    missed = len(view.missed)
    return Report(view.path, view.mode, len(view.sent), played, recorded, missed, problem)
