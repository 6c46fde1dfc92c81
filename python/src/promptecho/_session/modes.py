"""Record modes as a table (spec section "Modes")."""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple

#: The names of the record modes, for type checkers.
ModeName = Literal["once", "none", "new_episodes", "all", "missing", "verify"]


class Mode(str, Enum):
    """When a cassette records and when it replays (spec section "Modes").

    The last two are this implementation's own [MODE-8].
    """

    ONCE = "once"
    NONE = "none"
    NEW_EPISODES = "new_episodes"
    ALL = "all"
    MISSING = "missing"
    VERIFY = "verify"

    @property
    def writes(self) -> bool:
        """Whether a session of this mode may write the file."""
        return self not in (Mode.NONE, Mode.VERIFY)

    def __str__(self) -> str:
        return self.value


class State(Enum):
    """What was on disk when the cassette was opened."""

    ABSENT = "absent"
    INCOMPLETE = "incomplete"
    PRESENT = "present"


class Misses(Enum):
    """What a session does with a request that has no recording, beside the miss."""

    PLAIN = "plain"
    NOTED = "noted"
    ACCEPTED = "accepted"


class Action(Enum):
    """What a session does with a request."""

    REPLAY = "replay"
    RECORD = "record"
    MISS = "miss"


class Row(NamedTuple):
    """One row of the table of record modes [MODE-1].

    Attributes:
        matched: what to do with a request that matches a recording.
        unmatched: what to do with any other request.
        used_up: what to do when all matching recordings have been played. REPLAY plays the last
            one again, unless `on_exhausted` is ``miss``.
    """

    matched: Action
    unmatched: Action
    used_up: Action


_REPLAY, _RECORD, _MISS = Action.REPLAY, Action.RECORD, Action.MISS

#: Every row of the table [MODE-1]; a session in mode ``verify`` also makes the calls that it plays.
TABLE: dict[tuple[Mode, State], Row] = {
    (Mode.ONCE, State.ABSENT): Row(_RECORD, _RECORD, _RECORD),
    (Mode.ONCE, State.INCOMPLETE): Row(_REPLAY, _RECORD, _RECORD),
    (Mode.ONCE, State.PRESENT): Row(_REPLAY, _MISS, _REPLAY),
    (Mode.NONE, State.ABSENT): Row(_MISS, _MISS, _MISS),
    (Mode.NONE, State.INCOMPLETE): Row(_REPLAY, _MISS, _REPLAY),
    (Mode.NONE, State.PRESENT): Row(_REPLAY, _MISS, _REPLAY),
    (Mode.NEW_EPISODES, State.ABSENT): Row(_RECORD, _RECORD, _RECORD),
    (Mode.NEW_EPISODES, State.INCOMPLETE): Row(_REPLAY, _RECORD, _RECORD),
    (Mode.NEW_EPISODES, State.PRESENT): Row(_REPLAY, _RECORD, _REPLAY),
    (Mode.ALL, State.ABSENT): Row(_RECORD, _RECORD, _RECORD),
    (Mode.ALL, State.INCOMPLETE): Row(_RECORD, _RECORD, _RECORD),
    (Mode.ALL, State.PRESENT): Row(_RECORD, _RECORD, _RECORD),
    (Mode.MISSING, State.ABSENT): Row(_RECORD, _RECORD, _RECORD),
    (Mode.MISSING, State.INCOMPLETE): Row(_REPLAY, _RECORD, _RECORD),
    (Mode.MISSING, State.PRESENT): Row(_REPLAY, _RECORD, _REPLAY),
    (Mode.VERIFY, State.ABSENT): Row(_MISS, _MISS, _MISS),
    (Mode.VERIFY, State.INCOMPLETE): Row(_REPLAY, _MISS, _REPLAY),
    (Mode.VERIFY, State.PRESENT): Row(_REPLAY, _MISS, _REPLAY),
}
