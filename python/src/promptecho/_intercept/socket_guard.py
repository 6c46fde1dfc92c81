"""The socket guard: stops connections while the network is blocked.

An audit hook sees every connection, every datagram to an address and every name lookup that goes
through Python's `socket` module; `open_connections` sees what is sent on a connection from before
the block. Unix sockets stay on the machine and are not checked. Libraries that call the system from
C (gRPC, libcurl, c-ares, libuv, ctypes) and programs that this process starts are not seen.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from threading import local
from typing import Any, Callable, NamedTuple
from weakref import WeakSet

from .._matching.rules import default_passthrough
from .network_block import Block
from .open_connections import is_accepted

_INTERNET = (socket.AF_INET, socket.AF_INET6)


class Guard(NamedTuple):
    """What the audit hook asks.

    Attributes:
        blocks: the network blocks in force; the last one raises.
        is_dispatched: whether the current code belongs to a live call that the gate has allowed.
        is_calling: whether such a call is being made in any thread. Event loops look up names in
            threads of their own, where `is_dispatched` is false.
    """

    blocks: Sequence[Block]
    is_dispatched: Callable[[], bool]
    is_calling: Callable[[], bool]

    def install(self) -> None:
        """Add the audit hook; Python cannot remove it before the end of the process."""
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.blocks or event not in _TARGETS or self.is_dispatched() or _own.busy:
            return
        target = _TARGETS[event](*arguments)
        if target is None or (event in _LOOKUPS and self.is_calling()):
            return
        if not self._allows(target):
            if event == "socket.connect":
                arguments[0].close()  # callers close it only for an OSError
            raise self._held(target)

    def check_sender(self, sending: socket.socket) -> None:
        """Raise if a connection from before the block leads to a host that is not allowed."""
        if not self.blocks or _own.busy or sending.family not in _INTERNET:
            return
        if self.is_dispatched():
            _of_calls.add(sending)
        try:
            peer, own = sending.getpeername(), sending.getsockname()
        except OSError:
            return  # it is not connected
        ends = (peer[:2], own[:2])
        if sending in _of_calls or not _pairs.isdisjoint(ends) or any(map(self._allows, ends)):
            return
        if not is_accepted(sending, own):
            raise self._held(peer[:2])

    def _allows(self, target: tuple[str, int]) -> bool:
        _own.busy = True  # `allows` looks up allowed hosts
        try:
            return all(block.allows(*target) for block in self.blocks)
        finally:
            _own.busy = False

    def _held(self, target: tuple[str, int]) -> BaseException:
        shown = "{}:{}".format(*target) if target[1] else target[0]
        quietly = default_passthrough().match_address(*target)
        return self.blocks[-1].held(shown, quietly=quietly)


class _Own(local):
    """Whether the guard itself is looking up a name in this thread."""

    busy = False


_own = _Own()
# Where both ends of a connection are the same program.
_pairs: set[tuple[str, int]] = set()
# Connections of calls that the gate has allowed: a library may close them later.
_of_calls: WeakSet[socket.socket] = WeakSet()


def _connection(connecting: socket.socket, address: Any) -> tuple[str, int] | None:
    if connecting.family not in _INTERNET or not isinstance(address, tuple):
        return None  # a Unix socket, or a datagram on a connected socket
    caller = sys._getframe(2)
    if caller.f_globals is vars(socket) and caller.f_code.co_name in _PAIRS:
        _pairs.add(address[:2])
        return None  # without Unix sockets, event loops connect a pair over TCP
    return str(address[0]), int(address[1])


def _name(host: Any, port: Any = 0, *_: Any) -> tuple[str, int] | None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not name or _is_address(name):
        return None
    return name, port if isinstance(port, int) else 0


def _address(host: Any, port: Any = 0, *_: Any) -> tuple[str, int] | None:
    """A lookup of a name or of an address, which asks a name server too."""
    if isinstance(host, tuple):
        host, port = host[:2]
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if not name or name.startswith("127.") or name in _OWN_ADDRESSES:
        return None  # servers ask for the name of their own address
    return name, port if isinstance(port, int) else 0


def _is_address(name: str) -> bool:
    for family in _INTERNET:
        try:
            socket.inet_pton(family, name.partition("%")[0])
        except OSError:
            continue
        return True
    return False


_PAIRS = ("socketpair", "_fallback_socketpair")
_OWN_ADDRESSES = ("::1", "0.0.0.0", "::")
_LOOKUPS = {
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
}
_TARGETS: dict[str, Callable[..., tuple[str, int] | None]] = {
    "socket.connect": _connection,
    "socket.sendto": _connection,
    "socket.sendmsg": _connection,
    **dict.fromkeys(_LOOKUPS, _name),
    "socket.gethostbyaddr": _address,
    "socket.getnameinfo": _address,
}
