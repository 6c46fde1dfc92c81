"""A file that several tests of one run share on purpose: for recording, the run is one session."""

from __future__ import annotations

from typing import NamedTuple

from .._storage.store import Stamp
from .taken_values import Memory


class Sharing(NamedTuple):
    """How one test of a run finds a file that it shares with others.

    Attributes:
        shared: whether others share it.
        adds: whether the run is recording the file. What is in it counts as incomplete then: it is
            replayed, other requests are recorded, and mode ``all`` does not replace the file again.
        keeps_mark: whether another test has failed, so that the file stays marked as incomplete.
        since: the file at the start of the run, or None if there was none.
        memory: what the tests before have learned from answers; None for a file of one test.
    """

    shared: bool = False
    adds: bool = False
    keeps_mark: bool = False
    since: Stamp | None = None
    memory: Memory | None = None


#: A file of one test.
ALONE = Sharing()
