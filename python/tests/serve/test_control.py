"""The control endpoints of the server, and who may use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from support.record_replay import prompts
from support.serving import CLIENT, Served
from support.upstream import Upstream, echo


def chat(url: str, prompt: str) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    return CLIENT.post(f"{url}/v1/chat/completions", json=body)


def test_each_test_has_its_cassette(tmp_path: Path) -> None:
    path = tmp_path / "main.yaml"
    with Upstream(echo) as upstream, Served(path, upstream.url) as server:
        control = f"{server.url}/_promptecho"
        first = CLIENT.put(f"{control}/cassette", json={"name": "one"}).json()
        chat(server.url, "one")
        second = CLIENT.put(f"{control}/cassette", json={"name": "two"}).json()
        assert prompts(tmp_path / "one.yaml") == ["one"]
        chat(server.url, "two")
        CLIENT.put(f"{control}/cassette", json={"name": None})
        chat(server.url, "main")
        assert CLIENT.get(f"{control}/health").json() == {"status": "ok"}
        assert CLIENT.get(f"{control}/cassette").json()["cassette"] == str(path)
        (sent,) = CLIENT.get(f"{control}/sent").json()
        report = CLIENT.get(f"{control}/report").json()
    assert first["cassette"] == str(tmp_path / "one.yaml")
    assert (second["closed"]["cassette"], second["closed"]["recorded"]) == (first["cassette"], 1)
    assert sent["body"]["messages"] == [{"role": "user", "content": "main"}]
    assert [each["recorded"] for each in report] == [0, 1, 1, 1]


def test_missed_has_the_requests_without_a_recording(path: Path) -> None:
    with Served(path, mode="none") as server:
        chat(server.url, "hi")
        (missed,) = CLIENT.get(f"{server.url}/_promptecho/missed").json()
    assert missed["url"] == "https://api.openai.com/v1/chat/completions"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"name": 1}', b'{"name": "../x"}', b'{"other": "x"}', b"\xff"]
)
def test_a_wrong_name_is_refused(path: Path, content: bytes) -> None:
    with Served(path) as server:
        response = CLIENT.put(f"{server.url}/_promptecho/cassette", content=content)
    assert response.status_code == 400
    assert "name" in response.json()["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:1"}, 200),
        ({"host": "[::1]:1"}, 200),
        ({"host": "evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_a_page_in_a_browser_cannot_use_them(path: Path, headers: Any, status: int) -> None:
    with Served(path) as server:
        for name in ("cassette", "sent", "missed", "report"):
            response = CLIENT.get(f"{server.url}/_promptecho/{name}", headers=headers)
            assert response.status_code == status


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [(None, None, 403), (None, "", 403), ("t", None, 403), ("t", "é", 403), ("t", "t", 200)],
)
def test_another_address_than_loopback_needs_a_token(
    path: Path, token: str | None, sent: str | None, status: int
) -> None:
    headers = {} if sent is None else {"x-promptecho-token": sent.encode()}
    with Served(path, server={"host": "0.0.0.0", "token": token}) as server:
        response = CLIENT.get(f"{server.url}/_promptecho/report", headers=headers)  # type: ignore[arg-type]
        assert CLIENT.get(f"{server.url}/_promptecho/health").status_code == 200
    assert response.status_code == status
