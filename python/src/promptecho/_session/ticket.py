"""What a spawned child needs to join the session of its parent."""

from __future__ import annotations

from typing import NamedTuple

from .._base.errors import CassetteError
from .modes import Mode
from .options import Options


class Ticket(NamedTuple):
    """What a spawned child needs to join a session; it holds no secret.

    Attributes:
        path: the cassette, absolute.
        options: as the caller named them.
        mode: the record mode in force.
        folder: where the processes of the session meet.
        refusal: why nothing may be added to the file, or None.
    """

    path: str
    options: Options
    mode: Mode
    folder: str
    refusal: CassetteError | None
