"""Faults of replayed calls: each kind in each HTTP library, blocking, asynchronous and streamed.

The cassettes are recorded from a server on the loopback, which is shut down before the replay.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

import httpx
import pytest

import promptecho
from promptecho._base.spec_data import data, failure_kinds
from support.clients import CHAT, PLAIN, question
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

aiohttp = pytest.importorskip("aiohttp")
requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")
httpx2 = importlib.import_module("httpx2") if importlib.util.find_spec("httpx2") else None
needs_httpx2 = pytest.mark.skipif(httpx2 is None, reason="httpx2 needs Python 3.10")

EVENTS = tuple(f"data: {number}" for number in range(1, 6))


class Seen(NamedTuple):
    """What a client got: the status and the body, or what it raised, and what came before that."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    error: str = ""


def answers(call: Call) -> Answer:
    if call.json.get("stream"):
        return sse_answer(*EVENTS)
    return json_answer(
        {"choices": [{"message": {"content": call.json["messages"][-1]["content"]}}]}
    )


def name(error: BaseException) -> str:
    return type(error).__name__


# The clients: each makes one chat request, and reads the response piece by piece


def with_httpx(module: Any) -> Callable[..., Seen]:
    def call(url: str, **more: Any) -> Seen:
        status, headers, body = None, {}, b""
        try:
            with module.Client(**PLAIN) as client:
                with client.stream("POST", url + CHAT, json={**question("hi"), **more}) as response:
                    status, headers = response.status_code, dict(response.headers)
                    for chunk in response.iter_bytes():
                        body += chunk
        except Exception as error:
            return Seen(status, headers, body, name(error))
        return Seen(status, headers, body)

    return call


def with_httpx_async(module: Any) -> Callable[..., Seen]:
    async def story(url: str, **more: Any) -> Seen:
        status, headers, body = None, {}, b""
        asked = {**question("hi"), **more}
        try:
            async with module.AsyncClient(**PLAIN) as client:
                async with client.stream("POST", url + CHAT, json=asked) as response:
                    status, headers = response.status_code, dict(response.headers)
                    async for chunk in response.aiter_bytes():
                        body += chunk
        except Exception as error:
            return Seen(status, headers, body, name(error))
        return Seen(status, headers, body)

    return lambda url, **more: asyncio.run(story(url, **more))


def with_requests(url: str, **more: Any) -> Seen:
    status, headers, body = None, {}, b""
    try:
        with requests.Session() as session:
            session.trust_env = False
            asked = {**question("hi"), **more}
            with session.post(url + CHAT, json=asked, stream=True) as response:
                status = response.status_code
                headers = {key.lower(): value for key, value in response.headers.items()}
                for chunk in response.iter_content(None):
                    body += chunk
    except Exception as error:
        return Seen(status, headers, body, name(error))
    return Seen(status, headers, body)


def with_urllib3(url: str, **more: Any) -> Seen:
    status, headers, body = None, {}, b""
    try:
        with urllib3.PoolManager(retries=False) as pool:
            asked = json.dumps({**question("hi"), **more}).encode()
            response = pool.request(
                "POST",
                url + CHAT,
                body=asked,
                headers={"content-type": "application/json"},
                preload_content=False,
            )
            status = response.status
            headers = {key.lower(): value for key, value in response.headers.items()}
            for chunk in response.stream(None):
                body += chunk
    except Exception as error:
        # Without retries urllib3 wraps what one attempt has raised, which the specification lists.
        reason = (
            error.args[-1]
            if status is None and isinstance(error, urllib3.exceptions.ProtocolError)
            else error
        )
        return Seen(status, headers, body, name(reason))
    return Seen(status, headers, body)


def with_aiohttp(url: str, **more: Any) -> Seen:
    async def story() -> Seen:
        status, headers, body = None, {}, b""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                asked = {**question("hi"), **more}
                async with session.post(url + CHAT, json=asked) as response:
                    status = response.status
                    headers = {key.lower(): value for key, value in response.headers.items()}
                    async for chunk in response.content.iter_any():
                        body += chunk
        except Exception as error:
            return Seen(status, headers, body, name(error))
        return Seen(status, headers, body)

    return asyncio.run(story())


