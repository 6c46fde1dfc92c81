"""The recordings of one session: what it starts with, and what it knows about each recording."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from .._base.model import Answer, CassetteFile, Interaction, RecordedRequest
from .._format.lazy_reader import Heading, Recordings, headings
from .._matching import url
from .._matching.json_rpc import without_numbers
from .._matching.key import Texts, whole_text
from .._matching.matched_names import Matching, volatile_in
from .._matching.query import QueryRules
from .._matching.rules import RecordingPolicy
from .._matching.stream_intent import STREAM, wants_stream
from .._text.yaml_flow import Inexact
from .faults import Fault
from .modes import Misses, Mode, State


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
        stored_under: the classes of query parameters that the file was stored under, if its own
            options are others than those in force [URL-11].
        as_recorded: whether the file was recorded under the options in force.
        writes_digests: whether new recordings get a digest [DIGEST-3].
        misses: what is done with a request that has no recording, beside the miss.
        faults: what happens to replayed calls.
        origin: what new recordings are made from, if they are not recorded.
        fuzzy: the lowest score of a recording that answers a request without one, or None.
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
    stored_under: QueryRules | None = None
    as_recorded: bool = False
    writes_digests: bool = True
    misses: Misses = Misses.PLAIN
    faults: tuple[Fault, ...] = ()
    fuzzy: float | None = None
    origin: str | None = None


class Recording:
    """A recording of the file, and what the session knows about it.

    Args:
        file: the file that holds it.
        index: its place in the file, from 0.
        heading: the part of it that is read when the file is opened.
        plays: how many requests each recording of the file has answered.

    Attributes:
        stale: whether its key is not that of what it holds [SEL-6]; None until it is compared.
        left_out: the members of the body that are not in `beside_key`.
    """

    __slots__ = (
        "_beside_key",
        "_interactions",
        "_plays",
        "_renewed",
        "_streaming",
        "_texts",
        "_whole",
        "heading",
        "index",
        "lacks_query",
        "left_out",
        "legacy",
        "stale",
    )

    def __init__(self, file: CassetteFile, index: int, heading: Heading, plays: list[int]) -> None:
        self.index = index
        self.heading = heading
        self.legacy = file.minor == 0
        #: Whether its key was computed without the query [V20-4, V20-8].
        self.lacks_query = self.legacy or heading.lacks_query
        self.stale: bool | None = None
        self._interactions = file.interactions
        self._plays = plays
        self.left_out: frozenset[str] = frozenset()
        self._beside_key: RecordedRequest | None = None
        self._renewed: RecordedRequest | None = None
        self._streaming: bool | None = None
        self._texts: Texts | None = None
        self._whole: bytes | None = None

    def renewed(self, file: CassetteFile, request: RecordedRequest) -> Recording:
        """The same recording with its request as the present lists would store it [SEL-7]."""
        heading = self.heading._replace(url=request.url, match_key=request.match_key)
        recording = Recording(file, self.index, heading, self._plays)
        recording._renewed = request
        recording.stale = False  # its key was computed
        return recording

    @property
    def is_renewed(self) -> bool:
        """Whether its request is one that the present lists have changed [SEL-7]."""
        return self._renewed is not None

    @property
    def played(self) -> int:
        """How many requests it has answered."""
        return self._plays[self.index]

    def play(self) -> None:
        """Count one more answer."""
        self._plays[self.index] += 1

    @property
    def interaction(self) -> Interaction:
        """The whole recording as the file holds it; it is parsed on first use."""
        return self._interactions[self.index]

    @property
    def answer(self) -> Answer:
        """What it answers with; its request is not parsed for that."""
        if isinstance(self._interactions, Recordings):
            return self._interactions.answer(self.index)
        return self.interaction.answer

    @property
    def request(self) -> RecordedRequest:
        """The request that is compared with others; its answer is not parsed for that."""
        if self._renewed is not None:
            return self._renewed
        if isinstance(self._interactions, Recordings):
            return self._interactions.request(self.index)
        return self.interaction.request

    def trust_key(self, in_key: Iterable[str]) -> None:
        """Its key is that of what it holds, and that of a request: much of it need not be parsed.

        Args:
            in_key: members of the body all of which are in the key.
        """
        self.stale = False
        left_out = frozenset(in_key) - {STREAM}
        if isinstance(self._interactions, Recordings):
            with suppress(Inexact):
                self._beside_key = self._interactions.request_but(self.index, left_out)
                self.left_out = left_out

    @property
    def beside_key(self) -> RecordedRequest:
        """The request; perhaps without members of the body that a trusted key covers."""
        return self.request if self._beside_key is None else self._beside_key

    @property
    def request_lines(self) -> bytes | None:
        """The lines of its request in the file, where they are what is compared with others."""
        if self._renewed is not None or not isinstance(self._interactions, Recordings):
            return None
        return self._interactions.request_lines(self.index)

    @property
    def path(self) -> str:
        """The path of its URL, as the key has it."""
        return url.key_path(self.heading.url)

    @property
    def host(self) -> str:
        """The host text of its URL [URL-9]."""
        return url.host_text(self.heading.url)

    @property
    def streaming(self) -> bool:
        """Whether its request asked for a stream."""
        if self._streaming is None:
            self._streaming = wants_stream(self.path, self.beside_key.body)
        return self._streaming

    @property
    def texts(self) -> Texts:
        """The canonical text of each member of the body, less the numbers of calls [RPC-2]."""
        if self._texts is None:
            self._texts = Texts(without_numbers(self.request.body))
        return self._texts

    @property
    def whole(self) -> bytes:
        """A digest of the body without volatile members; several recordings may share a key."""
        if self._whole is None:
            volatile = volatile_in(self.request.body, self.path)
            self._whole = digest(self.texts, volatile)
        return self._whole


def recordings(file: CassetteFile, plays: list[int]) -> list[Recording]:
    """The recordings of a file, in order.

    Args:
        file: the file.
        plays: gets the number of requests that each has answered.
    """
    found = headings(file.interactions)
    plays[:] = [0] * len(found)
    return [Recording(file, index, each, plays) for index, each in enumerate(found)]


def digest(texts: Mapping[str, str], volatile: frozenset[str]) -> bytes:
    """A digest of a body, given by the canonical texts of its members, without volatile ones."""
    return hashlib.sha256(whole_text(texts, volatile).encode()).digest()
