"""Files that other recorders have written: each call comes over and replays its own bytes.

The files are those of `../shared/foreign`, or of another folder (`PROMPTECHO_FOREIGN`).
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

import promptecho
from promptecho._bodies.content_coding import undo
from promptecho._cli import main
from promptecho._foreign.calls import Call, Lost
from promptecho._foreign.reader import read
from promptecho._format.reader import load
from promptecho._session.imported import passes
from promptecho._storage.files import MAX_BYTES
from support.paths import FOREIGN

pytestmark = pytest.mark.skipif(not FOREIGN.exists(), reason=f"there are no files at {FOREIGN}")

FILES = [path for path in sorted(FOREIGN.glob("*/*")) if path.is_file()]
#: What a client sets itself.
OWN = {"content-length", "accept-encoding", "transfer-encoding", "connection", "host"}
#: Paths of URLs whose answers have a value that redaction takes out, and what it is.
REDACTED = {"/token": "the access token of an account of Google"}


class Answer(NamedTuple):
    """What a client got, or what the source says that it got."""

    status: int
    body: bytes


def expected(call: Call) -> Answer:
    codings = [value for name, value in call.headers if name.lower() == "content-encoding"]
    plain = undo(call.body, ", ".join(codings)) if codings else call.body
    return Answer(call.status, call.body if plain is None else plain)


def ask(client: httpx.Client, call: Call) -> Answer:
    sent = call.request
    headers = [(n, v) for n, v in sent.headers if n.lower() not in OWN and v.isascii()]
    request = httpx.Request(sent.method, sent.url, headers=headers, content=sent.body)
    answer = client.send(request)
    return Answer(answer.status_code, answer.content)


def replay(cassette: Path, calls: list[Call]) -> list[Answer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", promptecho.PromptechoRecordingWarning)
        with (
            promptecho.use_cassette(cassette, mode="none"),
            httpx.Client(trust_env=False) as client,
        ):
            return [ask(client, call) for call in calls]


def calls_of(path: Path) -> list[Call]:
    is_passed = passes(())
    found = read(path.read_bytes(), None, most=MAX_BYTES).calls
    assert [each for each in found if isinstance(each, Lost)] == []
    return [each for each in found if isinstance(each, Call) and not is_passed(each.request)]


def check(path: Path, calls: list[Call], answers: list[Answer]) -> None:
    for call, answer in zip(calls, answers):
        want = expected(call)
        if b"REDACTED" in answer.body and b"REDACTED" not in want.body:
            assert call.request.url.endswith(tuple(REDACTED)), path
            pieces = map(re.escape, answer.body.split(b"REDACTED"))
            assert re.fullmatch(b".+".join(pieces), want.body, re.DOTALL)
        else:
            assert answer == want, call.request.url


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[-60:])
def test_a_file_is_replayed_as_it_is(path: Path) -> None:
    before, calls = path.read_bytes(), calls_of(path)
    check(path, calls, replay(path, calls))
    assert path.read_bytes() == before


def test_each_file_is_imported_and_replayed(tmp_path: Path) -> None:
    assert main(["import", *map(str, FILES), "--to", str(tmp_path), "--quiet"]) == 0
    made = sorted(tmp_path.iterdir())
    assert len(made) == len(FILES) >= 168
    by_origin = {_origin(each): each for each in made}
    for path in FILES:
        calls = calls_of(path)
        check(path, calls, replay(by_origin[path.name], calls))


def _origin(cassette: Path) -> str:
    (name,) = {str(each.provenance.origin) for each in load(cassette.read_bytes(), "").interactions}
    return name


def test_what_is_made_is_without_findings(tmp_path: Path) -> None:
    main(["import", str(FOREIGN), "--to", str(tmp_path), "--quiet"])
    assert main(["validate", str(tmp_path), "--strict"]) == 0
