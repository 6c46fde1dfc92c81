"""What the tree of a cassette's text says (spec section "The file").

Reads on past problems, so that all of them are known; an invalid part is left empty.
"""

from __future__ import annotations

from .._base.model import (
    JSON,
    Body,
    CassetteFile,
    Empty,
    Failure,
    FileOptions,
    Interaction,
    RecordedRequest,
    RecordedResponse,
)
from .._base.spec_data import failure_kinds
from .._base.vocabulary import (
    BUILT_IN,
    DIALECT_NAME,
    ENDS_LINE,
    FIELD_NAME,
    FIRST_STATUS,
    LAST_STATUS,
    UNSENDABLE,
    is_match_on,
)
from . import read_bodies, read_options, read_provenance
from .cursor import Cursor
from .patterns import A_TIME, KEY, METHOD, TIME, URL
from .strict import canonical_body, note_reason, note_redacted
from .writer import MINOR, VERSION

_FILE = frozenset(
    ("version", "minor", "match_on", *FileOptions._fields, "lists", "incomplete", "interactions")
)
_INTERACTION = frozenset(
    ("request", "response", "failure", "recorded_at", *read_provenance.MEMBERS, "redacted")
)
_FAILURE = frozenset(("kind", "after_ms"))
_REQUEST = frozenset(
    ("method", "url", "match_key", "matched_on", "headers", "digest", "dialect", "body")
)
_REQUEST_2_0 = _REQUEST - {"headers", "digest", "dialect"}
_RESPONSE = frozenset(
    (
        "status",
        "reason",
        "headers",
        "streaming",
        "binary",
        "framing",
        "body",
        "events",
        "tail",
        "layout",
        "checksum",
        "truncated",
        "delays_ms",
        "after",
    )
)

# In place of an invalid part.
_NO_FILE = CassetteFile(())
_NO_REQUEST = RecordedRequest("", "", "", (), {})
_NO_RESPONSE: RecordedResponse | None = RecordedResponse(0, (), Empty())
_NO_INTERACTION = Interaction(_NO_REQUEST, _NO_RESPONSE)
_NO_VALUES: tuple[str, ...] = ()
_NO_HEADERS: tuple[tuple[str, str], ...] = ()


def file(at: Cursor) -> CassetteFile:
    """What the whole tree says; of an invalid one, nothing."""
    return at.recover(_NO_FILE, _file)


def _file(at: Cursor) -> CassetteFile:
    if not isinstance(at.value, dict):
        at.fail(
            "cassette.not-a-mapping",
            "the root of a cassette must be a mapping; this file is no cassette",
        )
    _check_versions(at)
    extras = at.extras(_FILE)
    return CassetteFile(
        match_on=at.recover((), _match_on),
        interactions=at.recover((), _interactions),
        incomplete=at.recover(False, lambda at: at.flag("incomplete")),
        minor=0 if at.notes.legacy else at.value["minor"],
        extras=extras,
        options=at.recover(FileOptions(), read_options.options),
        lists=at.recover(None, read_options.lists),
    )


def _check_versions(at: Cursor) -> None:
    version = at.member("version")
    if version.integer() != VERSION:
        from .whole_file import other_version

        version.fail("cassette.version", other_version(version.value))
    if at.notes.legacy:
        return
    member = at.member("minor")
    minor = member.integer()
    if minor == 0:
        member.fail("cassette.value", "minor must be 1: a 2.0 file has no member minor")
    if minor < 0:
        member.fail("cassette.value", "minor must be 1 or more")
    if minor > MINOR:
        from .whole_file import newer_minor

        member.fail("cassette.minor", newer_minor(minor))


def _match_on(at: Cursor) -> tuple[str, ...]:
    member = at.member("match_on")
    names = member.texts()
    problem = 'match_on must be a list of different names, or ["*"]'
    if not names and at.notes.legacy:
        if at.notes.strict:
            member.note("cassette.value", problem)
    elif not is_match_on(names):
        member.fail("cassette.value", problem)
    return names


def _interactions(at: Cursor) -> tuple[Interaction, ...]:
    return at.member("interactions").each(_NO_INTERACTION, interaction)


def interaction(at: Cursor) -> Interaction:
    """What one item of the list says.

    Raises:
        Invalid: it is not a mapping.
    """
    extras = at.mapping().extras(_INTERACTION)
    return _interaction(at, at.recover(_NO_REQUEST, request), extras)


def beside_request(at: Cursor) -> Interaction:
    """What one item of the list says beside its request, which is left empty."""
    return _interaction(at, _NO_REQUEST, at.extras(_INTERACTION))


def _interaction(
    at: Cursor, request: RecordedRequest, extras: tuple[tuple[str, JSON], ...]
) -> Interaction:
    return Interaction(
        request,
        at.recover(_NO_RESPONSE, _response_or_none),
        at.recover(None, _recorded_at),
        at.recover((), _redacted),
        extras,
        read_provenance.provenance(at),
        at.recover(None, _failure),
    )


def _recorded_at(at: Cursor) -> str | None:
    if not at.has("recorded_at"):
        return None
    return at.member("recorded_at").matching(TIME, f"recorded_at must be {A_TIME}")


def _redacted(at: Cursor) -> tuple[str, ...]:
    if not at.has("redacted"):
        return ()
    member = at.member("redacted")
    places = member.texts()
    note_redacted(member, places)
    return places


# --- requests ----------------------------------------------------------------------------------


