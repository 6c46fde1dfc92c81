"""Cassettes that a writer may have written: two texts, and every value that a file can hold."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import strategies as st

from promptecho._base.model import (
    Accepted,
    BinaryBody,
    BinaryStream,
    CassetteFile,
    Empty,
    EventStream,
    Failure,
    FileOptions,
    Frame,
    FrameStream,
    Interaction,
    JsonBody,
    Layout,
    Number,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    TextBody,
)
from promptecho._base.spec_data import failure_kinds
from promptecho._base.vocabulary import UNSENDABLE, in_two_lists, lower
from promptecho._bodies import forms

# Section 3 of the spec, in full.
EXAMPLE = """\
version: 2
minor: 1
match_on: [model, messages, system, tools, tool_choice, reasoning_effort, reasoning, thinking, \
response_format, context]
interactions:
  - request:
      method: POST
      url: "https://api.anthropic.com/v1/messages"
      match_key: "7d206bed48a0bc0c"
      matched_on: [model, messages]
      body:
        model: claude-opus-4-8
        messages:
          - role: user
            content: "Summarize: the cat sat on the mat."
        max_tokens: 100
    response:
      status: 200
      headers:
        content-type: application/json
      streaming: false
      body:
        id: msg_1
        content:
          - type: text
            text: "A cat sat."
      checksum: "70370e5e0eb51388"
...
"""

EVERYTHING = """\
version: 2
minor: 1
match_on: ["*"]
incomplete: true
x-team: core
interactions:
  - request:
      method: GET
      url: "https://h/v1/models?limit=20"
      match_key: "1234567890123456"
      matched_on: []
      dialect: acme
      body: {}
      x-note: "kept: yes"
    response:
      status: 429
      reason: "Slow Down"
      headers:
        set-cookie:
          - REDACTED
          - REDACTED
        retry-after: "1"
      streaming: true
      framing: sse-crlf
      events:
        - "data: a"
        - |-
          event: b
          data: {}
      tail: "data: c"
      checksum: "0123456789abcdef"
      truncated: true
      delays_ms: [0, 12, 7]
      after: [1, 3]
      x-seen:
        deep: [1, null]
    recorded_at: "2026-01-31T12:00:00.25Z"
    recorded_by: "acme 1.0"
    origin: notes/old.har
    accepted:
      at: "2026-02-01T00:00:00Z"
      from_key: "7d206bed48a0bc0c"
      x-who: Ann
      ext-why: null
    redacted:
      - "response.events[0]"
    x-mark: y2
    ext-mark: 1
