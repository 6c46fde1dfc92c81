"""Events of a long stream wait for the requests that they came after, through each client.

The stream's second event is sent when another request has come. On replay the reader is far ahead:
it has the first event and asks for the second one before that other request is made.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

import promptecho
from promptecho._format.reader import load
from promptecho._session import turns
from support.clients import PLAIN
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

#: Rounds of an event loop in which an event that does not wait would come.
ROUNDS = 50


class LongStream:
    """A server with a stream of two events; the second one comes after the other request."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self, call: Call) -> Answer:
        if call.path == "/events":
            return sse_answer("data: a", "data: b", gate=self._asked)
        self._asked.set()
        return json_answer({"ok": True})


def recorded_after(path: Path) -> list[Any]:
    return [each.response.after for each in load(path.read_bytes(), "a.yaml").interactions]


def record_and_replay(path: Path, session: Callable[[str], list[str]]) -> None:
    """A session logs the events, and where it makes the other request."""
    with Upstream(LongStream()) as upstream, promptecho.use_cassette(path):
        assert session(upstream.url) == ["data: a", "asks", "data: b"]
        url = upstream.url
    assert recorded_after(path) == [(1, 2), None]
    with promptecho.use_cassette(path, mode="none"):
        assert session(url) == ["data: a", "asks", "data: b"]


# --- threads -----------------------------------------------------------------------------------


def in_threads(
    read: Callable[[str], Iterator[bytes]], ask: Callable[[str], Any]
) -> Callable[[str], list[str]]:
    """A session whose stream is read in a thread of its own."""

    def session(url: str) -> list[str]:
        log: list[str] = []
        has_first = threading.Event()

        def reader() -> None:
            for chunk in read(f"{url}/events"):
                log.append(chunk.decode().strip())
                has_first.set()

        thread = threading.Thread(target=reader)
        thread.start()
        has_first.wait()
        thread.join(0.05)  # time in which an event that does not wait would come
        log.append("asks")
        ask(f"{url}/v1/x")
        thread.join()
        return log

    return session


def test_httpx_in_threads(http: Any, path: Path) -> None:
    def read(url: str) -> Iterator[bytes]:
        with http.Client(**PLAIN) as client, client.stream("GET", url) as response:
            yield from response.iter_bytes()

    def ask(url: str) -> Any:
        with http.Client(**PLAIN) as client:
            return client.post(url, json={"a": 1})

    record_and_replay(path, in_threads(read, ask))


def test_requests_in_threads(path: Path) -> None:
    requests = pytest.importorskip("requests")

    def read(url: str) -> Iterator[bytes]:
        with requests.get(url, stream=True, timeout=60) as response:
            yield from response.iter_content(chunk_size=None)

    record_and_replay(path, in_threads(read, lambda url: requests.post(url, json={"a": 1})))


def test_http_client_in_threads(path: Path) -> None:
    def connect(url: str) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def read(url: str) -> Iterator[bytes]:
        connection = connect(url)
        connection.request("GET", "/events")
        yield from iter(connection.getresponse().read1, b"")
        connection.close()

    def ask(url: str) -> None:
        connection = connect(url)
        connection.request("POST", "/v1/x", b'{"a": 1}', {"content-type": "application/json"})
        connection.getresponse().read()
        connection.close()

    record_and_replay(path, in_threads(read, ask))


# --- event loops -------------------------------------------------------------------------------


async def in_tasks(events: Any, ask: Callable[[], Any]) -> list[str]:
    """A session whose stream is read in a task of its own."""
    log: list[str] = []
    has_first = anyio.Event()

    async def reader() -> None:
        async for chunk in events:
            log.append(chunk.decode().strip())
            has_first.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reader)
        await has_first.wait()
        for _ in range(ROUNDS):
            await anyio.lowlevel.checkpoint()
        log.append("asks")
        await ask()
    return log


def test_httpx_in_an_event_loop(http: Any, path: Path, run: Callable[..., Any]) -> None:
    def session(url: str) -> list[str]:
        async def story() -> list[str]:
            async with http.AsyncClient(**PLAIN) as client:
                async with client.stream("GET", f"{url}/events") as response:
                    return await in_tasks(
                        response.aiter_bytes(), lambda: client.post(f"{url}/v1/x", json={"a": 1})
                    )

        log: list[str] = run(story)
        return log

    record_and_replay(path, session)


def test_aiohttp(path: Path) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    def session(url: str) -> list[str]:
        async def story() -> list[str]:
            async with aiohttp.ClientSession() as client:

                async def ask() -> None:
                    async with client.post(f"{url}/v1/x", json={"a": 1}) as response:
                        await response.read()

                async with client.get(f"{url}/events") as response:
                    return await in_tasks(response.content.iter_any(), ask)

        return anyio.run(story)

    record_and_replay(path, session)


# --- waits that would not end ------------------------------------------------------------------


