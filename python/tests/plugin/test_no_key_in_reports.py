"""What pytest prints of a miss holds no credential, whatever library made the call."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promptecho._base.model import Request
from promptecho._session.response import LiveResponse

KEY = "AIza" + "Sy0123456789abcdefghijklmnopqrstuvw"
#: Short, so that pytest does not cut its repr before the key.
TESTS = """
import asyncio, http.client, os, urllib.request
import aiohttp, httpx, pytest, requests, urllib3
import promptecho

URL = "https://a.example/v1/x"
def key(): return os.environ["GOOGLE_API_KEY"]
def headers(): return {"x-goog-api-key": key(), "content-type": "application/json"}
def query(): return f"{URL}?key={key()}"

async def with_async_httpx():
    async with httpx.AsyncClient() as client:
        await client.post(query(), json={}, headers=headers())

async def with_aiohttp():
    async with aiohttp.ClientSession() as session:
        await session.post(query(), json={}, headers=headers())

def with_http_client():
    connection = http.client.HTTPSConnection("a.example")
    connection.request("POST", "/v1/x?key=" + key(), b"{}", headers())
    connection.getresponse()

CALLS = {
    "httpx": lambda: httpx.post(query(), json={}, headers=headers()),
    "httpx async": lambda: asyncio.run(with_async_httpx()),
    "requests": lambda: requests.post(query(), json={}, headers=headers()),
    "urllib3": lambda: urllib3.request("POST", query(), body=b"{}", headers=headers()),
    "http.client": with_http_client,
    "urllib": lambda: urllib.request.urlopen(urllib.request.Request(query(), b"{}", headers())),
    "aiohttp": lambda: asyncio.run(with_aiohttp()),
}
each = pytest.mark.parametrize("call", CALLS)

@each
def test_a_miss(tmp_path, call):
    with promptecho.use_cassette(tmp_path / "x.yaml", mode="none"):
        CALLS[call]()

@each
def test_a_miss_of_the_plugin(promptecho_cassette, call):
    CALLS[call]()

@each
def test_a_block(call):
    with promptecho.block_network():
        CALLS[call]()

@each
def test_a_swallowed_miss(tmp_path, call):
    with promptecho.use_cassette(tmp_path / "x.yaml", mode="none"):
        try:
            CALLS[call]()
        except BaseException:
            pass

@promptecho.use_cassette("cassettes/d.yaml", mode="none")
def test_a_decorator(): CALLS["httpx"]()

@pytest.fixture
def asked(tmp_path):
    with promptecho.use_cassette(tmp_path / "x.yaml", mode="none"):
        CALLS["requests"]()

def test_a_fixture(asked): pass
"""


@pytest.mark.parametrize("options", [[], ["--tb=long", "-l"], ["--tb=short", "-vv"]], ids=str)
def test_the_key_is_in_no_report(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "test_x.py").write_text(TESTS)
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    line += ["--junitxml=j.xml", *options, "test_x.py"]
    environ = {**os.environ, "GOOGLE_API_KEY": KEY, "CI": "true"}
    done = subprocess.run(
        line, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    junit = (tmp_path / "j.xml").read_text()
    assert re.search(r"\b29 failed, 1 error|\b30 failed", done.stdout), done.stdout[-2000:]
    assert KEY not in done.stdout + done.stderr
    assert KEY not in junit
    assert done.stdout.count("no recording for POST") >= 20


def test_a_script_s_traceback_has_no_key(tmp_path: Path) -> None:
    code = (
        "import os, httpx, promptecho\n"
        "with promptecho.use_cassette('x.yaml', mode='none'):\n"
        "    k = os.environ['K']\n"
        "    httpx.post('https://a.example/v1/x?key=' + k, headers={'x-api-key': k}, json={})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "K": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "CassetteMiss" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_the_repr_of_a_request_shows_no_value() -> None:
    url = "https://user:word@a.example/v1/x?key=SECRET"
    request = Request("POST", url, (("x-api-key", "SECRET"),), b"SECRET")
    assert repr(request) == "<Request POST a.example/v1/x, 1 headers>"
    assert repr(LiveResponse(200, "OK", (("set-cookie", "SECRET"),), (b"",))) == (
        "<LiveResponse 200, 1 headers>"
    )
