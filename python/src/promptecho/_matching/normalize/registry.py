"""Dialects of users: a predicate and a pure function under a name. [NORM-20]"""

from __future__ import annotations

from typing import Callable, NamedTuple

from ..._base.model import JSON

Body = dict[str, JSON]
Matches = Callable[[str, str, Body], bool]
Normalize = Callable[[str, Body], Body]


class Dialect(NamedTuple):
    """A user's dialect.

    Attributes:
        name: what a recording calls it.
        matches: (method, key path, body) -> whether a request is in this dialect.
        normalize: (key path, body) -> canonical body.
    """

    name: str
    matches: Matches
    normalize: Normalize


_dialects: dict[str, Dialect] = {}


def register(name: str, matches: Matches, normalize: Normalize) -> None:
    """Add a dialect; one of the same name is replaced. Those added last are asked first."""
    _dialects.pop(name, None)
    _dialects[name] = Dialect(name, matches, normalize)


def unregister(name: str) -> None:
    """Forget a dialect; nothing happens if there is none of that name."""
    _dialects.pop(name, None)


def is_registered(name: str) -> bool:
    """Whether a dialect of that name can be used."""
    return name in _dialects


def any_registered() -> bool:
    """Whether a user has registered a dialect."""
    return bool(_dialects)


def find(method: str, path: str, body: Body) -> Dialect | None:
    """The user's dialect for a request, if there is one."""
    if not _dialects:
        return None
    for dialect in reversed(list(_dialects.values())):
        if dialect.matches(method, path, body):
            return dialect
    return None
