"""What accepting a recording changes, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from .._base.printable import printable
from .._checks.acceptance import Accepting
from .miss import shown_pair


def shown(name: str, accepting: Accepting) -> Iterator[str]:
    """A line for the recording, and one for each path with the old and the new value."""
    request = accepting.request
    yield printable(f"{name}: recording {accepting.number}, {request.method} {request.url}")
    for path, old, new in accepting.changes:
        before, after = shown_pair(old, new)
        yield printable(f"  {path}: {before} -> {after}")
