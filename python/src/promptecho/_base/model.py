"""The nouns of a cassette, all immutable.

A :class:`Request` is what a client is about to send, an :class:`Interaction` what a cassette holds,
and a body is one of seven stored forms (spec section "Response bodies").

What is done with a body depends on its form, and each such function is a `singledispatch` that
knows every form and raises `TypeError` for any other class: `_bodies.forms.decode` (its bytes),
`_bodies.texts.map_body` (its texts) and `_format.writer.body_tree` (its members in a file).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn, Union

from .vocabulary import FIRST_ERROR

#: How the texts of a stream are joined [BODY-7].
SSE_LF, SSE_CRLF, NDJSON, AWS = "sse-lf", "sse-crlf", "ndjson", "aws-eventstream"


class Number(NamedTuple):
    """A JSON number whose spelling (``1.50``, ``1E5``) neither ``int`` nor ``float`` gives back."""

    text: str


#: A JSON value: None, bool, int, float, Number, str, list of values, dict of str to values.
JSON = Any

#: The place of a value in a JSON value: member names and indexes.
Steps = tuple[Any, ...]


class Place(NamedTuple):
    """The 1-based lines on which a value, and its name if it has one, begin."""

    name: int
    value: int


class Request(NamedTuple):
    """A request as a client is about to send it."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        # Tools that show variables get no value of a query or a header.
        url = self.url.partition("?")[0].rpartition("@")[2]
        return f"<Request {self.method} {url}, {len(self.headers)} headers>"


class Layout(NamedTuple):
    """How a JSON text was spelled: what is needed to render a tree as the same bytes (BODY)."""

    whitespace: str = "compact"
    escape: str = ""
    ascii: bool = False
    final_newline: bool = False
    extras: tuple[tuple[str, JSON], ...] = ()


class Empty(NamedTuple):
    """No bytes at all."""


class JsonBody(NamedTuple):
    """A JSON object or array, kept as a tree, that renders to the bytes received."""

    value: JSON
    layout: Layout = Layout()


class TextBody(NamedTuple):
    """Any other UTF-8."""

    text: str


class BinaryBody(NamedTuple):
    """Bytes that are not UTF-8 text; base64 in the file."""

    data: bytes


class EventStream(NamedTuple):
    """Server-sent events or NDJSON: ``framing`` is ``sse-lf``, ``sse-crlf``, ``ndjson``.

    ``framing`` is empty in 2.0 files, whose events are concatenated unchanged.
    """

    framing: str
    events: tuple[str, ...]
    tail: str = ""


class Frame(NamedTuple):
    """One AWS event stream message whose headers are all strings."""

    headers: tuple[tuple[str, str], ...]
    payload: str
    extras: tuple[tuple[str, JSON], ...] = ()


class FrameStream(NamedTuple):
    """``framing: aws-eventstream``; checksums are computed again when it is played."""

    frames: tuple[Frame, ...]

    @property
    def framing(self) -> str:
        """How its frames are joined."""
        return AWS


class BinaryStream(NamedTuple):
    """A declared stream that its framing cannot hold; base64 items in the file."""

    chunks: tuple[bytes, ...]


Body = Union[Empty, JsonBody, TextBody, BinaryBody, EventStream, FrameStream, BinaryStream]

#: Forms that are stored event by event.
STREAMS = (EventStream, FrameStream, BinaryStream)


def not_a_body(value: object) -> NoReturn:
    """The answer of each function of a body to a class that it does not know.

    Raises:
        TypeError: always, so that nothing unknown passes for an empty body.
    """
    raise TypeError(f"{type(value).__name__} is not a form of a response's body")