def request(at: Cursor) -> RecordedRequest:
    """What the member `request` of one item of the list says.

    Raises:
        Invalid: it is missing, or not a mapping.
    """
    inner = at.member("request").mapping()
    extras = inner.extras(_REQUEST_2_0 if at.notes.legacy else _REQUEST)
    return RecordedRequest(
        inner.recover("", _method),
        inner.recover("", _url),
        inner.recover("", _match_key),
        inner.recover((), lambda at: at.member("matched_on").texts()),
        inner.recover({}, lambda at: canonical_body(at.member("body"))),
        inner.recover(None, _dialect),
        extras,
        *_short_ways(inner),
    )


def _short_ways(at: Cursor) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Headers and digest, which a 2.0 file does not have."""
    if at.notes.legacy:
        return (), None
    headers = at.recover(_NO_HEADERS, read_options.headers)
    return headers, at.recover(None, read_options.digest)


def _method(at: Cursor) -> str:
    return at.member("method").matching(METHOD, "method must be in upper case")


def _url(at: Cursor) -> str:
    return at.member("url").matching(URL, "url must be an absolute URL without user and fragment")


def _match_key(at: Cursor) -> str:
    what = "match_key must be 16 lower-case hexadecimal digits"
    return at.member("match_key").matching(KEY, what, "cassette.key")


def _dialect(at: Cursor) -> str | None:
    if not at.has("dialect"):
        return None
    dialect = at.member("dialect").text()
    if dialect in BUILT_IN or not DIALECT_NAME.fullmatch(dialect):
        at.child("dialect").fail(
            "cassette.value",
            "dialect must have 1 to 64 letters, digits, _, . or -, and not be a built-in one",
        )
    return dialect


# --- failures ----------------------------------------------------------------------------------


def _failure(at: Cursor) -> Failure | None:
    if not at.has("failure") or at.notes.legacy:
        return None
    failure = at.member("failure").mapping()
    extras = failure.extras(_FAILURE)
    response = at.value.get("response")
    if isinstance(response, dict) and response.get("truncated") is not True:
        failure.note("cassette.value", "only a truncated response can have a failure beside it")
    return Failure(failure.recover("", _kind), failure.recover(None, _after), extras)


def _kind(at: Cursor) -> str:
    member = at.member("kind")
    kind = member.text()
    if kind not in failure_kinds():
        member.fail("cassette.value", f"kind is one of {', '.join(failure_kinds())}")
    return kind


def _after(at: Cursor) -> int | None:
    if not at.has("after_ms"):
        return None
    member = at.member("after_ms")
    after = member.integer()
    if after < 0:
        member.fail("cassette.value", "after_ms is a number of milliseconds, 0 or more")
    return after


# --- responses ---------------------------------------------------------------------------------


def _response_or_none(at: Cursor) -> RecordedResponse | None:
    has_none = not at.has("response") and at.has("failure") and not at.notes.legacy
    return None if has_none else _response(at)


def _response(at: Cursor) -> RecordedResponse:
    response = at.member("response").mapping()
    extras = response.extras(_RESPONSE)
    problems = response.notes.problems
    unread = len(problems)
    body: Body = Empty()
    body = response.recover(body, read_bodies.body)
    sound = all(problem.usable for problem in problems[unread:])
    return RecordedResponse(
        response.recover(0, _status),
        response.recover((), _headers),
        body,
        response.recover(None, _reason),
        response.recover(False, lambda at: at.flag("truncated")),
        response.recover(None, lambda at: read_bodies.delays(at, body if sound else None)),
        extras,
        response.recover(None, read_bodies.checksum),
        response.recover(None, lambda at: read_bodies.after(at, body if sound else None)),
    )


def _status(at: Cursor) -> int:
    member = at.member("status")
    status = member.integer()
    if not FIRST_STATUS <= status <= LAST_STATUS:
        allowed = f"from {FIRST_STATUS} to {LAST_STATUS}"
        member.fail("cassette.value", f"status must be an integer {allowed}, and is {status}")
    return status


def _reason(at: Cursor) -> str | None:
    if not at.has("reason"):
        return None
    member = at.member("reason")
    reason = _sendable(member)
    note_reason(member, reason)
    return reason


def _headers(at: Cursor) -> tuple[tuple[str, tuple[str, ...]], ...]:
    headers = at.member("headers").mapping()
    if all(map(_is_usual, headers.value.items())):
        return tuple([(name, (value,)) for name, value in headers.value.items()])
    merged: dict[str, tuple[str, ...]] = {}
    for name, value in headers.members():
        lower = name.lower()
        merged[lower] = (*merged.get(lower, ()), *value.recover(_NO_VALUES, _values))
        if not FIELD_NAME.fullmatch(name):
            value.note("cassette.value", f"{name!r} is not the name of a header")
    return tuple(merged.items())


def _is_usual(header: tuple[str, JSON]) -> bool:
    """Whether there is nothing to do for a header: one text, under a name in lower case."""
    name, value = header
    if type(value) is not str or UNSENDABLE.search(value):
        return False
    return name.islower() and FIELD_NAME.fullmatch(name) is not None


def _values(at: Cursor) -> tuple[str, ...]:
    return at.each("", _sendable) if isinstance(at.value, list) else (_sendable(at),)


def _sendable(at: Cursor) -> str:
    """A text that ends no line of a response [HEAD-20]."""
    text = at.text()
    if (ENDS_LINE if at.notes.legacy else UNSENDABLE).search(text):
        at.fail("cassette.value", "here is a character that no header and no reason can hold")
    return text
