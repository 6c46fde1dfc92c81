"""The gate of this process: the open cassettes, or else the network block, or else a watch.

One interception is installed at a time. A cassette that is opened while the network is blocked
replaces the block as the gate until it is closed. The block still applies to calls that pass
through the cassette.

Several cassettes may be open (``scope="task"``). A call is answered by the cassette of its context:
the innermost block that it, or what started it with a copy of the context, is in. A call without
one is answered by the only open cassette, or else refused.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .cassettes_gate import CassettesGate, Place
from .dispatch import Gate, dispatched, under_way
from .interception import Interception
from .network_block import Block
from .waiting import release

if TYPE_CHECKING:
    from .._session.open_cassette import OpenCassette
    from .._session.ticket import Ticket
    from .open_connections import OpenConnections
    from .watch import Watch, WatchTicket

_lock = threading.RLock()
_claims: list[str] = []
_cassettes: list[OpenCassette] = []
_inherited: list[OpenCassette] = []  # from a parent process; an own cassette goes before them
_place: ContextVar[Place | None] = ContextVar("promptecho_cassette", default=None)
_blocks: list[Block] = []
_watches: list[Watch] = []
_cassettes_gate = CassettesGate(_cassettes, _inherited, _blocks, _place.get)
_forks_are_seen = False
_installed: tuple[Gate, Interception] | None = None


# Cassettes


def claim(path: str, *, several: bool) -> None:
    """Announce that a cassette is about to be opened.

    Raises:
        RuntimeError: another one is open, and this one is not of a task.
    """
    with _lock:
        if _claims and not several:
            other = _claims[-1]
            raise RuntimeError(
                f"cannot open the cassette {path}: {other} is open, and a process can have one "
                f"open cassette at a time. Close {other} first, or use one cassette for both. For "
                "a cassette of one task or block, pass scope='task'."
            )
        _claims.append(path)


def unclaim(path: str) -> None:
    """Take a claim back."""
    with _lock:
        if path in _claims:
            _claims.remove(path)


def open_cassette(cassette: OpenCassette, *, inherited: bool = False, places: bool = True) -> None:
    """Send the calls of this context to a cassette, until `close_cassette`."""
    with _lock:
        _see_forks()
        _cassettes.append(cassette)
        if inherited:
            _inherited.append(cassette)
        _listen(cassette, inherited=inherited)
        if places:
            _place.set(Place(cassette, _place.get()))
        try:
            _switch()
        except BaseException:
            close_cassette(cassette)
            raise


def _listen(cassette: OpenCassette, *, inherited: bool) -> None:
    """Release what waits for a call that the cassette refuses, also in the process of its block."""
    release.news = _raised_in_children
    if not cassette.is_disabled and inherited:
        cassette.raised.listener = release.raised_for(cassette.owner)
    else:
        cassette.raised.listener = release.raised


def has_open_cassette() -> bool:
    """Whether a cassette is open in this process."""
    return bool(_cassettes)


def _raised_in_children() -> list[BaseException]:
    open_here = [each for each in _cassettes if not each.is_disabled]
    return [error for cassette in open_here for error in cassette.raised_in_children()]


def close_cassette(cassette: OpenCassette) -> None:
    """Stop sending calls to a cassette."""
    place = _place.get()
    if place is not None and place.cassette is cassette:  # it may be closed in another context
        _place.set(place.outer)
    with _lock:
        release.forget()
        _cassettes_gate.last = cassette
        for listed in (_cassettes, _inherited):
            if cassette in listed:
                listed.remove(cassette)
        _switch()


# Blocks and watches


def begin_block(block: Block) -> None:
    """Block every call that no cassette allows, until `end_block`."""
    with _lock:
        _see_forks()
        connections = _connections()
        _blocks.append(block)
        connections.begin()
        try:
            _switch()
        except BaseException:
            end_block(block)
            raise


def end_block(block: Block) -> None:
    """End a network block."""
    with _lock:
        _blocks.remove(block)
        if not _blocks:
            _connections().end()
        _switch()
    block.end()


@cache
def _connections() -> OpenConnections:
    """What stops sockets during a block; the first block makes it, and adds the audit hook."""
    from .open_connections import OpenConnections
    from .socket_guard import Guard

    guard = Guard(_blocks, dispatched.get, lambda: bool(under_way))
    guard.install()
    return OpenConnections(guard.check_sender)


def begin_watch(watch: Watch) -> None:
    """Watch every call that neither a cassette nor a block sees, until `end_watch`."""
    with _lock:
        _see_forks()
        _watches.append(watch)
        _switch()


def end_watch(watch: Watch) -> None:
    """End a watch."""
    with _lock:
        _watches.remove(watch)
        _switch()


def _switch() -> None:
    """Install the interception that is wanted now."""
    global _installed
    gates: list[Gate] = [*_watches[-1:], *_blocks[-1:]]
    wanted = _cassettes_gate if _cassettes else gates[-1] if gates else None
    if _installed is not None and _installed[0] is wanted:
        return
    if _installed is not None:
        _installed[1].remove()
        _installed = None
    if wanted is None:
        release.end()
    else:
        release.begin()
        interception = Interception(wanted)
        interception.install()
        _installed = wanted, interception


# Child processes


class Preparation(NamedTuple):
    """What a spawned child does before anything else, so that its calls are seen as ours are.

    Attributes:
        tickets: the cassettes that may answer it.
        blocks: the allowed hosts of each network block, and where it says what it raised.
        watches: the watches.
    """

    tickets: tuple[Ticket, ...]
    blocks: tuple[tuple[tuple[str, ...], str], ...]
    watches: tuple[WatchTicket, ...]

    def begin(self) -> None:
        """Open the cassettes and block the network, until the child ends."""
        for watch in self.watches:
            begin_watch(watch.watch())
        for allowed_hosts, log in self.blocks:
            begin_block(Block(allowed_hosts, log=log))
        if self.tickets:
            from .._session.open_cassette import OpenCassette

            # Of several cassettes none is that of the child: a call is refused, as in the parent.
            several = len(self.tickets) > 1
            for ticket in self.tickets:
                joined = OpenCassette.joined(ticket, os.environ)
                open_cassette(joined, inherited=True, places=not several)


def preparation() -> Preparation:
    """The preparation of a child that is about to be spawned in this context."""
    with _lock:
        own = _cassettes_gate.own()
        cassettes = _cassettes if own is None else [own]
        tickets = tuple(each.ticket() for each in cassettes if not each.is_disabled)
        blocks = tuple((block.allowed_hosts, block.before_child()) for block in _blocks)
        return Preparation(tickets, blocks, tuple(watch.ticket() for watch in _watches))


def _see_forks() -> None:
    global _forks_are_seen
    if not _forks_are_seen and hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child
        )
    _forks_are_seen = True


def _before_fork() -> None:
    _lock.acquire()
    for cassette in _cassettes:
        cassette.before_child()
    for block in (*_blocks, *_watches):
        with suppress(OSError):  # there is no temporary folder
            block.before_child()


def _in_parent() -> None:
    for cassette in _cassettes:
        cassette.after_child()
    _lock.release()


def _in_child() -> None:
    _claims.clear()
    under_way.clear()
    _inherited[:] = _cassettes
    for cassette in _cassettes:
        cassette.become_child()
        _listen(cassette, inherited=True)
    for block in (*_blocks, *_watches):
        block.become_child()
    release.become_child()
    _lock.release()
