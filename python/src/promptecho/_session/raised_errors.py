"""The exceptions that a cassette raised into its block, so that none is lost [MISS-6]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable


class RaisedErrors:
    """Misses, refused error responses and secrets of one session.

    Attributes:
        errors: the exceptions in the order in which they were raised.
        listener: is called with each of them before it is raised.
        report: is called as well; in a child process it tells the parent.
    """

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.listener: Callable[[BaseException], None] | None = None
        self.report: Callable[[BaseException], None] | None = None

    def add(self, error: BaseException) -> BaseException:
        """Remember an exception that is about to be raised; returns it."""
        self.errors.append(error)
        if self.report is not None:
            self.report(error)
        if self.listener is not None:
            self.listener(error)
        return error

    def of_children(self, errors: Iterable[BaseException], error: BaseException | None) -> None:
        """Remember what was raised in child processes.

        Args:
            errors: copies of the exceptions.
            error: what the block ends with. It may carry another copy, which came by a pool.
        """
        for each in errors:
            copies = (other for other in _carried(error) if _is_copy(other, each))
            self.errors.append(next(copies, each))

    def swallowed(self, error: BaseException | None) -> BaseException | None:
        """The first exception, if the block ended with `error` and that carries none of them."""
        if self.errors and not any(carries(error, each) for each in self.errors):
            return self.errors[0]
        return None


def carries(error: BaseException | None, wanted: BaseException) -> bool:
    """Whether an exception is another one, was raised from it, or is a group that holds it."""
    return any(each is wanted for each in _carried(error))


def _carried(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, its causes, and what groups among them hold."""
    seen = set()
    left = [error]
    while left:
        error = left.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            yield error
            left += [error.__cause__, *getattr(error, "exceptions", ())]


def _is_copy(one: BaseException, other: BaseException) -> bool:
    return type(one) is type(other) and str(one) == str(other)
