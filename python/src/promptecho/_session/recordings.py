"""The recordings of one session: what it starts with, and what it knows about each recording."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from .._base.model import CassetteFile, Interaction
from .._format.lazy_reader import Heading, headings
from .._matching import url
from .._matching.json_rpc import without_numbers
from .._matching.key import Texts
from .._matching.matched_names import Matching, volatile_in
from .._matching.request import wants_stream, whole_text
from .._matching.rules import RecordingPolicy
from .modes import Mode, State


class Setup(NamedTuple):
    """What a session starts with.

    Attributes:
        name: the cassette's path, for messages.
        file: the file, with the keys of its recordings under `matching`; no interactions if there
            is no file.
        state: whether the file exists and is complete.
        mode: the record mode.
        matching: the `match_on` in force.
        policy: how requests are stored, under the options of the file that are in force.
        repeat: whether a recording may answer more than once (`on_exhausted="repeat"`).
        drift_is_miss: whether a difference outside the key is a miss (`on_drift="raise"`).
        taken_up: how many recordings came from the journal of a session that died.
        patterns_not_run: whether the file has patterns that the caller does not name [MATCH-11].
    """

    name: str
    file: CassetteFile
    state: State
    mode: Mode
    matching: Matching
    policy: RecordingPolicy
    repeat: bool = True
    drift_is_miss: bool = False
    taken_up: int = 0
    patterns_not_run: bool = False


class Recording:
    """A recording of the file, and what the session knows about it.

    Attributes:
        heading: the part of it that is read when the file is opened.
        lacks_query: whether its key was computed without the query [V20-4, V20-8].
        played: how many requests it has answered.
    """

    __slots__ = (
        "_index",
        "_interactions",
        "_streaming",
        "_texts",
        "_whole",
        "heading",
        "lacks_query",
        "played",
    )

    def __init__(self, file: CassetteFile, index: int, heading: Heading) -> None:
        self.heading = heading
        self.lacks_query = file.minor == 0 or heading.lacks_query
        self.played = 0
        self._interactions = file.interactions
        self._index = index
        self._streaming: bool | None = None
        self._texts: Texts | None = None
        self._whole: bytes | None = None

    @property
    def interaction(self) -> Interaction:
        """The whole recording; it is parsed on first use."""
        return self._interactions[self._index]

    @property
    def path(self) -> str:
        """The path of its URL, as the key has it."""
        return url.key_path(self.heading.url)

    @property
    def streaming(self) -> bool:
        """Whether its request asked for a stream."""
        if self._streaming is None:
            self._streaming = wants_stream(self.path, self.interaction.request.body)
        return self._streaming

    @property
    def texts(self) -> Texts:
        """The canonical text of each member of the body, less the numbers of calls [RPC-2]."""
        if self._texts is None:
            self._texts = Texts(without_numbers(self.interaction.request.body))
        return self._texts

    @property
    def whole(self) -> bytes:
        """A digest of the body without volatile members; several recordings may share a key."""
        if self._whole is None:
            volatile = volatile_in(self.interaction.request.body, self.path)
            self._whole = digest(self.texts, volatile)
        return self._whole


def recordings(file: CassetteFile) -> list[Recording]:
    """The recordings of a file, in order."""
    return [Recording(file, i, each) for i, each in enumerate(headings(file.interactions))]


def digest(texts: Mapping[str, str], volatile: frozenset[str]) -> bytes:
    """A digest of a body, given by the canonical texts of its members, without volatile ones."""
    return hashlib.sha256(whole_text(texts, volatile).encode()).digest()
