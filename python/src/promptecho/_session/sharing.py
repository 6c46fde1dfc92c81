"""A file that several tests of one run share on purpose: for recording, the run is one session."""

from __future__ import annotations

from typing import Callable, NamedTuple

from .._storage.store import Stamp
from .taken_values import Memory


def _never() -> bool:
    return False


class Sharing(NamedTuple):
    """How one test of a run finds a file that it shares with others.

    Attributes:
        shared: whether others share it.
        adds: whether the run is recording the file. What is in it counts as incomplete then: it is
            replayed, and other requests are recorded.
        is_replaced: whether the run has written the file, so that mode ``all`` does not replace it
            again. Until then, nothing in the file is of this run, and mode ``all`` plays nothing.
        since: the file at the start of the run, or None if there was none.
        has_failed: says whether a test with the file has failed by now, in any process of the run.
        memory: what the tests before have learned from answers; None for a file of one test.
    """

    shared: bool = False
    adds: bool = False
    is_replaced: bool = False
    since: Stamp | None = None
    has_failed: Callable[[], bool] = _never
    memory: Memory | None = None


#: A file of one test.
ALONE = Sharing()
