"""Pairs of requests of today's provider APIs, and what each pair is: the same question or not.

The table is `pairs/*.json`. A verdict follows from what the provider documents (`source`) and from
the rules of the format, never from what the code does:

* ``differ``: one must not be answered with the recording of the other;
* ``drift``: it may, with a warning;
* ``equal``: it must be answered, in silence.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

import promptecho

TABLE = Path(__file__).parent / "pairs"
FILES = [json.loads(file.read_text("utf-8")) for file in sorted(TABLE.glob("*.json"))]
ENDPOINTS: list[dict[str, Any]] = [each for file in FILES for each in file["endpoints"]]
VERDICTS = ("differ", "drift", "equal")


class Pair(NamedTuple):
    """A row of the table."""

    endpoint: str
    name: str
    a: httpx.Request
    b: httpx.Request
    verdict: str
    options: dict[str, Any]


def request(base: dict[str, Any], own: dict[str, Any]) -> httpx.Request:
    """A request of an endpoint: its members, those of the row in their place.

    Members of two objects `body` are put side by side. `text` is a body as it is sent.
    """
    given = {**base, **own}
    if isinstance(base.get("body"), dict) and "body" in own:
        given["body"] = {**base["body"], **own["body"]}
    content_type, content = _content(given)
    headers = {"content-type": content_type, **given.get("headers", {})} if content else {}
    return httpx.Request(
        given["method"], given["url"], headers=headers or given.get("headers"), content=content
    )


def _content(given: dict[str, Any]) -> tuple[str, bytes]:
    if "multipart" in given:
        boundary = given["multipart"]["boundary"]
        return (
            f"multipart/form-data; boundary={boundary}",
            _multipart(boundary, given["multipart"]["parts"]),
        )
    if "text" in given:
        return "application/json", given["text"].encode()
    if "body" in given:
        return "application/json", json.dumps(given["body"]).encode()
    return "", b""


def _multipart(boundary: str, parts: list[dict[str, str]]) -> bytes:
    lines = []
    for part in parts:
        filename = f'; filename="{part["filename"]}"' if "filename" in part else ""
        lines += [
            f"--{boundary}",
            f'content-disposition: form-data; name="{part["name"]}"{filename}',
        ]
        lines += [f"content-type: {part['content_type']}"] if "content_type" in part else []
        lines += ["", part["text"]]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()


def pairs() -> list[Pair]:
    return [
        Pair(
            each["endpoint"],
            row["name"],
            request(each["request"], row["a"]),
            request(each["request"], row["b"]),
            row["verdict"],
            row.get("options", {}),
        )
        for each in ENDPOINTS
        for row in each["pairs"]
    ]


PAIRS = pairs()
EVERY_PAIR = pytest.mark.parametrize(
    "pair", [pytest.param(each, id=f"{each.endpoint}: {each.name}") for each in PAIRS]
)


class Provider(httpx.BaseTransport):
    """A network with one provider in it, which counts its answers."""

    def __init__(self) -> None:
        self.answers = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.answers += 1
        return httpx.Response(200, json={"answer": self.answers})


def verdict(client: httpx.Client, asked: httpx.Request) -> str:
    """What an open cassette makes of a request."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            client.send(asked)
        except promptecho.CassetteMiss:
            return "differ"
    drifted = any(issubclass(each.category, promptecho.PromptechoDriftWarning) for each in caught)
    return "drift" if drifted else "equal"


def judged(path: Path, pair: Pair, recorded: httpx.Request, asked: httpx.Request) -> list[str]:
    """What is made of a request, and of the recorded one again, in the file of one recording."""
    provider = Provider()
    with httpx.Client(transport=provider) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with promptecho.use_cassette(path, **pair.options):
            client.send(recorded)
        told = []
        try:
            with promptecho.use_cassette(path, mode="none", **pair.options):
                told += [verdict(client, asked), verdict(client, recorded)]
        except promptecho.CassetteMiss:  # raised again at the end, as nobody has caught it
            assert told
    assert provider.answers == 1
    return told


@EVERY_PAIR
def test_what_a_pair_of_requests_is(pair: Pair, path: Path) -> None:
    assert judged(path, pair, pair.a, pair.b) == [pair.verdict, "equal"]


@EVERY_PAIR
def test_a_pair_is_the_same_the_other_way_round(pair: Pair, path: Path) -> None:
    assert judged(path, pair, pair.b, pair.a) == [pair.verdict, "equal"]


def test_the_table_is_wide_enough() -> None:
    assert len(PAIRS) >= 120
    assert len({each["endpoint"] for each in ENDPOINTS}) == len(ENDPOINTS) >= 40
    assert sum(pair.verdict == "equal" for pair in PAIRS) >= 30
    chat = {each["endpoint"] for each in ENDPOINTS if each["chat"]}
    assert sum(pair.endpoint not in chat for pair in PAIRS) >= 40
    assert max(len(each["pairs"]) for each in ENDPOINTS) <= 6


def test_each_row_is_whole() -> None:
    for each in ENDPOINTS:
        assert each["source"].startswith(("https://", "RFC "))
        names = [row["name"] for row in each["pairs"]]
        assert len(set(names)) == len(names), each["endpoint"]
        for row in each["pairs"]:
            assert row["verdict"] in VERDICTS
            assert row["why"].endswith(".")
            assert row.get("source", each["source"]).startswith(("https://", "RFC "))
            assert row["a"] != row["b"], row["name"]
