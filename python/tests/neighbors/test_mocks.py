"""respx and pytest-httpx: what a mock answers reaches no cassette, and no network block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from pytest_httpx import HTTPXMock

import promptecho
from support.clients import CHAT, post_httpx, question
from support.upstream import Upstream

MOCKED = "https://api.example.com/v1/x"


def cassette_is_empty(cassette: promptecho.Cassette) -> bool:
    return cassette.sent == [] and not Path(cassette.path).exists()


@pytest.mark.parametrize("first", ["respx", "cassette"])
def test_respx_answers_what_it_mocks(first: str, path: Path) -> None:
    mock, use = respx.mock(), promptecho.use_cassette(path, mode="none")
    outer, inner = (mock, use) if first == "respx" else (use, mock)
    with outer, inner:
        mock.get(MOCKED).respond(json={"mocked": True})
        assert httpx.get(MOCKED).json() == {"mocked": True}
    assert not path.exists()


@pytest.mark.parametrize("first", ["respx", "cassette"])
def test_what_respx_passes_through_is_recorded_and_replayed(
    first: str, upstream: Upstream, path: Path
) -> None:
    for mode in ("once", "none"):
        mock, use = respx.mock(assert_all_called=False), promptecho.use_cassette(path, mode=mode)
        outer, inner = (mock, use) if first == "respx" else (use, mock)
        with outer, inner:
            mock.route(host="127.0.0.1").pass_through()
            mock.get(MOCKED).respond(json={"mocked": True})
            assert post_httpx(upstream.url, "hello") == "hello"
            assert httpx.get(MOCKED).json() == {"mocked": True}
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("first", ["respx", "block"])
def test_a_network_block_leaves_respx_alone(first: str) -> None:
    mock, block = respx.mock(assert_all_called=False), promptecho.block_network()
    outer, inner = (mock, block) if first == "respx" else (block, mock)
    with pytest.raises(promptecho.NetworkBlocked):
        with outer, inner:
            mock.get(MOCKED).respond(json={"mocked": True})
            assert httpx.get(MOCKED).json() == {"mocked": True}
            mock.route(host="127.0.0.1").pass_through()
            httpx.post("http://127.0.0.1:9" + CHAT, json=question("q"))


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_async_call_that_respx_answers(anyio_backend: Any, path: Path) -> None:
    with respx.mock() as mock, promptecho.use_cassette(path, mode="none"):
        mock.get(MOCKED).respond(json={"mocked": True})
        async with httpx.AsyncClient() as client:
            assert (await client.get(MOCKED)).json() == {"mocked": True}


def test_pytest_httpx_before_the_cassette(httpx_mock: HTTPXMock, path: Path) -> None:
    httpx_mock.add_response(url=MOCKED, json={"mocked": True})
    with promptecho.use_cassette(path, mode="none"):
        assert httpx.get(MOCKED).json() == {"mocked": True}
    assert not path.exists()


def test_pytest_httpx_in_the_cassette(path: Path, request: pytest.FixtureRequest) -> None:
    with promptecho.use_cassette(path, mode="none") as cassette:
        mock = request.getfixturevalue("httpx_mock")
        mock.add_response(url=MOCKED, json={"mocked": True})
        assert httpx.get(MOCKED).json() == {"mocked": True}
        assert cassette_is_empty(cassette)


@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "127.0.0.1")
def test_what_pytest_httpx_does_not_mock_is_recorded_and_replayed(
    httpx_mock: HTTPXMock, upstream: Upstream, path: Path
) -> None:
    httpx_mock.add_response(url=MOCKED, json={"mocked": True}, is_reusable=True)
    for mode in ("once", "none"):
        with promptecho.use_cassette(path, mode=mode):
            assert post_httpx(upstream.url, "hello") == "hello"
            assert httpx.get(MOCKED).json() == {"mocked": True}
    assert len(upstream.calls) == 1


def test_a_network_block_leaves_pytest_httpx_alone(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=MOCKED, json={"mocked": True})
    with promptecho.block_network():
        assert httpx.get(MOCKED).json() == {"mocked": True}
