"""Functions that are made at their first call: those of large expressions take time to compile."""

from __future__ import annotations

from functools import cache
from typing import Any, Callable, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def late(make: Callable[[], Function]) -> Function:
    """A function that `make` makes when it is first called."""
    made = cache(make)

    def call(*args: Any) -> Any:
        return made()(*args)

    return call  # type: ignore[return-value]
