"""A test run with a blocked or watched network.

``--promptecho-block-network`` blocks it. ``promptecho_guard`` watches it in CI: a call that no
cassette sees is reported at the end of the run, or refused.
"""

from __future__ import annotations

import pytest

from .._intercept import process
from .._intercept.network_block import Block
from .._intercept.watch import Watch

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True


class BlockedNetwork:
    """The network block, or the watch, of a run."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._seen = 0

    def begin(self) -> None:
        """Block or watch the network."""
        if isinstance(self._block, Watch):
            process.begin_watch(self._block)
        else:
            process.begin_block(self._block)

    def end(self) -> None:
        """Stop that."""
        if isinstance(self._block, Watch):
            process.end_watch(self._block)
            self._block.end()
        else:
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
