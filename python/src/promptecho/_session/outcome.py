"""What a session leaves to be written when it ends. [MODE-4]"""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import Interaction


class Unchanged(NamedTuple):
    """Nothing to write."""


class Save(NamedTuple):
    """Write the file.

    Attributes:
        recorded: this session's interactions, in the order in which the requests started.
        replace: whether they replace the recordings of the file (mode ``all``).
        incomplete: whether the block raised before the cassette was complete [MODE-5].
    """

    recorded: tuple[Interaction, ...]
    replace: bool
    incomplete: bool
