"""The network block: a call that no cassette allows does not leave the process.

The backends ask it about the calls of HTTP libraries, `socket_guard` about every other connection.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from .._base.model import Request
from .._base.printable import printable
from .._base.stop import Stop
from .._matching.hosts import Hosts, parsed
from .._matching.rules import UserRules, default_passthrough, rules, secret_values
from .._matching.telemetry import is_telemetry
from .._matching.url import stored_url
from .._session.options import Options
from .._storage.shared_log import SharedLog
from .waiting import release

_WHY = "no open cassette records it"
_REMEDY = "Open a cassette around the call, or add the host to allowed_hosts."


class NetworkBlocked(Stop):
    """A call or a connection that `promptecho.block_network` stopped; nothing was sent.

    It is a `BaseException`, so an SDK does not take it for a network failure and retry. Where
    pytest is loaded, it is a `pytest.fail.Exception` too.

    Attributes:
        target: the URL, redacted, or ``host:port``.
    """

    __module__ = "promptecho"

    def __init__(self, target: str, why: str = _WHY, remedy: str = _REMEDY) -> None:
        self.target = target
        self._why = why
        self._remedy = remedy
        BaseException.__init__(self, target, why, remedy)

    def __str__(self) -> str:
        what = f"the network is blocked: {self.target} was not called"
        return f"{printable(what)}, because {self._why}\n{self._remedy}"


class NetworkDown(ConnectionRefusedError):
    """A blocked call of telemetry; a library handles it as it handles a refused connection."""


class Block:
    """A network block, and the gate of all calls while no cassette is open.

    Args:
        allowed_hosts: patterns of hosts that may be called [PASS-2].
        log: in a child process, where its parent reads what the block raised.

    Attributes:
        allowed_hosts: the patterns.

    Raises:
        OptionError: `option.value`, a pattern is not valid.
    """

    def __init__(self, allowed_hosts: Iterable[str] = (), *, log: str = "") -> None:
        self.options = Options()
        self._raised: list[NetworkBlocked] = []
        self._is_child = bool(log)
        self._of_children = SharedLog(log) if log else None
        self.allowed_hosts = tuple(allowed_hosts)
        self._allowed = Hosts(self.allowed_hosts)

    @property
    def raised(self) -> list[NetworkBlocked]:
        """The exceptions that it raised, in this process and in its children."""
        if self._of_children is not None and not self._is_child:
            self._raised += [NetworkBlocked(*note) for note in self._of_children.take()]
        return self._raised

    def before_child(self) -> str:
        """Before a child is started; returns where the child says what the block raised.

        Raises:
            OSError: there is no temporary folder.
        """
        if self._of_children is None:
            self._of_children = SharedLog.create()
        return self._of_children.path

    def become_child(self) -> None:
        """After a fork, in the child."""
        self._is_child = True

    def end(self) -> None:
        """Read what children said, and delete it."""
        if self._of_children is not None and not self._is_child:
            self._raised = self.raised
            self._of_children.remove()

    def chosen(self, url: str) -> Block:
        """The block itself."""
        return self

    def passes(self, url: str) -> bool:
        """Whether a URL is allowed; for telemetry that is not, a refused connection."""
        if default_passthrough().match(url):
            self.hold(url)
        return self._allowed.match(url)

    def is_telemetry(self, request: Request) -> bool:
        """False; telemetry that is not allowed gets a refused connection."""
        if not self._allowed.match(request.url) and is_telemetry(request):
            raise self.held(shown(request.url), quietly=True)
        return False

    def hold(self, url: str) -> None:
        """Raise for a URL that is not allowed."""
        if not self._allowed.match(url):
            raise self.held(shown(url), quietly=default_passthrough().match(url))

    def answer(self, request: Request) -> Any:
        """Raise: a block has no recordings."""
        raise self.held(shown(request.url))

    def refuses(self, status: int) -> bool:
        """False: a block records nothing."""
        return False

    def refuse(self, capture: Any, status: int, body: bytes) -> BaseException:
        """As `answer`."""
        return self.held(f"a response of status {status}")

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Nothing to do: the socket guard stops its calls."""

    def allows(self, host: str, port: int) -> bool:
        """Whether connections to a host are allowed, given its name or one of its addresses."""
        return any(hosts.match_address(host, port) for hosts in (self._allowed, self._resolved))

    def held(self, target: str, *, quietly: bool = False) -> BaseException:
        """The exception to raise for a call.

        Args:
            target: what was called, for the message.
            quietly: whether the call is telemetry. It then looks like a refused connection, which
                telemetry tolerates.
        """
        if quietly:
            return NetworkDown(f"the network is blocked: {target} was not called")
        return self.raised_as(NetworkBlocked(target))

    def raised_as(self, error: NetworkBlocked) -> BaseException:
        """Remember an exception; returns the one to raise."""
        self._raised.append(error)
        if self._is_child and self._of_children is not None:
            self._of_children.add(error.args)
        release.raised(error)
        return error

    @cached_property
    def _resolved(self) -> Hosts:
        """The allowed hosts by their addresses, since sockets connect to an address."""
        named = (pattern for pattern in self._allowed.patterns if "*" not in pattern)
        return Hosts(each for pattern in named for each in _by_address(pattern))


def _by_address(pattern: str) -> Iterator[str]:
    """A pattern once for each address of its host, with the address in place of the name."""
    parts = parsed(pattern)
    rest = pattern[parts.end("host") :]
    try:
        found = socket.getaddrinfo(parts["host"].strip("[]"), None)
    except OSError:
        return
    for address in {str(each[4][0]) for each in found}:
        yield (f"[{address}]" if ":" in address else address) + rest


def shown(url: str) -> str:
    """A URL as a cassette stores it, without secrets."""
    policy = rules(UserRules(literals=secret_values(os.environ)))
    return policy.redactor.text(stored_url(url, policy.query))
