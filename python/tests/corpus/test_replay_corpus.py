"""No wrong replay, and no changed byte, over real traffic.

Each cassette of the corpus is recorded by our session, written as text, loaded again, and asked its
requests in recorded order: every one gets its own answer back. No sockets: the session is the one
that every backend uses.
"""

from __future__ import annotations

import base64
import collections
import gzip
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from corpus.endpoints import table
from promptecho._base.model import CassetteFile, JsonBody, Request
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, lists_version, matching, rules
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.response import LiveResponse, playable, record
from promptecho._session.session import CallUpstream, Replay, Session
from support.paths import CORPUS, ROOT

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")

RULES = rules()
MATCH_ON = default_match_on()
MATCHING = matching(MATCH_ON)


class Row:
    """One interaction of the corpus, as a client and an upstream would see it."""

    def __init__(self, line: str) -> None:
        row: dict[str, Any] = json.loads(line)
        self.cassette = (row["source_repo"], row["cassette_path"])
        self.endpoint = f"{row['provider']} {row['endpoint']}"
        self.exact = not row["reserialized_response"]
        self.request = Request(
            row["method"],
            _absolute(row["url"]),
            _headers(row["request_headers"]),
            base64.b64decode(row["request_body_b64"] or ""),
        )
        self.body = base64.b64decode(row["response_body_b64"] or "")
        headers = _headers(row["response_headers"])
        self.received = LiveResponse(row["response_status"], "", headers, (self.body,))


def _absolute(url: str) -> str:
    # One source has redacted a whole URL; a client always has an absolute one.
    return url if "://" in url else f"https://redacted.invalid/{url}"


def _headers(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    # The corpus has undone content encodings, but kept their headers.
    return tuple((name, value) for name, value in pairs if name.lower() != "content-encoding")


@pytest.fixture(scope="module")
def cassettes() -> list[list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = Row(line)
            found.setdefault(row.cassette, []).append(row)
    return list(found.values())


def open_session(file: CassetteFile, mode: Mode, state: State) -> Session:
    return Session(Setup("corpus.yaml", file, state, mode, MATCHING, RULES))


def recorded(rows: list[Row]) -> tuple[CassetteFile, list[bool]]:
    """A cassette of these interactions, through text; and which answers were redacted."""
    session = open_session(CassetteFile(MATCH_ON), Mode.ONCE, State.ABSENT)
    redacted = []
    for row in rows:
        prepared = prepare(row.request, RULES, MATCHING)
        decision = session.decide(prepared)
        assert isinstance(decision, CallUpstream)
        recorded = record(row.received, RULES, conversation=prepared.conversation)
        session.record(decision.ticket, recorded.response, recorded.redacted, None)
        places = recorded.redacted
        redacted.append(any(not place.startswith("response.headers") for place in places))
    text = dump(CassetteFile(MATCH_ON, tuple(session.recorded), lists=lists_version()))
    return load(text.encode(), "corpus.yaml"), redacted


def replayed(file: CassetteFile, rows: list[Row]) -> Iterator[object]:
    session = open_session(file, Mode.NONE, State.PRESENT)
    for row in rows:
        yield session.decide(prepare(row.request, RULES, MATCHING))


def test_every_request_gets_its_own_answer_byte_for_byte(
    cassettes: list[list[Row]], record_property: Any
) -> None:
    tried: collections.Counter[str] = collections.Counter()
    right: collections.Counter[str] = collections.Counter()
    wrong, missed, drifted, changed, redactions = [], [], [], [], 0
    for rows in cassettes:
        file, redacted = recorded(rows)
        for index, (row, decision) in enumerate(zip(rows, replayed(file, rows))):
            tried[row.endpoint] += 1
            if not isinstance(decision, Replay):
                missed.append((row.cassette, index))
                continue
            if decision.interaction is not file.interactions[index]:
                wrong.append((row.cassette, index))
                continue
            right[row.endpoint] += 1
            drifted += [(row.cassette, index)] if decision.drift else []
            redactions += redacted[index]
            body = b"".join(playable(decision.interaction, RULES).chunks)
            if body != row.body and not redacted[index]:
                changed.append((row.cassette, index))
    report = {endpoint: f"{right[endpoint]}/{count}" for endpoint, count in sorted(tried.items())}
    lines = table(tried, right)
    print(f"\nplayed right: {json.dumps(report, indent=1)}", *lines, sep="\n")
    print(f"{sum(tried.values())} tried, {redactions} with a redacted answer")
    record_property("played_right", report)
    assert (wrong, missed, drifted, changed) == ([], [], [], [])
    if "PROMPTECHO_CORPUS" not in os.environ:
        assert "\n".join(lines) in (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


def test_nearly_all_json_answers_are_readable_trees(cassettes: list[list[Row]]) -> None:
    trees = others = 0
    for row in (row for rows in cassettes for row in rows if row.exact):
        if not row.body.lstrip().startswith((b"{", b"[")):
            continue
        try:
            json.loads(row.body)
        except ValueError:
            continue
        if isinstance(record(row.received, RULES)[0].body, JsonBody):
            trees += 1
        else:
            others += 1
    print(f"\n{trees} JSON answers as trees, {others} as text")
    assert trees / (trees + others) >= 0.95
