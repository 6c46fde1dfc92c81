"""Refuse whoever reaches beyond this machine, and remember who tried.

Frameworks fetch price lists and tokenizers, and report what they do; most swallow a refusal. An
audit hook sees each lookup and connection of Python's own sockets, whichever library makes it. It
stays until the process ends, and judges only while tests of this folder are imported and run.
"""

from __future__ import annotations

import sys
from typing import Any

LOCAL = frozenset({None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})


class Guard:
    """What an audit hook tells; the names of hosts beyond this machine."""

    def __init__(self) -> None:
        self.on = True
        self._beyond: list[str] = []

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on or not event.startswith("socket."):
            return
        host = _host(event, args)
        if host not in LOCAL:
            self._beyond.append(f"{host} ({event})")
            raise ConnectionRefusedError(f"a test of this folder reached for {host}")

    def taken(self) -> list[str]:
        """Who was refused since the last call."""
        taken, self._beyond = self._beyond, []
        return taken


def _host(event: str, args: tuple[Any, ...]) -> str | None:
    host: Any = None
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    return host.decode() if isinstance(host, bytes) else host


guard = Guard()
sys.addaudithook(guard.audit)