CLIENTS = {
    "httpx": with_httpx(httpx),
    "httpx-async": with_httpx_async(httpx),
    "httpx2": with_httpx(httpx2),
    "httpx2-async": with_httpx_async(httpx2),
    "requests": with_requests,
    "urllib3": with_urllib3,
    "aiohttp": with_aiohttp,
}
every_client = pytest.mark.parametrize(
    ("library", "call"),
    [
        pytest.param(
            each.partition("-")[0],
            call,
            marks=needs_httpx2 if each.startswith("httpx2") else (),
            id=each,
        )
        for each, call in CLIENTS.items()
    ],
)
both = pytest.mark.parametrize("more", [{}, {"stream": True}], ids=["whole", "stream"])


#: Classes that older versions of aiohttp do not have, and what these raise.
OLDER_AIOHTTP = {
    "ClientConnectorDNSError": "ClientConnectorError",
    "ConnectionTimeoutError": "ServerTimeoutError",
    "SocketTimeoutError": "ServerTimeoutError",
}
#: The same of urllib3; before Python 3.10 a socket had a timeout of its own.
OLDER_URLLIB3 = {"NameResolutionError": "NewConnectionError"}
SOCKET_TIMEOUT = socket.timeout.__name__


def listed(library: str, kind: str) -> list[str]:
    """The exceptions of a client for a kind of failure, as the specification lists them."""
    row = next(row for row in data("failure-kinds")["kinds"] if row["kind"] == kind)
    names = [each.rpartition(".")[2] for each in row["clients"][library].split(", ")]
    if library == "urllib3":
        names = [SOCKET_TIMEOUT if each == "TimeoutError" else each for each in names]
        return _there(names, urllib3.exceptions, OLDER_URLLIB3)
    return _there(names, aiohttp, OLDER_AIOHTTP) if library == "aiohttp" else names


def _there(names: list[str], module: Any, older: dict[str, str]) -> list[str]:
    return [older[each] if each in older and not hasattr(module, each) else each for each in names]


def recorded(path: Path, call: Callable[..., Seen], **more: Any) -> tuple[str, Seen]:
    """Record one call; the URL of the server, which is shut down, and what the client got."""
    with Upstream(answers) as upstream, promptecho.use_cassette(path):
        return upstream.url, call(upstream.url, **more)


def replayed(path: Path, *faults: dict[str, Any], **options: Any) -> Any:
    return promptecho.use_cassette(path, mode="none", faults=faults, **options)


@every_client
@both
def test_a_status_takes_the_place_of_the_answer_and_the_next_call_gets_the_answer(
    path: Path, library: str, call: Callable[..., Seen], more: dict[str, Any]
) -> None:
    url, live = recorded(path, call, **more)
    before = path.read_bytes()
    fault = {"on": 1, "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": "slow"}}
    with replayed(path, fault, on_exhausted="miss") as cassette:
        first, second = call(url, **more), call(url, **more)
    assert (first.status, first.body, first.error) == (429, b'{"error":"slow"}', "")
    assert (first.headers["retry-after"], first.headers["content-type"]) == (
        "7",
        "application/json",
    )
    assert second._replace(headers={}) == live._replace(headers={})
    assert [(each.on, each.status) for each in cassette.faults] == [(1, 429)]
    assert (len(cassette.sent), len(cassette.played), cassette.unplayed) == (2, 1, [])
    assert path.read_bytes() == before


