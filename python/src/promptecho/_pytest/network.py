"""A run of tests with the network blocked: ``--promptecho-block-network``."""

from __future__ import annotations

import pytest

from .._intercept import process
from .._intercept.network_block import Block, NetworkBlocked

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True


class BlockedNetwork:
    """The block of a run, from before its tests are collected to its end."""

    def __init__(self, allowed_hosts: tuple[str, ...]) -> None:
        self._block = Block(allowed_hosts)
        self._seen = 0

    def begin(self) -> None:
        """Block the network."""
        process.begin_block(self._block)

    def end(self) -> None:
        """Let it go."""
        process.end_block(self._block)

    def tear_down(self, *, begun: bool) -> None:
        """While fixtures are torn down, a call is a failure that pytest knows.

        Any other `BaseException` breaks off the teardown of a test in pytest.
        """
        self._block.raising = _failure if begun else None

    def ended(self, error: BaseException | None) -> None:
        """A phase of a test has ended, with an error or without.

        Raises:
            pytest.fail.Exception: the phase swallowed a call that was blocked, and went well.
        """
        new = self._block.raised[self._seen :]
        self._seen += len(new)
        if new and (error is None or isinstance(error, pytest.skip.Exception)):
            raise _failure(new[0])

    def collected(self, report: pytest.CollectReport) -> None:
        """A module was imported; what it swallowed is its own failure, no test's."""
        new = self._block.raised[self._seen :]
        self._seen += len(new)
        if new and report.passed:
            report.outcome, report.longrepr = "failed", str(new[0])


def _failure(blocked: NetworkBlocked) -> BaseException:
    return pytest.fail.Exception(str(blocked), pytrace=False)
