"""The front of the specification is true: the bytes of "The life of one call", and the references.

Each block of that section is made from the one before, or asked of the adapter of the suite.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
import yaml

from promptecho.conformance.__main__ import answer
from support.paths import ROOT

SPEC = (ROOT / "spec" / "cassette-v2.md").read_text(encoding="utf-8")
LIFE = SPEC[SPEC.index("## 0. The life of one call") : SPEC.index("## 1. Conventions")]
BLOCKS = re.findall(r"^```[a-z]+\n(.*?)^```$", LIFE, re.MULTILINE | re.DOTALL)
SENT, REDACTED, CANONICAL, HASHED, KEY, RECEIVED, EVENTS, FILE, REPLAYED = BLOCKS
HOST = "https://api.anthropic.com"

REFERENCES = SPEC[SPEC.index("### Normative references") : SPEC.index("### Names of files")]
LISTED = [
    name
    for row in re.findall(r"^\| ([^|]+) \| ", REFERENCES, re.MULTILINE)
    for name in row.split(", ")
    if name not in ("name", "---")
]
#: Front and body without the list itself.
TEXT = " ".join(SPEC.replace(REFERENCES, "").split())


def message(block: str) -> tuple[str, list[list[str]], str]:
    """The first line, the header lines and the body of a message."""
    head, _, body = block.partition("\n\n")
    first, *lines = head.split("\n")
    return first, [list(line.split(": ", 1)) for line in lines], body


def request() -> dict[str, Any]:
    first, headers, body = message(SENT)
    method, target = first.split(" ")
    sent = {"method": method, "url": HOST + target, "headers": headers}
    return {**sent, "body": {"utf8": body.rstrip("\n")}}


def upstream() -> dict[str, Any]:
    first, headers, body = message(RECEIVED)
    status, reason = first.split(" ", 1)
    return {"status": int(status), "reason": reason, "headers": headers, "body": {"utf8": body}}


def asked(op: str, **given: Any) -> Any:
    return answer({"id": 1, "op": op, "given": given})["ok"]


def test_the_secret_is_all_that_redaction_changes() -> None:
    assert REDACTED.count("REDACTED") == 1
    assert message(SENT)[2].replace("api_key=k1", "api_key=REDACTED") == REDACTED


def test_the_redacted_body_has_the_canonical_body() -> None:
    url = request()["url"]
    normalized = asked("normalize", method="POST", url=url, headers=[], body=REDACTED)
    assert normalized["body"] == json.loads(CANONICAL)
    assert normalized["names"] == list(json.loads(CANONICAL))


def test_the_hashed_text_holds_what_is_matched() -> None:
    hashed = json.loads(HASHED)
    canonical = json.loads(CANONICAL)
    assert hashed["fields"] == {name: canonical[name] for name in ("model", "messages")}
    assert asked("key", request=request())["hashed"] == HASHED.rstrip("\n")


def test_the_key_is_the_beginning_of_a_hash() -> None:
    digest = hashlib.sha256(HASHED.rstrip("\n").encode()).hexdigest()
    assert KEY.strip() == digest[:16]


def test_the_events_are_the_bytes_received() -> None:
    assert "".join(f"{event}\n\n" for event in json.loads(EVENTS)) == message(RECEIVED)[2]


def test_the_call_is_recorded_into_the_file() -> None:
    requests = [{"request": request(), "upstream": upstream()}]
    recorded = asked("replay", cassette=None, mode="once", requests=requests)
    assert recorded["file"] == {"utf8": FILE}
    assert recorded["upstream_calls"] == 1


def test_the_file_holds_the_blocks_before_it() -> None:
    (call,) = yaml.safe_load(FILE)["interactions"]
    assert call["request"]["body"] == json.loads(CANONICAL)
    assert call["request"]["match_key"] == KEY.strip()
    assert call["response"]["events"] == json.loads(EVENTS)
    digest = hashlib.sha256(message(RECEIVED)[2].encode()).hexdigest()
    assert call["response"]["checksum"] == digest[:16]


def test_the_file_replays_the_bytes() -> None:
    cassette = {"utf8": FILE}
    replayed = asked("replay", cassette=cassette, mode="none", requests=[{"request": request()}])
    assert replayed["upstream_calls"] == 0
    (response,) = replayed["responses"]
    first, headers, body = message(REPLAYED)
    assert f"{response['status']} {response['reason']}" == first
    assert [list(pair) for pair in response["headers"]] == headers
    assert "".join(chunk["utf8"] for chunk in response["chunks"]) == body
    assert body == message(RECEIVED)[2]


@pytest.mark.parametrize("name", LISTED)
def test_each_reference_is_cited(name: str) -> None:
    assert re.search(rf"\b{re.escape(name)}\b", TEXT)


def test_each_document_cited_is_among_the_references() -> None:
    cited = set(re.findall(r"\bRFC [0-9]+\b|\bWHATWG [A-Z][A-Za-z]+ Standard\b", TEXT))
    assert cited <= set(LISTED)
    assert len(cited) > 15


def test_no_cell_of_a_table_needs_the_row_above() -> None:
    rows = [line for line in SPEC.split("\n") if line.startswith("|")]
    cells = [cell.strip() for row in rows for cell in row.strip("|").split("|")]
    backward = re.compile(r"(?:the same|as above|ditto|see above|it|they|these|those)\b", re.I)
    assert [cell for cell in cells if backward.match(cell)] == []
    assert len(cells) > 1000