class RecordedRequest(NamedTuple):
    """The canonical request that a recording answers.

    Attributes:
        headers: request headers that choose the answer, sorted by name: a value or a digest
            [HEAD-8].
        digest: a short way to the recording, as stored [DIGEST-1].
    """

    method: str
    url: str
    match_key: str
    matched_on: tuple[str, ...]
    body: dict[str, JSON]
    dialect: str | None = None
    extras: tuple[tuple[str, JSON], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    digest: str | None = None


class RecordedResponse(NamedTuple):
    """The response, as stored.

    Attributes:
        checksum: of the bytes of the body, as stored: it may differ from them after an edit by
            hand [BODY-14].
        after: for each event, how many requests of the session had started when it came
            [AFTER-1].
    """

    status: int
    headers: tuple[tuple[str, tuple[str, ...]], ...]
    body: Body
    reason: str | None = None
    truncated: bool = False
    delays_ms: tuple[int, ...] | None = None
    extras: tuple[tuple[str, JSON], ...] = ()
    checksum: str | None = None
    after: tuple[int, ...] | None = None

    @property
    def streaming(self) -> bool:
        """Whether the answer is stored event by event."""
        return isinstance(self.body, STREAMS)


class Failure(NamedTuple):
    """Why a call got no answer, or not the end of it [FAIL-2].

    Attributes:
        kind: one of the kinds of `failure-kinds.json`, such as ``connect`` or ``read-timeout``.
        after_ms: when the call failed, in milliseconds since it started, or since the last chunk
            of the response beside it; None if no timing was recorded.
    """

    kind: str
    after_ms: int | None = None
    extras: tuple[tuple[str, JSON], ...] = ()


class Accepted(NamedTuple):
    """That a user accepted the present request of a recording."""

    at: str
    from_key: str
    extras: tuple[tuple[str, JSON], ...] = ()


class Provenance(NamedTuple):
    """Where a recording comes from; a matcher gives it no meaning. [FILE-27]

    Attributes:
        recorded_by: the product and the version that recorded it.
        origin: what it was made from, if it was not recorded.
        accepted: when its request was accepted after an edit, and the key before that.
    """

    recorded_by: str | None = None
    origin: str | None = None
    accepted: Accepted | None = None


class Interaction(NamedTuple):
    """One request and its answer.

    Attributes:
        response: the answer; None if the call got none. Then there is a `failure`.
        failure: why there is no answer, or no end of it; None if the call did not fail.
    """

    request: RecordedRequest
    response: RecordedResponse | None
    recorded_at: str | None = None
    redacted: tuple[str, ...] = ()
    extras: tuple[tuple[str, JSON], ...] = ()
    provenance: Provenance = Provenance()
    failure: Failure | None = None

    @property
    def answer(self) -> Answer:
        """What it answers with."""
        return Answer(self.request.method, self.response, self.failure)

    @property
    def is_good(self) -> bool:
        """Whether it holds an answer with a status below 400 that did not break off [FAIL-10]."""
        response = self.response
        return response is not None and self.failure is None and response.status < FIRST_ERROR


class Answer(NamedTuple):
    """What a recording answers with: an interaction without its request's body.

    Attributes:
        method: of the request; it decides whether the answer has a length.
        response: as in an `Interaction`.
        failure: as in an `Interaction`.
    """

    method: str
    response: RecordedResponse | None
    failure: Failure | None = None


class FileOptions(NamedTuple):
    """The options of a file: what was in force when its keys were computed [FILE-17].

    Attributes:
        match_host: whether the host is in the key.
        match_headers: request headers that are in the key.
        redact_query: query names of the class secret.
        ignore_query: query names of the class volatile.
        keep_query: query names whose values are shown; ``*`` stands for the class other.
        redact_members: member names that the user added to [RED-4].
        keep_members: member names that the user took from [RED-4].
        redact_patterns: patterns that the user added to [RED-5], in the order they are tried.
    """

    match_host: bool = False
    match_headers: tuple[str, ...] = ()
    redact_query: tuple[str, ...] = ()
    ignore_query: tuple[str, ...] = ()
    keep_query: tuple[str, ...] = ()
    redact_members: tuple[str, ...] = ()
    keep_members: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()


class CassetteFile(NamedTuple):
    """What a cassette file says.

    Attributes:
        lists: the version of the lists that it was written with; None if the file does not say.
    """

    match_on: tuple[str, ...]
    interactions: Sequence[Interaction] = ()
    incomplete: bool = False
    minor: int = 1
    extras: tuple[tuple[str, JSON], ...] = ()
    options: FileOptions = FileOptions()
    lists: int | None = None