...
"""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "yes",
        "<<",
        "12:30",
        "a\nb",
        "a\n",
        " \n ",
        "\u2028",
        "~",
        "1e5",
        "x: y",
        "_1",
        "# z",
        "...",
        "\ufeff",
    ]
)
NAMES = TEXT.filter(lambda name: name != "<<")
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
PLAIN = st.floats(-1e9, 1e9).filter(lambda x: "e" not in repr(x) and not x.is_integer())
TOKENS = st.sampled_from(["1.0", "-0", "-0.0", "1.50", "0.10", "1.0e+5", "2.5E-7"]).map(Number)
SCALARS = st.none() | st.booleans() | INTEGERS | PLAIN | TOKENS | TEXT


def trees(scalars: Any) -> Any:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    )


VALUES = trees(SCALARS)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def extras(*prefixes: str) -> Any:
    """Members whose names begin with one of the prefixes."""
    names = st.builds(operator.add, st.sampled_from(prefixes), NAMES)
    return st.dictionaries(names, VALUES, max_size=2).map(lambda members: tuple(members.items()))


EXTRAS = extras("x-", "ext-")
RESERVED = extras("ext-")
LAYOUTS = st.builds(
    Layout,
    st.sampled_from(["compact", "spaced", "indented"]),
    st.sampled_from(["", "<>&'", "<"]),
    st.booleans(),
    st.booleans(),
    RESERVED,
)
SOME_TEXT = TEXT.filter(bool)
EVENTS = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
FRAMES = st.builds(
    Frame,
    st.dictionaries(NAMES.filter(bool), TEXT, max_size=2).map(lambda d: tuple(d.items())),
    TEXT,
    RESERVED,
)
BODIES = st.one_of(
    st.just(Empty()),
    st.builds(TextBody, SOME_TEXT),
    st.builds(BinaryBody, st.binary(min_size=1, max_size=9)),
    st.builds(JsonBody, st.lists(VALUES, max_size=3) | OBJECTS, LAYOUTS),
    st.builds(EventStream, st.sampled_from(["sse-lf", "sse-crlf", "ndjson"]), EVENTS, TEXT),
    st.builds(FrameStream, st.lists(FRAMES, min_size=1, max_size=2).map(tuple)),
    st.builds(BinaryStream, st.lists(st.binary(min_size=1), min_size=1, max_size=2).map(tuple)),
)
REQUEST_HEADERS = st.dictionaries(
    st.sampled_from(["api-revision", "range", "no", "0", "1.5", "x!y", "e"]), TEXT, max_size=3
).map(lambda members: tuple(sorted(members.items())))
KEYS = st.sampled_from(["0123456789abcdef", "1234567890123456", "12345678e9012345"])
REQUESTS = st.builds(
    RecordedRequest,
    st.sampled_from(["GET", "POST", "X-Y"]),
    st.sampled_from(["https://h/v1/x", "http://localhost:1/a%20b?beta=true&key=REDACTED"]),
    KEYS,
    st.lists(NAMES, max_size=2, unique=True).map(tuple),
    OBJECTS,
    st.none() | st.sampled_from(["acme", "yes", "2.5"]),
    EXTRAS,
    REQUEST_HEADERS,
    st.none() | st.sampled_from(["0123456789abcdef" * 2, "1" * 32, "0e" * 16]),
)
TIMES = st.none() | st.just("2026-01-31T12:00:00Z")


SENDABLE = TEXT.filter(lambda text: not UNSENDABLE.search(text))


@st.composite
def responses(draw: Any) -> RecordedResponse:
    body = draw(BODIES)
    delays = draw(st.none() | st.just(tuple(range(len(forms.decode(body))))))
    counts = tuple(range(1, forms.count_events(body) + 1))
    after = draw(st.none() | st.just(counts)) if counts else None
    names = st.sampled_from(["content-type", "set-cookie", "x!y", "yes", "retry-after"])
    values = st.lists(SENDABLE, min_size=1, max_size=2).map(tuple)
    headers = tuple(draw(st.dictionaries(names, values, max_size=3)).items())
    status, reason = draw(st.integers(200, 999)), draw(st.none() | SENDABLE)
    rest = draw(EXTRAS), draw(st.none() | KEYS), after
    return RecordedResponse(status, headers, body, reason, draw(st.booleans()), delays, *rest)


PROVENANCES = st.builds(
    Provenance,
    st.none() | SOME_TEXT,
    st.none() | SOME_TEXT,
    st.none() | st.builds(Accepted, TIMES.filter(bool), KEYS, EXTRAS),
)
FAILURES = st.builds(
    Failure, st.sampled_from(failure_kinds()), st.none() | st.integers(0, 9), EXTRAS
)


def _interaction(
    request: RecordedRequest,
    response: RecordedResponse,
    recorded_at: str | None,
    redacted: tuple[str, ...],
    extras: Any,
    provenance: Provenance,
    failure: Failure | None,
    answered: bool,
) -> Interaction:
    """A recording with a response, a failure or both, as FAIL-1 allows."""
    if failure is not None:
        response = response._replace(truncated=True)
    given = response if answered or failure is None else None
    return Interaction(request, given, recorded_at, redacted, extras, provenance, failure)


INTERACTIONS = st.builds(
    _interaction,
    REQUESTS,
    responses(),
    TIMES,
    st.lists(TEXT, max_size=2).map(tuple),
    EXTRAS,
    PROVENANCES,
    st.none() | FAILURES,
    st.booleans(),
)
MATCH_ON = st.just(("*",)) | st.lists(
    SOME_TEXT.filter(lambda name: name != "*"), min_size=1, max_size=3, unique=True
).map(tuple)
LOWER = SOME_TEXT.map(lower).filter(lambda name: name != "*")
LISTS = st.lists(LOWER, max_size=2, unique=True).map(lambda names: tuple(sorted(names)))


@st.composite
def file_options(draw: Any) -> FileOptions:
    """Options that can stand in one file: no name is in two lists that exclude each other."""
    headers = st.lists(st.sampled_from(["api-revision", "yes", "x-a"]), max_size=2, unique=True)
    options = FileOptions(
        draw(st.booleans()),
        tuple(sorted(draw(headers))),
        *(draw(LISTS) for _ in range(5)),
        tuple(draw(st.lists(SOME_TEXT, max_size=2, unique=True))),
    )
    return options if in_two_lists(options._asdict()) is None else FileOptions()


FILES = st.builds(
    CassetteFile,
    MATCH_ON,
    st.lists(INTERACTIONS, max_size=2).map(tuple),
    st.booleans(),
    st.just(1),
    EXTRAS,
    file_options(),
    st.none() | st.integers(1, 99),
)
