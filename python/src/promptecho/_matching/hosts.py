"""Which URLs a list of host patterns names (spec section "Passthrough") [PASS-2]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from .._base.errors import OptionError

_PATTERN = re.compile(r"(?P<host>\[[^]/]*\]|[^:/\[\]]+)(?::(?P<port>[0-9]+))?(?P<path>/.*)?")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Hosts:
    """A list of host patterns: ``host``, ``host:port``, ``host/path``, ``host:port/path``.

    In host and path ``*`` stands for any characters, none included. A pattern without a port means
    every port, one without a path every path. Hosts are compared without regard to ASCII case; an
    IPv6 address stands in brackets.

    Raises:
        OptionError: `option.value`, a pattern of another form.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        expressions = [_expression(pattern) for pattern in self.patterns]
        self._matches = re.compile("|".join(expressions)).fullmatch if expressions else None
        #: Whether one of the patterns names an absolute URL; its query does not count.
        self.match = lru_cache(maxsize=256)(self._match)  # a program calls few URLs many times

    def _match(self, url: str) -> bool:
        return self._matches is not None and self._matches(target(url)) is not None

    def match_address(self, host: str, port: int) -> bool:
        """Whether one of the patterns names a host and a port, on any path."""
        name = f"[{host}]" if ":" in host else host
        if self._matches is None:
            return False
        return self._matches(f"{name.lower().removesuffix('.')}:{port}/") is not None


def parsed(pattern: str) -> re.Match[str]:
    """A pattern's parts: ``host``, ``port``, ``path``.

    Raises:
        OptionError: `option.value`.
    """
    parts = _PATTERN.fullmatch(pattern)
    if parts is None:
        raise OptionError(
            "option.value",
            f"{pattern!r} is no pattern of a host",
            "Write a host, such as api.example.com, *.example.com, [::1] or localhost:8080, and a "
            "path behind it if only that is meant; no scheme.",
        )
    return parts


def _expression(pattern: str) -> str:
    parts = parsed(pattern)
    port = parts["port"] or "[0-9]+"
    path = glob(parts["path"]) if parts["path"] else "/.*"
    return f"{glob(parts['host'].lower())}:{port}{path}"


def glob(text: str) -> str:
    """The expression of a text in which `*` stands for any characters [PASS-2]."""
    return ".*".join(map(re.escape, text.split("*")))


def target(url: str) -> str:
    """A URL as the patterns see it: its host, its port, and its path."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{_port(parts.netloc, parts.scheme)}{parts.path or '/'}"


def _port(netloc: str, scheme: str) -> str:
    explicit = re.search(r":0*([0-9]+)$", netloc)
    return explicit[1] if explicit else str(_DEFAULT_PORTS.get(scheme, 0))
