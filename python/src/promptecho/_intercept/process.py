"""Which gate sees the calls of this process: the open cassette, else a block of the network.

One interception is installed at a time. A cassette that is opened while the network is blocked
takes the place of the block until it is closed; what it lets pass, the block still holds.
"""

from __future__ import annotations

import threading

from .._session.open_cassette import OpenCassette
from . import Interception
from .dispatch import dispatched, under_way
from .network_block import Block
from .socket_guard import Guard

_lock = threading.RLock()
_blocks: list[Block] = []
_guard = Guard(_blocks, dispatched.get, lambda: bool(under_way))
_guarded = False
_cassette: OpenCassette | None = None
_installed: tuple[OpenCassette | Block, Interception] | None = None


def open_cassette(cassette: OpenCassette) -> None:
    """Let a cassette answer every call from here on."""
    try:
        _settle(cassette)
    except BaseException:
        _settle(None)  # the block, if there is one, is in force again
        raise


def close_cassette() -> None:
    """The end of that."""
    _settle(None)


def begin_block(block: Block) -> None:
    """Hold every call that no cassette allows."""
    global _guarded
    with _lock:
        if not _guarded:
            _guard.install()
            _guarded = True
        _blocks.append(block)
        try:
            _settle(_cassette)
        except BaseException:
            end_block(block)
            raise


def end_block(block: Block) -> None:
    """The end of that."""
    with _lock:
        _blocks.remove(block)
        _settle(_cassette)


class _CassetteGate:
    """A cassette as a gate: what it lets pass, a block of the network may still hold."""

    def __init__(self, cassette: OpenCassette) -> None:
        self._cassette = cassette
        self.options = cassette.options
        self.answer = cassette.answer
        self.refuses = cassette.refuses
        self.refuse = cassette.refuse
        self.not_intercepted = cassette.not_intercepted

    def passes(self, url: str) -> bool:
        if not self._cassette.passes(url):
            return False
        self.hold(url)
        return True

    def hold(self, url: str) -> None:
        for block in _blocks:
            block.hold(url)


def _settle(cassette: OpenCassette | None) -> None:
    """Install the interception that is wanted now, in the place of the one that was."""
    global _cassette, _installed
    with _lock:
        wanted = cassette or (_blocks[-1] if _blocks else None)
        _cassette = cassette
        if _installed is not None and _installed[0] is wanted:
            return
        if _installed is not None:
            _installed[1].remove()
            _installed = None
        if wanted is not None:
            interception = Interception(
                _CassetteGate(wanted) if isinstance(wanted, OpenCassette) else wanted
            )
            interception.install()
            _installed = wanted, interception
