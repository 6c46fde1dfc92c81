"""The exceptions that a cassette raised into its block, so that none is lost [MISS-6]."""

from __future__ import annotations

from typing import Callable


class RaisedErrors:
    """Misses, refused error responses and secrets of one session.

    Attributes:
        errors: the exceptions in the order in which they were raised.
        listener: is called with each of them before it is raised.
    """

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.listener: Callable[[BaseException], None] | None = None

    def add(self, error: BaseException) -> BaseException:
        """Remember an exception that is about to be raised; returns it."""
        self.errors.append(error)
        if self.listener is not None:
            self.listener(error)
        return error

    def swallowed(self, error: BaseException | None) -> BaseException | None:
        """The first exception, if the block ended with `error` and that carries none of them."""
        if self.errors and not any(carries(error, each) for each in self.errors):
            return self.errors[0]
        return None


def carries(error: BaseException | None, wanted: BaseException) -> bool:
    """Whether an exception is another one, was raised from it, or is a group that holds it."""
    seen = set()
    left = [error]
    while left:
        error = left.pop()
        if error is wanted:
            return True
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            left += [error.__cause__, *getattr(error, "exceptions", ())]
    return False
