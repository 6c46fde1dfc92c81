"""What a session leaves to be written when it ends. [MODE-4]"""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import Interaction


class RunSoFar(NamedTuple):
    """What other tests of a run have done with the file, when the session ends.

    Attributes:
        failed: whether one of them has failed.
        wrote: whether one of them has written the file.
    """

    failed: bool = False
    wrote: bool = False


#: Nobody shares the file.
NO_OTHERS = RunSoFar()


class Unchanged(NamedTuple):
    """Nothing to write."""


class Save(NamedTuple):
    """Write the file.

    Attributes:
        recorded: this session's interactions, in the order in which the requests started.
        replace: whether they replace the recordings of the file (mode ``all``).
        incomplete: whether the block raised before the cassette was complete [MODE-5].
        after: behind how many of the recordings of the file each new one goes (mode ``missing``);
            empty if they go to the end.
    """

    recorded: tuple[Interaction, ...]
    replace: bool
    incomplete: bool
    after: tuple[int, ...] = ()
