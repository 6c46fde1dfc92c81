"""What the parts of an open cassette share: the state machine, the file, and what is raised."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from .family import Family
from .options import Options
from .raised_errors import RaisedErrors
from .session import Session
from .session_warnings import SessionWarnings
from .stored_cassette import StoredCassette
from .turns import Starts

if TYPE_CHECKING:
    from .verifying import Verifying


class SessionParts(NamedTuple):
    """What answering, live calls and closing share.

    Attributes:
        path: the file, as the caller named it.
        options: as the caller named them.
        lock: guards all that is here; threads and event loops may ask at the same time.
        session: the state machine, with what was sent, replayed, recorded and missed.
        stored: the file and its journals.
        family: the processes of the session.
        raised: what was raised into the block.
        warnings: the warnings, with those that wait for the end of the block.
        starts: how many requests have started.
        verifying: compares answers with live ones (mode ``verify``); None in any other mode.
    """

    path: str
    options: Options
    lock: threading.RLock
    session: Session
    stored: StoredCassette
    family: Family
    raised: RaisedErrors
    warnings: SessionWarnings
    starts: Starts
    verifying: Verifying | None = None