def recorded(path: Path, http: Any) -> str:
    """A cassette with the long stream; returns the address of its server."""
    with Upstream(LongStream()) as upstream, promptecho.use_cassette(path):
        with http.Client(**PLAIN) as client:
            with client.stream("GET", f"{upstream.url}/events") as response:
                chunks = response.iter_bytes()
                next(chunks)
                client.post(f"{upstream.url}/v1/x", json={"a": 1})
                assert list(chunks)
        return upstream.url


def test_a_run_that_lacks_the_request_gets_the_event_and_a_warning(
    http: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = recorded(path, http)
    monkeypatch.setattr(turns, "LIMIT", 0.0)
    with pytest.warns(promptecho.PromptechoDriftWarning, match="That request did not come"):
        with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
            assert client.get(f"{url}/events").text == "data: a\n\ndata: b\n\n"


def test_a_wait_ends_with_the_block(http: Any, path: Path) -> None:
    url = recorded(path, http)
    texts: list[str] = []
    has_first = threading.Event()

    def reader() -> None:
        with http.Client(**PLAIN) as client, client.stream("GET", f"{url}/events") as response:
            for text in response.iter_text():
                texts.append(text)
                has_first.set()

    thread = threading.Thread(target=reader)
    with promptecho.use_cassette(path, mode="none"):
        thread.start()
        has_first.wait()
    thread.join()
    assert [text for text in texts if text] == ["data: a\n\n", "data: b\n\n"]


def test_a_client_that_leaves_a_stream_in_an_event_loop_does_not_wait(
    http: Any, path: Path
) -> None:
    url = recorded(path, http)

    async def story() -> bytes:
        async with http.AsyncClient(**PLAIN) as client:
            async with client.stream("GET", f"{url}/events") as response:
                async for chunk in response.aiter_bytes():
                    first: bytes = chunk
                    break
            await client.post(f"{url}/v1/x", json={"a": 1})
        return first

    with promptecho.use_cassette(path, mode="none"):
        assert anyio.run(story) == b"data: a\n\n"


# --- two open streams of one recording ----------------------------------------------------------


class Sse:
    """A server whose stream answers the JSON-RPC call that comes by POST."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self, call: Call) -> Answer:
        if call.path == "/sse":
            answer = 'data: {"jsonrpc":"2.0","id":1,"result":{"of":"the first"}}'
            return sse_answer("event: endpoint\ndata: /messages", answer, gate=self._asked)
        self._asked.set()
        return json_answer({})


async def one_stream(client: Any, url: str, read: list[str], number: int) -> None:
    """A client that opens a stream, makes a call, and reads its answer."""
    async with client.stream("GET", f"{url}/sse") as response:
        lines = response.aiter_lines()
        assert await anext_line(lines) == "data: /messages"
        await client.post(f"{url}/messages", json=tools_call(number))
        read.append(await anext_line(lines))


async def anext_line(lines: Any) -> str:
    """The next line with data."""
    while not (line := await lines.__anext__()).startswith("data: "):
        pass
    return str(line)


def tools_call(number: int) -> Any:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/list"}


def recorded_sse(path: Path) -> str:
    async def story() -> None:
        async with httpx.AsyncClient(**PLAIN) as client:
            await one_stream(client, upstream.url, [], 1)

    with Upstream(Sse()) as upstream, promptecho.use_cassette(path):
        anyio.run(story)
        return upstream.url


def test_two_open_streams_of_one_recording_are_a_miss(path: Path) -> None:
    url = recorded_sse(path)
    read: list[str] = []

    async def idle(client: Any, opened: anyio.Event) -> None:
        """Another client, with a call of its own under the same number."""
        async with client.stream("GET", f"{url}/sse") as response:
            opened.set()
            async for line in response.aiter_lines():
                read.append(f"idle {line}")

    async def story() -> None:
        async with httpx.AsyncClient(**PLAIN) as client, anyio.create_task_group() as tasks:
            opened = anyio.Event()
            tasks.start_soon(idle, client, opened)
            await opened.wait()
            await one_stream(client, url, read, 1)
            await anyio.sleep_forever()

    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            with contextlib.suppress(BaseException):  # a group of exceptions, which has the miss
                anyio.run(story)
    assert "two open streams play one recording" in str(caught.value)
    answers = [line for line in read if "result" in line]
    assert len(answers) == 1


def test_streams_of_one_recording_after_each_other_get_their_answers(path: Path) -> None:
    url = recorded_sse(path)
    read: list[str] = []

    async def story() -> None:
        async with httpx.AsyncClient(**PLAIN) as client:
            for number in (1, 7, 1):
                await one_stream(client, url, read, number)

    with promptecho.use_cassette(path, mode="none"):
        anyio.run(story)
    assert [line.partition(',"result"')[0] for line in read] == [
        f'data: {{"jsonrpc":"2.0","id":{number}' for number in (1, 7, 1)
    ]
