"""A table of secrets by shape and place: each is in no file, and each request is hit on replay.

The tables are in ``secrets/``: `shapes.json` has a made-up credential of each shape, `places.json`
says where each stands, and `harmless.json` has texts that must not change.
"""

from __future__ import annotations

import base64
import json
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest

from promptecho._base.model import Request
from promptecho._matching.rules import rules
from promptecho._session.capture import Capture
from promptecho._session.miss import CassetteMiss
from promptecho._session.modes import Mode
from promptecho._session.open_cassette import OpenCassette
from promptecho._session.options import options
from promptecho._session.response import LiveResponse, ReplayResponse, record
from support.secret_tables import secrets, table
from support.session_builders import sent

URL = "https://api.example.com/v1/chat/completions"
JSON = ("content-type", "application/json")
HELLO = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
BOUNDARY = "b0undary"


class Row(NamedTuple):
    """A secret, and the text in which it stands."""

    place: str
    secret: str
    text: str
    given: dict[str, Any]

    def __str__(self) -> str:
        what = self.given.get("shape") or self.given.get("header") or self.given.get("cookie")
        return f"{self.place}: {what or self.given.get('url', self.given.get('before'))}"


def rows() -> list[Row]:
    made = []
    for row in table("places")["rows"]:
        if "shape" in row:
            text = secret = secrets()[row["shape"]]
        elif "url" in row:
            text, secret = "".join(row["url"]), row["url"][row["value"]]
        else:
            text = secret = row["opaque"]
        made.append(Row(row["place"], secret, text, row))
    return made


ROWS = rows()


def asked(row: Row) -> Request:
    """The request of a row."""
    place, text = row.place, row.text
    message: dict[str, Any] = {"role": "user", "content": "hello"}
    if place in ("prompt", "exception text"):
        message["content"] = f"Use {text} please."
    if place.startswith("tool arguments"):
        arguments = json.dumps({"q": text})
        if place.endswith("twice"):
            arguments = json.dumps({"inner": arguments})
        call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
        message = {"role": "assistant", "tool_calls": [call]}
    if place == "multipart field":
        return form_data(f'name="note"\r\n\r\n{text}')
    if place == "multipart file name":
        return form_data(f'name="file"; filename="{text}"\r\n\r\na')
    if place == "form field":
        headers = (("content-type", "application/x-www-form-urlencoded"),)
        return Request("POST", URL, headers, urlencode({"note": text}).encode())
    if place == "request URL":
        return Request("GET", f"{URL}?q={quote(text, safe='')}")
    headers = (JSON, (row.given["header"], text)) if place == "request header" else (JSON,)
    body = {"model": "m", "messages": [message]}
    return Request("POST", URL, headers, json.dumps(body).encode())


def form_data(part: str) -> Request:
    body = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n--{BOUNDARY}--\r\n"
    headers = (("content-type", f"multipart/form-data; boundary={BOUNDARY}"),)
    return Request("POST", URL, headers, body.encode())


def answered(row: Row) -> LiveResponse:
    """The answer of a row."""
    place, text = row.place, row.text
    status, reason, headers, kind, body = 200, "OK", [], "application/json", '{"ok": true}'
    if place == "SSE":
        kind, body = "text/event-stream", f"data: {json.dumps({'delta': text})}\n\ndata: [DONE]\n\n"
    elif place == "NDJSON":
        kind, body = "application/x-ndjson", f"{json.dumps({'delta': text})}\n{{}}\n"
    elif place == "text answer":
        kind, body = "text/plain", f"it is {text} now"
    elif place == "JSON answer":
        body = json.dumps({"data": [{"value": text}]})
    elif place == "URL inside an answer":
        body = json.dumps({"url": f"https://files.example/o?q={text}&x=1"})
    elif place == "error echo":
        status, body = 400, json.dumps({"error": {"message": f"Incorrect key {text} given."}})
    elif place == "location":
        status, reason = 302, "Found"
        headers = [("location", text if "url" in row.given else f"/cb?q={text}&x=1")]
    elif place == "other header":
        headers = [("x-echo", f"got {text}")]
    elif place == "reason":
        status, reason = 400, f"No access to {text}"
    elif place == "cookie":
        headers = [("set-cookie", f"{row.given['cookie']}={text}; Path=/; HttpOnly")]
    elif place == "challenge":
        value = f"{row.given['before']}{text}{row.given['after']}"
        status, reason, headers = 401, "Unauthorized", [("www-authenticate", value)]
    elif place == "answer header":
        headers = [(row.given["header"], text)]
    pairs = (("content-type", kind), *headers)
    return LiveResponse(status, reason, pairs, (body.encode(),))


