"""A test run with a blocked network: ``--promptecho-block-network``."""

from __future__ import annotations

import pytest

from .._intercept import process
from .._intercept.network_block import Block

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True


class BlockedNetwork:
    """The network block of a run, from before the collection of tests to the end."""

    def __init__(self, allowed_hosts: tuple[str, ...]) -> None:
        self._block = Block(allowed_hosts)
        self._seen = 0

    def begin(self) -> None:
        """Block the network."""
        process.begin_block(self._block)

    def end(self) -> None:
        """Unblock the network."""
        process.end_block(self._block)

    def ended(self, error: BaseException | None) -> None:
        """A phase of a test has ended, with an error or without.

        Raises:
            NetworkBlocked: the phase swallowed it and passed.
        """
        new = self._block.raised[self._seen :]
        self._seen += len(new)
        if new and (error is None or isinstance(error, pytest.skip.Exception)):
            raise new[0]

    def collected(self, report: pytest.CollectReport) -> None:
        """A module was imported; a blocked call that it swallowed fails its collection."""
        new = self._block.raised[self._seen :]
        self._seen += len(new)
        if new and report.passed:
            report.outcome, report.longrepr = "failed", str(new[0])
