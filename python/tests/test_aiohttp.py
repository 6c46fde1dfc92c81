"""Calls through aiohttp: each is seen once, whatever the connector, and played by aiohttp itself."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import threading
import warnings
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from recording_worker import question
from sdk.upstream import Answer, Call, Upstream, echo, json_answer, sse_answer

aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed here")

CHAT = "/v1/chat/completions"
VERSION = tuple(int(part) for part in aiohttp.__version__.split(".")[:2])

Story = Callable[[], Coroutine[Any, Any, Any]]


def twice(upstream: Upstream, path: Path, story: Story, **options: Any) -> Any:
    """Tell a story to the upstream and, that shut down, to the cassette; what was told."""
    options = {"on_record_error": "record", **options}
    with promptecho.use_cassette(path, **options) as recorded:
        first = asyncio.run(story())
    assert len(recorded.recorded) == len(upstream.calls)
    upstream.close()
    with promptecho.use_cassette(path, mode="none", **options) as replayed:
        assert asyncio.run(story()) == first
    assert len(replayed.played) == len(replayed.interactions) == len(upstream.calls)
    return first


async def ask(session: Any, url: str, text: str) -> str:
    async with session.post(url, json=question(text)) as response:
        return str((await response.json())["choices"][0]["message"]["content"])


def prompts(path: Path) -> list[str]:
    with promptecho.use_cassette(path, mode="none") as cassette:
        return [each.request.body["messages"][-1]["content"] for each in cassette.interactions]


def headers_of(call: Call) -> dict[str, str]:
    return {name.lower(): value for name, value in call.headers}


# Sessions and connectors


def test_a_call_is_recorded_once_and_replayed_for_ever(upstream: Upstream, path: Path) -> None:
    async def story() -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url + CHAT, json=question("hello")) as response:
                return (
                    response.status,
                    response.reason,
                    response.method,
                    str(response.url),
                    response.content_type,
                    await response.json(),
                    await response.text(),
                    response.closed,
                )

    told = twice(upstream, path, story)
    assert told[:5] == (200, "OK", "POST", upstream.url + CHAT, "application/json")
    assert told[5]["choices"][0]["message"]["content"] == "hello"


def test_a_session_made_before_the_cassette_is_seen_and_is_free_again_after_it(
    upstream: Upstream, path: Path
) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession(base_url=upstream.url) as session:
            assert await ask(session, CHAT, "before") == "before"
            with promptecho.use_cassette(path):
                assert await ask(session, CHAT, "hello") == "hello"
            assert await ask(session, CHAT, "after") == "after"
            upstream.close()
            with promptecho.use_cassette(path, mode="none"):
                assert await ask(session, CHAT, "hello") == "hello"

    asyncio.run(story())
    assert prompts(path) == ["hello"]
    assert len(upstream.calls) == 3


def test_a_connection_kept_alive_from_before_the_cassette_is_not_used_in_mode_none(
    upstream: Upstream, path: Path
) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            await ask(session, upstream.url + CHAT, "before")
            with promptecho.use_cassette(path, mode="none"):
                with pytest.raises(promptecho.CassetteMiss):
                    await session.post(upstream.url + CHAT, json=question("hello"))

    with pytest.raises(promptecho.CassetteMiss, match="hello|no such file|does not exist"):
        asyncio.run(swallowing(story))
    assert len(upstream.calls) == 1


async def swallowing(story: Story) -> None:
    await story()


def test_the_function_without_a_session_is_seen(upstream: Upstream, path: Path) -> None:
    async def story() -> str:
        async with aiohttp.request(
            "POST", upstream.url + CHAT, json=question("no session")
        ) as response:
            return str((await response.json())["choices"][0]["message"]["content"])

    assert twice(upstream, path, story) == "no session"
