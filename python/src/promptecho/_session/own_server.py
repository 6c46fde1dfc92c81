"""Whether a call goes to a server of this very process, which a test probably wants to reach.

A test that starts its application in a thread and calls it records the application's answers. On
replay the application is not called, so nothing of it is tested.
"""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from contextlib import closing, suppress

from .._base.real import os
from .._matching.url import host_text

_DESCRIPTORS = ("/proc/self/fd", "/dev/fd")  # of Linux, of macOS; Windows has neither


class OwnServer:
    """Finds the first call of a session to a server of this process that should not be answered.

    A session that records calls to such a server alone records a mock on purpose.
    """

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._recorded: str | None = None
        self._others = False
        self._noticed = False

    def replayed(self, url: str) -> str | None:
        """The host of a replayed call, if this is the first one to a server of this process."""
        return self._first(host_text(url) if self.has(url) else None)

    def recorded(self, url: str) -> str | None:
        """As `replayed`, once the session records calls to other servers as well."""
        if self.has(url):
            self._recorded = host_text(url)
        else:
            self._others = True
        return self._first(self._recorded if self._others else None)

    def has(self, url: str) -> bool:
        """Whether a server of this process listens at the address of a URL."""
        host = host_text(url)
        if not host.startswith(("127.", "localhost:", "[::1]:")):
            return False
        if host not in self._known:
            self._known[host] = int(host.rpartition(":")[2]) in _listening()
        return self._known[host]

    def _first(self, host: str | None) -> str | None:
        if host is None or self._noticed:
            return None
        self._noticed = True
        return host


def _listening() -> set[int]:
    """The ports at which this process listens."""
    return {port for number in _descriptors() for port in _port(number)}


def _descriptors() -> Iterator[int]:
    for folder in _DESCRIPTORS:
        with suppress(OSError):
            yield from [int(name) for name in os.listdir(folder) if name.isdigit()]
            return


def _port(number: int) -> Iterator[int]:
    with suppress(OSError):  # it was closed meanwhile, or is a socket of another kind
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            with closing(socket.socket(fileno=os.dup(number))) as copy:
                internet = copy.family in (socket.AF_INET, socket.AF_INET6)
                if internet and copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield int(copy.getsockname()[1])
