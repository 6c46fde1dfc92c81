"""A library of an unknown shape is left as it was, is warned of, and harms no other."""

from __future__ import annotations

import http.client
import importlib
import sys
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import promptecho
from promptecho._intercept.interception import BACKENDS
from support.upstream import Upstream, json_answer

httpx = pytest.importorskip("httpx")


def through_httpx(url: str) -> Any:
    return httpx.get(url, trust_env=False, timeout=60).json()


def through_urllib(url: str) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as response:
        return int(response.read())


@pytest.mark.parametrize("name", BACKENDS)
def test_a_library_without_what_is_patched_is_warned_of_and_others_are_seen(
    name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = through_urllib if name in ("httpx", "httpcore") else through_httpx
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    with Upstream([json_answer(1)]) as upstream:
        with pytest.warns(promptecho.PromptechoInterceptionWarning, match=name) as warned:
            with promptecho.use_cassette(path):
                assert other(upstream.url) == 1
        assert len(warned) == 1
    with pytest.warns(promptecho.PromptechoInterceptionWarning, match=name):
        with promptecho.use_cassette(path, mode="none") as cassette:
            assert other(upstream.url) == 1
    assert len(cassette.played) == 1


@pytest.mark.parametrize("name", BACKENDS)
def test_a_library_that_has_changed_while_nobody_looked_is_rolled_back(
    name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, first, last = changed(name)
    monkeypatch.delattr(owner[1], last)
    before = getattr(owner[0], first)
    with pytest.warns(promptecho.PromptechoInterceptionWarning, match=name):
        with promptecho.use_cassette(path):
            assert getattr(owner[0], first) is before
    assert getattr(owner[0], first) is before


def changed(name: str) -> tuple[tuple[Any, Any], str, str]:
    """Two owners; what is patched first in the one, and last in the other."""
    if name == "http.client":
        return (http.client.HTTPConnection, http.client.HTTPSConnection), "send", "connect"
    module = pytest.importorskip(name, reason=f"{name} is not installed here")
    if name == "urllib3":
        pools = module.connectionpool
        owners = pools.HTTPConnectionPool, pools.HTTPSConnectionPool
        return owners, "_make_request", "_prepare_proxy"
    if name == "aiohttp":
        return (module.BaseConnector, module.ClientRequest), "connect", "send"
    if name == "grpc":
        channels = module.aio._channel.Channel, importlib.import_module("grpc._channel").Channel
        return channels, "__init__", "__init__"
    if name.endswith("lm15.transports"):
        return (module.StdlibTransport, module.StdlibAsyncTransport), "stream", "_do_stream"
    if name in ("httpcore", "httpcore2"):
        pools = module.ConnectionPool, module.AsyncConnectionPool
        return pools, "handle_request", "handle_async_request"
    if name in ("requests", "urllib.request", "multiprocessing.pool", "multiprocessing.spawn"):
        pytest.skip("one thing is patched there")
    return (module.Client, module.AsyncClient), "_transport_for_url", "_transport_for_url"


def test_a_call_through_an_unknown_urllib3_is_seen_below_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")
    monkeypatch.delattr(urllib3.connectionpool.HTTPSConnectionPool, "_prepare_proxy")

    def call(url: str) -> bytes:
        with urllib3.PoolManager(retries=False) as pool:
            return bytes(pool.request("GET", url).data)

    with pytest.warns(promptecho.PromptechoInterceptionWarning, match="urllib3"):
        with Upstream([json_answer(1)]) as upstream, promptecho.use_cassette(path):
            assert call(upstream.url) == b"1"
    with pytest.warns(promptecho.PromptechoInterceptionWarning, match="urllib3"):
        with promptecho.use_cassette(path, mode="none"):
            assert call(upstream.url) == b"1"


def test_the_warning_says_what_happens_to_the_calls(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = ModuleType("requests")
    vars(unknown)["__version__"] = "9.1"
    monkeypatch.setitem(sys.modules, "requests", unknown)
    with pytest.warns(promptecho.PromptechoInterceptionWarning) as warned:
        with promptecho.use_cassette(path):
            pass
    assert str(warned[0].message) == (
        f"{path}: Could not patch requests 9.1 (AttributeError: module 'requests' has no attribute "
        "'adapters'). Its calls go to the real network and are not recorded. Install a version "
        "that SUPPORT.md lists."
    )


def test_connections_that_are_not_of_http_client_are_not_known(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")
    monkeypatch.setattr(urllib3.connectionpool.HTTPConnectionPool, "ConnectionCls", object)
    with pytest.warns(promptecho.PromptechoInterceptionWarning, match=r"not those of http\.client"):
        with promptecho.use_cassette(path):
            pass


def test_an_unknown_library_is_an_error_where_warnings_are_and_when_the_block_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "requests", ModuleType("requests"))
    with Upstream([json_answer(1)]) as upstream:
        with pytest.raises(promptecho.PromptechoInterceptionWarning):
            with promptecho.use_cassette(path) as cassette:
                assert through_httpx(upstream.url) == 1
    assert len(cassette.recorded) == 1


def test_a_library_that_a_test_says_is_missing_is_left_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    with Upstream([json_answer(1)]) as upstream, promptecho.use_cassette(path) as cassette:
        assert through_httpx(upstream.url) == 1
    assert len(cassette.recorded) == 1


def test_a_mock_that_ends_after_the_cassette_leaves_nothing_of_it_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    own = httpx.HTTPTransport.handle_request
    with Upstream([json_answer(1), json_answer(2)]) as upstream:
        with promptecho.use_cassette(path):
            assert through_httpx(upstream.url) == 1
            monkeypatch.setattr(httpx.HTTPTransport, "handle_request", None)
        monkeypatch.undo()  # puts back what it found
        try:
            assert through_httpx(upstream.url) == 2
        finally:
            httpx.HTTPTransport.handle_request = own  # type: ignore[method-assign]
