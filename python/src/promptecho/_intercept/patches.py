"""Functions of other libraries that are replaced, and how they are put back."""

from __future__ import annotations

from functools import wraps
from typing import Any


class Patches:
    """The functions that were replaced, and the originals."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any]] = []
        self._over = False

    def replace(self, owner: Any, name: str, function: Any) -> None:
        """Replace a function that `owner` itself defines.

        `unittest.mock.patch` restores what it found. A mock that starts before `end` and stops
        after it restores the replacement, which then calls the original.
        """
        before = owner.__dict__[name]

        @wraps(before, assigned=("__name__", "__qualname__", "__doc__"))  # keeps its own __module__
        def replacement(*args: Any, **kwargs: Any) -> Any:
            return (before if self._over else function)(*args, **kwargs)

        self._done.append((owner, name, before))
        setattr(owner, name, replacement)

    def end(self) -> None:
        """Restore all originals; replacements that others still hold call the originals."""
        self._over = True
        self.undo()

    def count(self) -> int:
        """How many attributes are replaced."""
        return len(self._done)

    def undo(self, down_to: int = 0) -> None:
        """Restore originals, the last change first, until `down_to` replacements are left."""
        while len(self._done) > down_to:
            owner, name, value = self._done.pop()
            setattr(owner, name, value)
