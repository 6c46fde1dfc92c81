"""All answers come on one stream, and the calls come in another order than recorded [RPC-8].

On replay the client makes its second call first, with the number that the first call had. It reads
the answer before it makes the other call.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Callable

import anyio
import pytest

import promptecho
from support.clients import PLAIN
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

ENDPOINT = "event: endpoint\ndata: /calls\n\n"


def rpc(number: int, name: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name}}


def answer(number: int, name: str) -> str:
    return f'data: {{"jsonrpc":"2.0","id":{number},"result":"{name}"}}\n\n'


class Server:
    """A server whose stream gets both answers after the second call."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self, call: Call) -> Answer:
        if call.path == "/events":
            events = (ENDPOINT, answer(1, "a"), answer(2, "b"))
            return sse_answer(*(event.strip() for event in events), gate=self._asked)
        if b'"b"' in call.body:
            self._asked.set()
        return json_answer({"ok": True})


@pytest.fixture
def url(http: Any, path: Path) -> str:
    """The address of a server that was recorded."""
    with Upstream(Server()) as upstream, promptecho.use_cassette(path):
        with http.Client(**PLAIN) as client:
            with client.stream("GET", f"{upstream.url}/events") as response:
                chunks = response.iter_text()
                text = next(chunks)
                for number, name in ((1, "a"), (2, "b")):
                    client.post(f"{upstream.url}/calls", json=rpc(number, name))
                assert text + "".join(chunks) == ENDPOINT + answer(1, "a") + answer(2, "b")
        return upstream.url


def test_in_threads(http: Any, path: Path, url: str) -> None:
    chunks: queue.Queue[str] = queue.Queue()

    def reader() -> None:
        with http.Client(**PLAIN) as client, client.stream("GET", f"{url}/events") as response:
            for text in response.iter_text():
                chunks.put(text)

    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        thread = threading.Thread(target=reader)
        thread.start()
        assert chunks.get(timeout=60) == ENDPOINT
        client.post(f"{url}/calls", json=rpc(1, "b"))
        assert chunks.get(timeout=60) == answer(1, "b")
        client.post(f"{url}/calls", json=rpc(2, "a"))
        assert chunks.get(timeout=60) == answer(2, "a")
        thread.join()


async def swapped(chunks: AsyncIterator[bytes], call: Callable[[Any], Any]) -> list[str]:
    """What a client reads."""
    found = [await decoded(chunks)]
    for body in (rpc(1, "b"), rpc(2, "a")):
        await call(body)
        found.append(await decoded(chunks))
    assert [chunk async for chunk in chunks] == []
    return found


async def decoded(chunks: AsyncIterator[bytes]) -> str:
    return (await chunks.__anext__()).decode()


EXPECTED = [ENDPOINT, answer(1, "b"), answer(2, "a")]


def test_httpx_in_an_event_loop(http: Any, path: Path, url: str, run: Callable[..., Any]) -> None:
    async def story() -> list[str]:
        async with http.AsyncClient(**PLAIN) as client:
            async with client.stream("GET", f"{url}/events") as response:
                return await swapped(
                    response.aiter_bytes(), lambda body: client.post(f"{url}/calls", json=body)
                )

    with promptecho.use_cassette(path, mode="none"):
        assert run(story) == EXPECTED


def test_aiohttp(path: Path, url: str) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def story() -> list[str]:
        async with aiohttp.ClientSession() as client:

            async def call(body: Any) -> None:
                async with client.post(f"{url}/calls", json=body) as response:
                    await response.read()

            async with client.get(f"{url}/events") as response:
                return await swapped(response.content.iter_any(), call)

    with promptecho.use_cassette(path, mode="none"):
        assert anyio.run(story) == EXPECTED


def test_an_answer_whose_call_is_not_made_is_left_out(http: Any, path: Path, url: str) -> None:
    def read() -> Iterator[str]:
        with http.Client(**PLAIN) as client, client.stream("GET", f"{url}/events") as response:
            chunks = response.iter_text()
            yield next(chunks)
            client.post(f"{url}/calls", json=rpc(1, "b"))
            yield next(chunks)
        # The other answer has the id that was recorded for "b": nobody may get it.

    with promptecho.use_cassette(path, mode="none"):
        assert list(read()) == [ENDPOINT, answer(1, "b")]


def test_two_answers_to_a_call_that_is_made_twice(http: Any, path: Path, url: str) -> None:
    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        with client.stream("GET", f"{url}/events") as response:
            chunks = response.iter_text()
            assert next(chunks) == ENDPOINT
            for number in (4, 5):
                client.post(f"{url}/calls", json=rpc(number, "a"))
            assert [next(chunks), next(chunks)] == [answer(4, "a"), answer(5, "a")]
