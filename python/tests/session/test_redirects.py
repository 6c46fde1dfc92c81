"""A replayed `location` never causes a live call. [PASS-4] [SEC-5]"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

import promptecho
from promptecho._session.redirects import Redirects
from promptecho._session.response import ReplayResponse
from support.clients import PLAIN, post_httpx
from support.upstream import Upstream

aiohttp = pytest.importorskip("aiohttp")
requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")

URL = "https://api.example.com/v1/x"
BODY: dict[str, Any] = {"a": 1}


def answer(location: str, status: int = 307) -> ReplayResponse:
    return ReplayResponse(status, "", (("location", location),), (), None, False)


def cassette(location: str, status: int = 307) -> str:
    key = promptecho.fingerprint("POST", URL, BODY, match_on=["*"])
    return (
        'version: 2\nminor: 1\nmatch_on: ["*"]\nlists: 1\ninteractions:\n  - request:\n'
        f'      method: POST\n      url: "{URL}"\n      match_key: "{key}"\n'
        f"      matched_on: [a]\n      body:\n        a: 1\n    response:\n"
        f"      status: {status}\n      headers:\n        location: {json.dumps(location)}\n"
        "      streaming: false\n...\n"
    )


def with_httpx() -> None:
    with httpx.Client(**PLAIN, follow_redirects=True) as client:
        client.post(URL, json=BODY)


async def _with_httpx() -> None:
    async with httpx.AsyncClient(**PLAIN, follow_redirects=True) as client:
        await client.post(URL, json=BODY)


async def _with_aiohttp() -> None:
    async with aiohttp.ClientSession() as session, session.post(URL, json=BODY) as response:
        await response.read()


def with_requests() -> None:
    requests.post(URL, json=BODY, timeout=60)


def with_urllib3() -> None:
    headers = {"content-type": "application/json"}
    urllib3.PoolManager().request("POST", URL, body=json.dumps(BODY), headers=headers)


CLIENTS: list[Callable[[], None]] = [
    with_httpx,
    lambda: asyncio.run(_with_httpx()),
    with_requests,
    with_urllib3,
    lambda: asyncio.run(_with_aiohttp()),
]
each_client = pytest.mark.parametrize(
    "ask", CLIENTS, ids=["httpx", "httpx async", "requests", "urllib3", "aiohttp"]
)


@each_client
@pytest.mark.parametrize("mode", ["none", "new_episodes"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_hop_of_a_recording_does_not_pass_through(
    upstream: Upstream, path: Path, ask: Callable[[], None], mode: Any, status: int
) -> None:
    host = upstream.url.partition("//")[2]
    path.write_text(cassette(f"{upstream.url}/latest/meta-data", status))
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode=mode, passthrough=[host]):
            ask()
    assert upstream.calls == []


@each_client
def test_under_a_block_of_the_network_too(
    upstream: Upstream, path: Path, ask: Callable[[], None]
) -> None:
    host = upstream.url.partition("//")[2]
    path.write_text(cassette(f"{upstream.url}/latest/meta-data"))
    with promptecho.block_network(allowed_hosts=[host]), pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none", passthrough=[host]):
            ask()
    assert upstream.calls == []


def test_what_the_code_calls_by_itself_passes_through(upstream: Upstream, path: Path) -> None:
    host = upstream.url.partition("//")[2]
    path.write_text(cassette("/v1/y"))
    with promptecho.use_cassette(path, mode="none", passthrough=[host]):
        with httpx.Client(**PLAIN) as client:
            assert client.post(URL, json=BODY).status_code == 307
        assert post_httpx(upstream.url, "live") == "live"


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest",
        "http://169.254.169.254:80/latest",
        "HTTP://169.254.169.254/latest?x=@y",
        "//169.254.169.254/latest",
        "http://169.254.169.254./latest",
        "http://169.254.169.254/%6catest",
        "http://169.254.169.254/a/../latest",
        "http://169.254.169.254/./latest",
        "http://169.254.169.254//latest",
        "http://169.254.169.254/latest#a",
        "http://169.254.169.254\t/latest",
        " http://169.254.169.254/latest",
        "http://user:word@169.254.169.254/latest",
        "http:\\\\169.254.169.254\\latest",
        "http://api.example.com\\@169.254.169.254/latest",
        "http://169.254.169.%32%35%34/latest",
        "http://１６９.254.169.254/latest",
        "http://169。254。169。254/latest",
        "http://[::1",
    ],
)
def test_no_spelling_of_a_location_gets_through(location: str) -> None:
    redirects = Redirects()
    redirects.note("http://api.example.com/v1/x", answer(location))
    assert redirects.sent_to("http://169.254.169.254/latest")


@pytest.mark.parametrize(
    ("location", "status"),
    [
        ("https://cdn.example.com/a%20b", 302),
        ("/v1/x/", 307),
        ("https://169.254.169.254/latest", 307),  # another port
        ("http://169.254.169.254/other", 307),
        ("http://169.254.169.254/latest", 201),
        ("http://169.254.169.254/latest", 200),
    ],
)
def test_other_calls_still_pass_through(location: str, status: int) -> None:
    redirects = Redirects()
    redirects.note("http://api.example.com/v1/x", answer(location, status))
    assert not redirects.sent_to("http://169.254.169.254/latest")