@every_client
@pytest.mark.parametrize("events", [0, 3, 5])
def test_a_stream_is_cut_after_some_events(
    path: Path, library: str, call: Callable[..., Seen], events: int
) -> None:
    url, live = recorded(path, call, stream=True)
    with replayed(path, {"on": 1, "cut_after_events": events}, on_exhausted="miss"):
        cut, whole = call(url, stream=True), call(url, stream=True)
    assert cut.status == 200
    assert cut.body == "".join(f"{each}\n\n" for each in EVENTS[:events]).encode()
    assert (
        cut.error
        == {
            "httpx": "RemoteProtocolError",
            "httpx2": "RemoteProtocolError",
            "requests": "ChunkedEncodingError",
            "urllib3": "ProtocolError",
            "aiohttp": "ClientPayloadError",
        }[library]
    )
    assert (whole.body, whole.error) == (live.body, "")


@every_client
def test_a_stream_is_cut_by_the_failure_that_is_named(
    path: Path, library: str, call: Callable[..., Seen]
) -> None:
    url, _ = recorded(path, call, stream=True)
    with replayed(path, {"on": 1, "cut_after_events": 2, "failure": "read-timeout"}):
        cut = call(url, stream=True)
    assert cut.body == b"data: 1\n\ndata: 2\n\n"
    assert (
        cut.error
        == {
            "httpx": "ReadTimeout",
            "httpx2": "ReadTimeout",
            "requests": "ConnectionError",
            "urllib3": "ReadTimeoutError",
            "aiohttp": getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError).__name__,
        }[library]
    )


@every_client
def test_an_answer_that_is_no_stream_is_cut_before_its_body(
    path: Path, library: str, call: Callable[..., Seen]
) -> None:
    url, _ = recorded(path, call)
    with replayed(path, {"on": 1, "cut_after_events": 0}):
        cut = call(url)
    assert (cut.status, cut.body, bool(cut.error)) == (200, b"", True)


@every_client
@both
@pytest.mark.parametrize("kind", [kind for kind in failure_kinds() if kind != "cancelled"])
def test_a_failure_is_the_client_s_own_exception(
    path: Path, library: str, call: Callable[..., Seen], more: dict[str, Any], kind: str
) -> None:
    url, live = recorded(path, call, **more)
    with replayed(path, {"on": 1, "failure": kind}, on_exhausted="miss"):
        failed, whole = call(url, **more), call(url, **more)
    assert failed.status == (200 if kind == "decode" else None)
    assert failed.error in listed(library, kind)
    assert (whole.body, whole.error) == (live.body, "")


@every_client
@both
def test_an_answer_is_late(
    path: Path, library: str, call: Callable[..., Seen], more: dict[str, Any]
) -> None:
    url, live = recorded(path, call, **more)
    began = time.monotonic()
    with replayed(path, {"on": 1, "delay_ms": 50}, on_exhausted="miss") as cassette:
        assert call(url, **more).body == live.body
    assert time.monotonic() - began >= 0.05
    assert len(cassette.played) == 1


def test_a_task_that_waits_for_a_cancelled_call_is_cancelled(path: Path) -> None:
    """`cancelled` waits until the code cancels it; a blocking client cannot be cancelled."""
    url, _ = recorded(path, with_httpx(httpx))

    async def story() -> str:
        async with httpx.AsyncClient(**PLAIN) as client:
            asked = asyncio.ensure_future(client.post(url + CHAT, json=question("hi")))
            done, _ = await asyncio.wait([asked], timeout=0.05)
            asked.cancel()
            await asyncio.wait([asked])
            return f"{len(done)} done, cancelled: {asked.cancelled()}"

    with replayed(path, {"on": 1, "failure": "cancelled"}):
        assert asyncio.run(story()) == "0 done, cancelled: True"


@every_client
def test_a_stream_is_replayed_at_a_speed(
    path: Path, library: str, call: Callable[..., Seen]
) -> None:
    url, live = recorded(path, call, stream=True)
    text = path.read_text()
    paced = text.replace(
        "      status: 200\n", "      status: 200\n      delays_ms: [0, 400, 0, 0, 0]\n"
    )
    assert paced != text
    path.write_text(paced)
    began = time.monotonic()
    with replayed(path, speed=8):
        assert call(url, stream=True).body == live.body
    assert time.monotonic() - began >= 0.05
