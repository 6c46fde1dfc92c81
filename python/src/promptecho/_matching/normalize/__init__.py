"""One canonical, neutral body per logical request (spec section "Canonical request bodies").

The dialect is chosen by path and shape, never by host. A dialect is a pure function that moves what
a rule names and passes on the rest; it never raises, never changes its input, and gives the same
again when it is given what it gave.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from ..._base.model import JSON
from ..._base.vocabulary import BUILT_IN, DIALECT_NAME
from . import registry
from .choice import GENERIC, dialect_of
from .registry import any_registered, is_registered, unregister

__all__ = [
    "GENERIC",
    "any_registered",
    "is_registered",
    "normalize",
    "register_dialect",
    "unregister",
]


def normalize(
    path: str, body: dict[str, JSON], method: str = "POST"
) -> tuple[str, dict[str, JSON]]:
    """The dialect's name and the canonical body of a request. [NORM-1] [NORM-2]

    The result may share parts with `body`; treat both as frozen.

    Args:
        path: the key path [URL-1].
        body: the JSON object sent, after redaction.
        method: the HTTP method, for dialects of users.
    """
    own = registry.find(method, path, body)
    if own is not None:
        return own.name, own.normalize(path, body)
    name = dialect_of(path, body)
    return name, _dialect(name).normalize(path, body)


@cache
def _dialect(name: str) -> Any:
    return import_module(f".{name}", __name__)


def register_dialect(name: str, matches: registry.Matches, normalize: registry.Normalize) -> None:
    """Teach this process the dialect of an in-house gateway. [NORM-20]

    Args:
        name: written into a recording as `dialect`.
        matches: takes (method, key path, body) and says whether a request is in this dialect.
        normalize: takes (key path, body) and returns the canonical body. It must be pure, and give
            the same again when it is given its own result.

    Raises:
        ValueError: the name is that of a built-in dialect, or not 1 to 64 of ``A-Z a-z 0-9 _ . -``.
    """
    if name in BUILT_IN or not DIALECT_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be the name of a dialect: take 1 to 64 letters, digits, '_', '.' or"
            f" '-', and none of {', '.join(sorted(BUILT_IN))}"
        )
    registry.register(name, matches, normalize)