def play(path: Path, mode: str, row: Row) -> ReplayResponse | None:
    """Ask the request of a row in a session; what was replayed."""
    opened = OpenCassette(path, options({"on_record_error": "record"}), Mode(mode), {})
    answer = opened.answer(asked(row))
    if isinstance(answer, Capture):
        live = answered(row)
        answer.head(live.status, live.reason, live.headers)
        answer.chunk(b"".join(live.chunks))
        answer.end()
    opened.close(None)
    return answer if isinstance(answer, ReplayResponse) else None


def traces(secret: str) -> Iterator[bytes]:
    """How a file could hold a secret, or a line of it."""
    for line in secret.splitlines():
        if not line.startswith("-----"):
            yield from (line.encode(), json.dumps(line)[1:-1].encode())
            yield quote(line, safe="").encode()


def test_the_table_is_large_and_names_its_sources() -> None:
    assert len(ROWS) >= 150
    assert {
        str(row) for row in ROWS if "shape" not in row.given and not row.given["source"]
    } == set()
    named = {row.given["shape"] for row in ROWS if "shape" in row.given}
    assert named == set(secrets())
    assert len({row.place for row in ROWS}) >= 20


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_secret_is_in_no_file_and_its_request_is_hit_on_replay(row: Row, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert play(path, "once", row) is None
    texts = [path.read_bytes(), *(str(each.message).encode() for each in caught)]
    for trace in traces(row.secret):
        assert not any(trace in text for text in texts)
    assert b"REDACTED" in texts[0] or row.place == "request header"
    replayed = play(path, "none", row)
    assert replayed is not None
    assert replayed.status == answered(row).status


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.place in ("exception text", "request URL", "prompt")],
    ids=str,
)
def test_the_text_of_a_miss_holds_no_secret(row: Row, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    other = row._replace(place="JSON answer", text="nothing")
    assert play(path, "once", other) is None
    with pytest.raises(CassetteMiss) as missed:
        play(path, "none", row)
    for trace in traces(row.secret):
        assert trace not in str(missed.value).encode()


HARMLESS = [row["text"] for row in table("harmless")["texts"]]


def test_the_table_of_harmless_texts_is_large() -> None:
    assert len(set(HARMLESS)) >= 80


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_stays(text: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": f"See {text} ."}]}
    assert sent(body).redacted == ()
    for kind, answer in (
        ("application/json", json.dumps({"a": text})),
        ("text/plain", text),
        ("text/event-stream", f"data: {json.dumps({'delta': text})}\n\n"),
    ):
        live = LiveResponse(200, "OK", (("content-type", kind),), (answer.encode(),))
        assert record(live, rules()).redacted == ()


def test_random_tokens_stay() -> None:
    # A token that begins like a key by chance would be taken for one: about 1 in 100,000.
    source = random.Random(20261128)
    made = [base64.urlsafe_b64encode(source.randbytes(66)).decode() for _ in range(100_000)]
    stored = rules().redactor.text("\n".join(made)).split("\n")
    assert len(stored) == len(made)
    assert [token for token, clean in zip(made, stored) if token != clean] == []


def test_a_long_random_token_stays() -> None:
    source = random.Random(20261128)
    token = "gAAAAAB" + base64.urlsafe_b64encode(source.randbytes(3_000_000)).decode()
    assert rules().redactor.text(token) == token
