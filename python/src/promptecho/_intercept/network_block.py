"""A block of the network: what no cassette allows does not leave the process.

`_intercept` asks it about the calls of HTTP libraries, `_sockets` about everything else.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Callable

from .._base.model import Request
from .._matching.hosts import Hosts, parsed
from .._matching.rules import UserRules, default_passthrough, rules, secret_values
from .._matching.url import stored_url
from .._session.options import Options


class NetworkBlocked(BaseException):
    """A call or a connection that `promptecho.block_network` held; nothing was sent.

    A `BaseException`, so that an SDK does not take it for a network failure and call again.

    Attributes:
        target: the URL, redacted, or ``host:port``.
    """

    __module__ = "promptecho"

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__(target)

    def __str__(self) -> str:
        return (
            f"the network is blocked: {self.target} was not called, since no cassette allows it\n"
            "Open a cassette for the call, or name the host in allowed_hosts."
        )


class NetworkDown(ConnectionRefusedError):
    """The same for telemetry; a library may make of it what it makes of a refused connection."""


class Block:
    """A block of the network, and the gate of all calls while no cassette is open.

    Args:
        allowed_hosts: patterns of hosts that may be called [PASS-2].

    Attributes:
        raised: what it raised, in order.
        raising: makes another exception of one that is about to be raised, if it is not None.

    Raises:
        OptionError: `option.value`, a pattern is none.
    """

    def __init__(self, allowed_hosts: Iterable[str] = ()) -> None:
        self.options = Options()
        self.raised: list[NetworkBlocked] = []
        self.raising: Callable[[NetworkBlocked], BaseException] | None = None
        self._allowed = Hosts(allowed_hosts)

    def passes(self, url: str) -> bool:
        """True for a URL that may be called; raises for any other."""
        self.hold(url)
        return True

    def hold(self, url: str) -> None:
        """Raise for a URL that may not be called."""
        if not self._allowed.match(url):
            raise self.held(_shown(url), quietly=default_passthrough().match(url))

    def answer(self, request: Request) -> Any:
        """Nothing answers a call that may not be made."""
        raise self.held(_shown(request.url))

    def refuses(self, status: int) -> bool:
        """Nothing is recorded, so no answer is refused."""
        return False

    def refuse(self, capture: Any, status: int, body: bytes) -> BaseException:
        """As `answer`."""
        return self.held(f"an answer of status {status}")

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Its calls are held at the sockets."""

    def allows(self, host: str, port: int) -> bool:
        """Whether a connection may be made to a host, given by its name or an address of it."""
        return any(hosts.match_address(host, port) for hosts in (self._allowed, self._resolved))

    def held(self, target: str, *, quietly: bool = False) -> BaseException:
        """What to raise for a call. Telemetry sees a network that is down, which it bears."""
        if quietly:
            return NetworkDown(f"the network is blocked: {target} was not called")
        error = NetworkBlocked(target)
        self.raised.append(error)
        return error if self.raising is None else self.raising(error)

    @cached_property
    def _resolved(self) -> Hosts:
        """The allowed hosts by their addresses: a connection is made to one, not to a name."""
        named = (pattern for pattern in self._allowed.patterns if "*" not in pattern)
        return Hosts(each for pattern in named for each in _by_address(pattern))


def _by_address(pattern: str) -> Iterator[str]:
    """A pattern with each address of its host instead of the host's name."""
    parts = parsed(pattern)
    rest = pattern[parts.end("host") :]
    try:
        found = socket.getaddrinfo(parts["host"].strip("[]"), None)
    except OSError:
        return
    for address in {str(each[4][0]) for each in found}:
        yield (f"[{address}]" if ":" in address else address) + rest


def _shown(url: str) -> str:
    """A URL as a cassette stores it: without secrets."""
    policy = rules(UserRules(literals=secret_values(os.environ)))
    return policy.redactor.text(stored_url(url, policy.query))
