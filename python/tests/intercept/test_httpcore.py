"""httpcore: its own calls, and what it tells a client about connections."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

import promptecho
from support.clients import CHAT, PLAIN, question
from support.record_replay import record_and_replay
from support.upstream import Upstream

BODY = json.dumps(question("hello")).encode()
HEADERS = [(b"content-type", b"application/json")]


def test_httpcore_without_httpx_is_recorded(upstream: Upstream, path: Path) -> None:
    def story(url: str) -> Any:
        with httpcore.ConnectionPool() as pool:
            answer = pool.request("POST", url + CHAT, headers=HEADERS, content=BODY)
            return answer.status, answer.content, answer.extensions["reason_phrase"]

    status, content, reason = record_and_replay(upstream, path, story)
    assert (status, reason) == (200, b"OK")
    assert b"hello" in content


def test_a_body_that_is_made_while_it_is_sent_is_sent_whole(upstream: Upstream, path: Path) -> None:
    async def body() -> Any:
        yield BODY[:9]
        yield BODY[9:]

    async def story(url: str) -> Any:
        async with httpx.AsyncClient(**PLAIN) as client:
            headers = {"content-type": "application/json"}
            return (await client.post(url + CHAT, content=body(), headers=headers)).json()

    answer = record_and_replay(upstream, path, story)
    assert answer["choices"][0]["message"]["content"] == "hello"
    assert upstream.calls[0].body == BODY


def test_the_events_of_a_call_are_the_same_on_replay(upstream: Upstream, path: Path) -> None:
    def story(url: str) -> Any:
        events: list[str] = []
        extensions = {"trace": lambda name, info: events.append(name)}
        with httpx.Client(**PLAIN) as client:
            client.post(
                url + CHAT, json=question("hello"), extensions=extensions
            ).raise_for_status()
        return [each for each in events if not each.startswith("connection.close")]

    events = record_and_replay(upstream, path, story)
    assert events[0] == "connection.connect_tcp.started"
    assert "http11.receive_response_headers.complete" in events


def test_the_events_of_an_async_call_are_the_same_on_replay(upstream: Upstream, path: Path) -> None:
    async def story(url: str) -> Any:
        events: list[str] = []

        async def trace(name: str, info: Any) -> None:
            events.append(name)

        async with httpx.AsyncClient(**PLAIN) as client:
            await client.post(url + CHAT, json=question("hello"), extensions={"trace": trace})
        return [each for each in events if not each.startswith("connection.close")]

    assert "http11.response_closed.complete" in record_and_replay(upstream, path, story)


def test_a_replayed_response_has_a_network_stream(upstream: Upstream, path: Path) -> None:
    def story(url: str) -> Any:
        with httpx.Client(**PLAIN) as client:
            answer = client.post(url + CHAT, json=question("hello"))
        stream = answer.extensions["network_stream"]
        assert isinstance(stream, httpcore.NetworkStream)
        return stream.get_extra_info("server_addr") if path.exists() else upstream_address(url)

    def upstream_address(url: str) -> tuple[str, int]:
        host, _, port = url[len("http://") :].partition(":")
        return host, int(port)

    record_and_replay(upstream, path, story)


def test_a_mock_of_httpcore_is_left_alone(path: Path) -> None:
    backend = httpcore.MockBackend([b"HTTP/1.1 200 OK\r\n", b"content-length: 2\r\n\r\n", b"ok"])
    with promptecho.use_cassette(path, mode="none") as cassette:
        with httpcore.ConnectionPool(network_backend=backend) as pool:
            assert pool.request("GET", "http://example.com/").content == b"ok"
    assert cassette.sent == []


def test_an_url_without_a_scheme_is_refused_by_the_library(path: Path) -> None:
    with promptecho.use_cassette(path, mode="none") as cassette:
        with pytest.raises(httpx.UnsupportedProtocol):
            httpx.get("example.com/v1", trust_env=False)
    assert cassette.sent == []


def test_a_refused_call_of_telemetry_is_a_connect_error() -> None:
    async def story() -> None:
        async with httpx.AsyncClient(**PLAIN) as client:
            await client.post("http://collector.example:4318/v1/traces", json={"resourceSpans": []})

    with promptecho.block_network():
        with pytest.raises(httpx.ConnectError):
            asyncio.run(story())
