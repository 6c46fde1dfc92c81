"""A call to a server of the process of the test is noticed once."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import httpx
import pytest

import promptecho
from promptecho._session.own_server import OwnServer
from support.clients import post_httpx
from support.upstream import Upstream, echo

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows names no descriptors")

ELSEWHERE = """
import sys
from support.upstream import Upstream, echo
with Upstream(echo) as upstream:
    print(upstream.url, flush=True)
    sys.stdin.read()
"""


def noticed(caught: list[warnings.WarningMessage]) -> list[str]:
    kind = promptecho.PromptechoOwnServerWarning
    return [str(each.message) for each in caught if each.category is kind]


def test_a_replayed_call_to_it_is_noticed_once(upstream: Upstream, path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with promptecho.use_cassette(path):
            post_httpx(upstream.url, "hello")  # perhaps a mock that is to be recorded
        assert noticed(caught) == []
        for _ in range(2):
            with promptecho.use_cassette(path, mode="none"):
                assert post_httpx(upstream.url, "hello") == "hello"
                assert post_httpx(upstream.url, "hello") == "hello"
    assert len(noticed(caught)) == 2  # once in each session
    text = noticed(caught)[0]
    assert "this test calls its own server; name it in passthrough" in text
    assert "passthrough=['127.0.0.1']" in text


def test_one_that_is_recorded_beside_another_is_noticed(upstream: Upstream, path: Path) -> None:
    command = [sys.executable, "-c", ELSEWHERE]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
    ) as process:
        assert process.stdout is not None
        elsewhere = process.stdout.readline().strip()
        with promptecho.use_cassette(path):
            post_httpx(upstream.url, "hello")
            with pytest.warns(promptecho.PromptechoOwnServerWarning, match="its own server"):
                post_httpx(elsewhere, "hello")
        process.communicate()


def test_named_in_passthrough_it_is_reached_and_not_noticed(upstream: Upstream, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", promptecho.PromptechoUnusedWarning)
        for _ in range(2):
            with promptecho.use_cassette(path, passthrough=["127.0.0.1"]):
                post_httpx(upstream.url, "hello")
    assert len(upstream.calls) == 2


def test_a_miss_says_that_the_server_runs_in_this_process(upstream: Upstream, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss, match="calls its own server") as caught:
        with promptecho.use_cassette(path, mode="none"):
            post_httpx(upstream.url, "hello")
    assert "passthrough=['127.0.0.1']" in str(caught.value)


def test_a_server_that_is_shut_down_is_none(path: Path) -> None:
    with Upstream(echo) as upstream:
        assert OwnServer().has(upstream.url)
        assert not OwnServer().has("https://api.example.com/v1")
    assert not OwnServer().has(upstream.url)
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            httpx.get(upstream.url, trust_env=False)
    assert "its own server" not in str(caught.value)


def test_looking_for_servers_closes_no_descriptor(upstream: Upstream) -> None:
    listed = sorted(Path("/dev/fd").iterdir())
    before = [each for each in listed if each.exists()]  # without that of the list itself
    assert OwnServer().has(upstream.url)
    assert [each for each in before if not each.exists()] == []
