"""The socket guard: stops connections while the network is blocked.

An audit hook sees every connection, every datagram to an address and every name lookup that goes
through Python's `socket` module. Unix sockets stay on the machine and are not checked. Libraries
that call the system from C (gRPC, libcurl, c-ares, libuv) are not seen.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from threading import local
from typing import Any, Callable, NamedTuple

from .._matching.rules import default_passthrough
from .network_block import Block

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
        _own.busy = True  # `allows` looks up allowed hosts
        try:
            allowed = all(block.allows(*target) for block in self.blocks)
        finally:
            _own.busy = False
        if not allowed:
            if event == "socket.connect":
                arguments[0].close()  # callers close it only for an OSError
            shown = "{}:{}".format(*target) if target[1] else target[0]
            quietly = default_passthrough().match_address(*target)
            raise self.blocks[-1].held(shown, quietly=quietly)


class _Own(local):
    """Whether the guard itself is looking up a name in this thread."""

    busy = False


_own = _Own()


def _connection(connecting: socket.socket, address: Any) -> tuple[str, int] | None:
    if connecting.family not in _INTERNET or not isinstance(address, tuple):
        return None  # a Unix socket, or a datagram on a connected socket
    if sys._getframe(2).f_code.co_name in ("socketpair", "_fallback_socketpair"):
        return None  # without Unix sockets, event loops connect a pair over TCP
    return str(address[0]), int(address[1])


def _name(host: Any, port: Any = 0, *_: Any) -> tuple[str, int] | None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not name or _is_address(name):
        return None
    return name, port if isinstance(port, int) else 0


def _is_address(name: str) -> bool:
    for family in _INTERNET:
        try:
            socket.inet_pton(family, name.partition("%")[0])
        except OSError:
            continue
        return True
    return False


_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_TARGETS: dict[str, Callable[..., tuple[str, int] | None]] = {
    "socket.connect": _connection,
    "socket.sendto": _connection,
    "socket.sendmsg": _connection,
    **dict.fromkeys(_LOOKUPS, _name),
}
