"""The error for a request without a recording, and its text (spec section "Misses").

The text names the reason, shows the differences, and ends with the next step. It contains only
canonical, redacted values.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Callable, NamedTuple

from .._base.model import JSON, Interaction, RecordedRequest
from .._base.printable import printable
from .._base.stop import Stop
from .._matching.differences import Absent, Difference
from .._matching.stream_intent import wants_stream
from .._matching.url import host_text, key_path
from .._text.canonical import comparable
from .look_alikes import distinct, escaped, look_the_same

_PATTERNS = (
    "The file was recorded with redact_patterns that this session does not name, so its requests "
    "may have been redacted otherwise: pass the same redact_patterns."
)
_NEWER_LISTS = (
    "The file was recorded with newer lists of secrets and volatile names than this version of "
    "promptecho has: update promptecho."
)
_QUERY = (
    "Query values count by their digest. If this one must not count, pass ignore_query=[{name!r}]; "
    "keep_query=[{name!r}] shows it in the file."
)
_TELEMETRY = (
    "This looks like telemetry, which no recording answers twice. If it is, name its host in "
    "passthrough=[{host!r}]."
)
_OWN_SERVER = (
    "This test calls its own server: it runs in this process. If the test should reach it, name "
    "it in passthrough=[{host!r}]."
)
_FOREIGN = (
    "The file is that of another tool, which is replayed and never written: before you record, "
    "make a cassette of it with `promptecho import`."
)
_MOST_DIFFERENCES = 8
_LONGEST_VALUE = 72  # characters of a value shown
_LONGEST_ENDPOINT = 120
_MOST_ENDPOINTS = 5
_BEFORE = 20  # characters shown before the first difference of two long strings


class Reason(str, Enum):
    """Why a request has no recording [MISS-1]."""

    NO_FILE = "no-file"
    EMPTY = "empty"
    NO_ENDPOINT = "no-endpoint"
    NEAREST = "nearest"
    ALL_PLAYED = "all-played"
    STALE_KEY = "stale-key"
    STREAM_INTENT = "stream-intent"
    DRIFT = "drift"


class Miss(NamedTuple):
    """The data of a `CassetteMiss`.

    Attributes:
        cassette: the file's path as the caller gave it.
        mode: the record mode in force, such as ``none``.
        reason: why there is no recording.
        request: the canonical, redacted request.
        recordings: how many recordings the file has.
        played: how many of them have been played.
        endpoints: for ``no-endpoint``, the methods and paths that the file has.
        nearest: the nearest recording, or None.
        number: the 1-based position of `nearest` in the file, or 0.
        differences: where `nearest` and the request differ.
        patterns_not_run: whether the file has patterns that the caller does not name [MATCH-11].
        newer_lists: whether the file was recorded with newer lists than the present ones [SEL-7].
        telemetry: whether the request looks like telemetry [MISS-11].
        own_server: whether the request went to a server of this very process.
        is_foreign: whether the file is that of another tool, read as it is.
        two_streams: whether two open streams play one recording, and a call may be of either
            client [RPC-10].
    """

    cassette: str
    mode: str
    reason: Reason
    request: RecordedRequest
    recordings: int = 0
    played: int = 0
    endpoints: tuple[str, ...] = ()
    nearest: Interaction | None = None
    number: int = 0
    differences: tuple[Difference, ...] = ()
    patterns_not_run: bool = False
    newer_lists: bool = False
    telemetry: bool = False
    own_server: bool = False
    is_foreign: bool = False
    two_streams: bool = False


class CassetteMiss(Stop):
    """No recording matches a request, and the record mode does not allow a live call.

    It is a `BaseException`, so an SDK's ``except Exception`` neither wraps nor retries it. Where
    pytest is loaded, it is a `pytest.fail.Exception` too. One that is swallowed in the block is
    raised again at the end of the block [MISS-6].

    Attributes:
        cassette: path of the cassette file.
        mode: the record mode in force.
        reason: `no-file`, `empty`, `no-endpoint`, `nearest`, `all-played`, `stale-key`,
            `stream-intent` or `drift`.
        method: the HTTP method of the request.
        url: the URL of the request, redacted.
        request: the canonical request (`RecordedRequest`), redacted.
        nearest: the nearest recording (`Interaction`), or None.
        differences: tuple of (path, recorded, incoming), paths in the caller's own JSON.
    """

    __module__ = "promptecho"

    def __init__(self, miss: Miss) -> None:
        self.cassette = miss.cassette
        self.mode = miss.mode
        self.reason = miss.reason.value
        self.method = miss.request.method
        self.url = miss.request.url
        self.request = miss.request
        self.nearest = miss.nearest
        self.differences = miss.differences
        self._miss = miss
        BaseException.__init__(self, miss)

    def __str__(self) -> str:
        return describe(self._miss)


def describe(miss: Miss) -> str:
    """The text of a miss, a few lines, bounded in length."""
    lines = [
        f"no recording for {miss.request.method} {_cut(miss.request.url, 160)}",
        f"cassette {miss.cassette}, mode {miss.mode}: {_case(miss)}",
        *shown_differences(miss.differences),
        *_hints(miss),
        _next_step(miss),
    ]
    return "\n".join(map(printable, lines))


def _hints(miss: Miss) -> list[str]:
    hints = [_PATTERNS] if miss.patterns_not_run else []
    if miss.newer_lists:
        hints.append(_NEWER_LISTS)
    if miss.telemetry:
        hints.append(_TELEMETRY.format(host=host_text(miss.request.url)))
    if miss.own_server:
        hints.append(_OWN_SERVER.format(host=host_text(miss.request.url).rpartition(":")[0]))
    if miss.is_foreign:
        hints.append(_FOREIGN)
    query = [each.path[1:] for each in miss.differences if each.path.startswith("?")]
    if query:
        hints.append(_QUERY.format(name=query[0]))
    return hints


def _case(miss: Miss) -> str:
    counts = f"{miss.recordings} recording{'s' if miss.recordings != 1 else ''}"
    if miss.two_streams:
        return (
            "two open streams play one recording of it, so an answer on them may belong to the "
            "call of either client"
        )
    if miss.reason is Reason.NO_FILE:
        return "the file does not exist"
    if miss.reason is Reason.EMPTY:
        return "the file has no recordings"
    if miss.reason is Reason.NO_ENDPOINT:
        return (
            f"the file has {counts}, but none for this method and path; it has "
            f"{_endpoints(miss.endpoints)}"
        )
    if miss.reason is Reason.ALL_PLAYED:
        return f"every recording of this request has been played ({miss.played} of {counts})"
    where = f"recording {miss.number} of {miss.recordings}"
    if miss.reason is Reason.STALE_KEY:
        return f"the match_key of {where} is not that of the request it holds: it was edited" + (
            ". It differs from this request in:" if miss.differences else ""
        )
    if miss.reason is Reason.STREAM_INTENT:
        return f"{where} has the same request, but {_stream_intent(miss.request)}"
    if miss.reason is Reason.DRIFT:
        return f"{where} matches, but the request differs in other fields (on_drift=raise):"
    return f"the nearest is {where}; it differs in:"


def _stream_intent(request: RecordedRequest) -> str:
    if wants_stream(key_path(request.url), request.body):
        return "this one asks for a stream and the recorded one did not"
    return "the recorded one asked for a stream and this one does not"


def _endpoints(endpoints: tuple[str, ...]) -> str:
    shown = [_cut(endpoint, _LONGEST_ENDPOINT) for endpoint in endpoints[:_MOST_ENDPOINTS]]
    return ", ".join(shown + ["..."] * (len(endpoints) > _MOST_ENDPOINTS))


def shown_differences(differences: tuple[Difference, ...]) -> list[str]:
    """A line for each of the first differences."""
    most = differences[:_MOST_DIFFERENCES]
    lines = list(map(_line, distinct(each.path for each in most), most))
    more = len(differences) - _MOST_DIFFERENCES
    return lines + ([f"  ... and {more} more places"] if more > 0 else [])


def _line(path: str, difference: Difference) -> str:
    recorded, incoming = shown_pair(difference.recorded, difference.incoming)
    return f"  {_cut(path, 120)}: recorded {recorded} / incoming {incoming}"


def shown_pair(recorded: JSON | Absent, incoming: JSON | Absent) -> tuple[str, str]:
    """Two different values as a person can tell them apart, cut where they differ."""
    if isinstance(recorded, str) and isinstance(incoming, str):
        start = max(0, _first_difference(recorded, incoming) - _BEFORE)
        if max(len(recorded), len(incoming)) <= _LONGEST_VALUE:
            start = 0
        pieces = _piece(recorded, start), _piece(incoming, start)
        alike = look_the_same(*pieces) or look_the_same(recorded, incoming)
        quote = escaped if alike else _quoted
        return _string(recorded, start, quote), _string(incoming, start, quote)
    one, other = distinct((_value(recorded), _value(incoming)))
    return one, other


def _first_difference(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))


def _piece(text: str, start: int) -> str:
    return text[start : start + _LONGEST_VALUE]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _string(text: str, start: int, quote: Callable[[str], str] = _quoted) -> str:
    shown = quote(_piece(text, start))
    more = start + _LONGEST_VALUE < len(text)
    return ("..." if start else "") + shown + ("..." if more else "")


def _value(value: JSON | Absent) -> str:
    if isinstance(value, str):
        return _string(value, 0)
    if isinstance(value, Absent):
        return repr(value)
    return _cut(comparable(value), _LONGEST_VALUE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _next_step(miss: Miss) -> str:
    if miss.two_streams:
        return (
            "Next: record again with both clients (PROMPTECHO_MODE=all), or close one client "
            "before the other is opened."
        )
    if miss.reason in (Reason.NO_FILE, Reason.EMPTY):
        return (
            "Next: record it with network access and an API key (PROMPTECHO_MODE=once), and commit "
            "the file."
        )
    if miss.reason is Reason.ALL_PLAYED:
        return "Next: record again (PROMPTECHO_MODE=all), or allow repeats (on_exhausted=repeat)."
    if miss.reason is Reason.NO_ENDPOINT:
        return "Next: check the base URL, or add the call with PROMPTECHO_MODE=new_episodes."
    if miss.reason is Reason.STALE_KEY:
        return (
            f"Next: if the edit is intended, run `promptecho accept {_cut(miss.cassette, 160)}`. "
            "Otherwise restore the old text, or record again (PROMPTECHO_MODE=all)."
        )
    if miss.reason is Reason.DRIFT:
        return "Next: undo the change, or record again (PROMPTECHO_MODE=all)."
    listed = ": the differences are listed above" if miss.differences else ""
    return (
        "Next: if the change is intended, record again (PROMPTECHO_MODE=all) or add this call "
        f"(PROMPTECHO_MODE=new_episodes). Otherwise fix the code under test{listed}."
    )
