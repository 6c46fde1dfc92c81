"""The digest of a request (spec section 6.3). The values are those of its example."""

from __future__ import annotations

from typing import Any

import pytest

from promptecho._base.model import CassetteFile, FileOptions, Interaction, Request
from promptecho._checks.formatting import formatted
from promptecho._format.reader import load
from promptecho._format.request_digest import carried, digest
from promptecho._format.writer import dump
from promptecho._matching.digest import first_half
from promptecho._matching.request import Prepared, prepare
from promptecho._matching.rules import RecordingPolicy, default_match_on, matching, rules
from support.session_builders import answer

URL = "https://api.anthropic.com/v1/messages"
BODY = (
    b'{"model":"claude-opus-4-8","max_tokens":100,"messages":[{"role":"user","content":'
    b'"Summarize: the cat sat on the mat."}]}'
)
FIRST, SECOND = "32ba0c2995974cb4", "469a31f06429de62"
JSON = (("content-type", "application/json"),)


def ready(request: Request, policy: RecordingPolicy | None = None) -> Prepared:
    return prepare(request, policy or rules(), matching(default_match_on()))


def first(url: str = URL, body: bytes = BODY, headers: Any = JSON) -> str | None:
    request = Request("POST", url, headers, body)
    return first_half(ready(request))


def test_the_example_of_the_specification() -> None:
    assert first() == FIRST
    request = ready(Request("POST", URL, JSON, BODY)).request
    assert digest(FIRST, CassetteFile(default_match_on()), request) == FIRST + SECOND


@pytest.mark.parametrize(
    "same",
    [
        {"url": URL.replace("anthropic", "example")},  # the host is not in it
        {"headers": (("Content-Type", " application/json\t"), ("x-other", "1"))},
        {"headers": (("content-type", "text/plain"), *JSON)},  # the last line counts
    ],
)
def test_these_change_nothing(same: dict[str, Any]) -> None:
    assert first(**same) == FIRST


@pytest.mark.parametrize(
    "other",
    [
        {"url": URL + "?beta=true"},
        {"url": URL + "/x"},
        {"body": BODY + b" "},
        {"headers": ()},
        {"headers": (*JSON, ("content-encoding", "identity"))},
        {"headers": (*JSON, ("anthropic-beta", "x"))},
    ],
)
def test_these_change_it(other: dict[str, Any]) -> None:
    assert first(**other) not in (FIRST, None)


def test_a_request_that_was_redacted_has_none() -> None:
    key = b"s" + b"k-ant-api03-" + b"aB3" * 31
    assert first(body=b'{"model":"m","input":"' + key + b'"}') is None


def in_a_file(digest: str | None, options: FileOptions | None = None) -> CassetteFile:
    request = ready(Request("POST", URL, JSON, BODY)).request._replace(digest=digest)
    items = (Interaction(request, answer("ok")),)
    return CassetteFile(default_match_on(), items, options=options or FileOptions())


def test_a_right_digest_is_made_again_and_a_wrong_one_is_left_out() -> None:
    after = in_a_file(None, FileOptions(redact_members=("x",)))
    for held, kept in ((FIRST + SECOND, True), (FIRST + "0" * 16, False), (None, False)):
        before = in_a_file(held)
        [old], [new] = before.interactions, after.interactions
        made = carried(old, new, before, after).request.digest
        assert made == (digest(FIRST, after, new.request) if kept else None)
    assert digest(FIRST, after, new.request)[16:] != SECOND


def test_fmt_leaves_out_the_digest_of_an_edit() -> None:
    text = dump(in_a_file(FIRST + SECOND))
    assert formatted(text.encode(), "a.yaml").decode() == text
    edited = formatted(text.replace("cat sat", "dog sat").encode(), "a.yaml")
    assert load(edited, "a.yaml").interactions[0].request.digest is None
