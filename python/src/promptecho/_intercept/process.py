"""The gate of this process: the open cassette, or else the network block.

One interception is installed at a time. A cassette that is opened while the network is blocked
replaces the block as the gate until it is closed. The block still applies to calls that pass
through the cassette.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .dispatch import dispatched, under_way
from .interception import Interception
from .network_block import Block
from .socket_guard import Guard
from .waiting import release

if TYPE_CHECKING:
    from .._session.open_cassette import OpenCassette

_lock = threading.RLock()
_blocks: list[Block] = []
_guard = Guard(_blocks, dispatched.get, lambda: bool(under_way))
_guarded = False
_cassette: OpenCassette | None = None
_installed: tuple[OpenCassette | Block, Interception] | None = None


def open_cassette(cassette: OpenCassette) -> None:
    """Send every call to a cassette, until `close_cassette`."""
    try:
        cassette.raised.listener = release.raised
        _switch_to(cassette)
    except BaseException:
        _switch_to(None)  # back to the network block, if there is one
        raise


def close_cassette() -> None:
    """Stop sending calls to the cassette."""
    release.forget()
    _switch_to(None)


def begin_block(block: Block) -> None:
    """Block every call that no cassette allows, until `end_block`."""
    global _guarded
    with _lock:
        if not _guarded:
            _guard.install()
            _guarded = True
        _blocks.append(block)
        try:
            _switch_to(_cassette)
        except BaseException:
            end_block(block)
            raise


def end_block(block: Block) -> None:
    """End a network block."""
    with _lock:
        _blocks.remove(block)
        _switch_to(_cassette)


class _CassetteGate:
    """An open cassette as a gate; the network block applies to calls that pass through it."""

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


def _switch_to(cassette: OpenCassette | None) -> None:
    """Replace the installed interception by one for the cassette, or else for the last block."""
    global _cassette, _installed
    with _lock:
        wanted = cassette or (_blocks[-1] if _blocks else None)
        _cassette = cassette
        if _installed is not None and _installed[0] is wanted:
            return
        if _installed is not None:
            _installed[1].remove()
            _installed = None
        if wanted is None:
            release.end()
        else:
            release.begin()
            interception = Interception(
                wanted if isinstance(wanted, Block) else _CassetteGate(wanted)
            )
            interception.install()
            _installed = wanted, interception
