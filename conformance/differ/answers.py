"""Answers as providers give them: JSON, events, lines, text, with headers and codings."""

from __future__ import annotations

import gzip
import json
from random import Random
from typing import Any

from runner.cases import bytes_form

from .parts import SECRETS, WORDS, Body, maybe


def an_answer(random: Random) -> Body:
    """What an upstream gives back."""
    content_type, data = random.choice(ANSWERS)(random)
    headers = [["content-type", content_type]] if content_type else []
    if random.random() < 0.15:
        data, headers = gzip.compress(data, mtime=0), [*headers, ["content-encoding", "gzip"]]
    extra = (
        [
            "set-cookie",
            "sid=abcdef0123456789abcdef01; Path=/; Expires=Wed, 21 Oct 2065 07:28:00 GMT",
        ],
        ["set-cookie", "a=b"],
        ["x-request-id", "r1"],
        ["server", "s"],
        ["location", "https://h/?token=abc&a=1"],
        ["retry-after", "7"],
        ["date", "Wed, 21 Oct 2065 07:27:00 GMT"],
        ["www-authenticate", 'Bearer realm="r", error="e"'],
        ["X-Trace", "a, b"],
        ["transfer-encoding", "chunked"],
        ["authorization", "Bearer " + SECRETS[0]],
        ["etag", '"abc"'],
        ["content-length", str(len(data))],
    )
    headers += [list(each) for each in random.sample(extra, random.choice((0, 0, 1, 2, 4)))]
    if random.random() < 0.05:  # in seconds from `date`, because the two clocks differ
        date = ["date", "Wed, 21 Oct 2065 07:27:00 GMT"]
        headers += [date, ["retry-after", "Wed, 21 Oct 2065 07:28:00 GMT"]]
    status = random.choice((200, 200, 200, 200, 201, 204, 400, 401, 429, 500))
    return {"status": status, "headers": headers, "body": bytes_form(data)}


def json_answer(random: Random) -> tuple[str, bytes]:
    """A JSON body, in one of the layouts that servers have."""
    value: Any = {
        "id": "x1",
        "choices": [{"message": {"role": "assistant", "content": random.choice(WORDS)}}],
        "usage": {"total": 1.0, "big": 12345678901234567890},
    }
    maybe(random, value, "access_token", SECRETS, 0.3)
    maybe(random, value, "error", ({"message": "bad key " + SECRETS[0]}, None), 0.2)
    if random.random() < 0.2:
        value = random.choice(([], {}, [1], "x", None, 1e-7, [value]))
    indent = random.choice((None, None, 2, 4))
    separators = random.choice((None, (",", ":"))) if indent is None else None
    ascii_only = random.random() < 0.5
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=ascii_only)
    text += random.choice(("", "", "\n", " "))
    return random.choice(("application/json", "application/json; charset=utf-8")), text.encode()


def sse_answer(random: Random) -> tuple[str, bytes]:
    """Events."""
    end = random.choice(("\n", "\n", "\r\n"))
    rows = []
    for number in range(random.choice((1, 2, 5))):
        if random.random() < 0.3:
            rows.append(f"event: {random.choice(('message', 'content_block_delta', 'ping'))}{end}")
        delta = {"i": number, "delta": random.choice((*WORDS, *SECRETS))}
        rows.append(f"data: {json.dumps(delta)}{end}{end}")
    rows.append(random.choice((f"data: [DONE]{end}{end}", "", f": ping{end}{end}", "data: cut")))
    return "text/event-stream", "".join(rows).encode()


def line_answer(random: Random) -> tuple[str, bytes]:
    """NDJSON."""
    rows = [json.dumps({"i": number, "text": random.choice(WORDS)}) for number in range(3)]
    return "application/x-ndjson", ("\n".join(rows) + random.choice(("\n", "", "\r\n"))).encode()


def text_answer(random: Random) -> tuple[str, bytes]:
    """Text, or bytes."""
    data = random.choice(
        (b"", b"hi", b"\xff\xfe", "é".encode(), b"<a>" + SECRETS[1].encode() + b"</a>", b"\0")
    )
    return random.choice(("text/plain", "application/octet-stream", "", "text/html")), data


ANSWERS = (json_answer, json_answer, json_answer, sse_answer, sse_answer, line_answer, text_answer)
