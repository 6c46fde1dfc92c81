"""Wrappers that other tools put around functions of an HTTP library stay in use."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Callable, NamedTuple

import httpx
import pytest

import promptecho
from support.clients import CHAT, PLAIN, question
from support.upstream import Upstream, echo

aiohttp = pytest.importorskip("aiohttp")

JSON = {"content-type": "application/json"}


class Place(NamedTuple):
    """A function that tools wrap, and a call that runs it."""

    owner: Any
    name: str
    call: Callable[[str], Any]


def over_httpx(url: str) -> None:
    httpx.post(url + CHAT, json=question("q"), **PLAIN)


def over_async_httpx(url: str) -> None:
    async def story() -> None:
        async with httpx.AsyncClient(**PLAIN) as client:
            await client.post(url + CHAT, json=question("q"))

    asyncio.run(story())


def over_aiohttp(url: str) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post(url + CHAT, json=question("q")) as response:
                await response.read()

    asyncio.run(story())


def over_http_client(url: str) -> None:
    connection = http.client.HTTPConnection(url[len("http://") :])
    connection.request("POST", CHAT, json.dumps(question("q")), JSON)
    connection.getresponse().read()
    connection.close()


PLACES = [
    Place(httpx.HTTPTransport, "handle_request", over_httpx),
    Place(httpx.AsyncHTTPTransport, "handle_async_request", over_async_httpx),
    Place(httpx.Client, "send", over_httpx),
    Place(aiohttp.ClientSession, "_request", over_aiohttp),
    Place(http.client.HTTPConnection, "getresponse", over_http_client),
]


@pytest.fixture(params=PLACES, ids=lambda place: f"{place.owner.__name__}.{place.name}")
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    original = request.param.owner.__dict__[request.param.name]
    yield request.param
    assert request.param.owner.__dict__[request.param.name] is original


class Wrapper:
    """Counts the calls of a function, as a tracer does."""

    def __init__(self, place: Place) -> None:
        self.calls = 0
        self._place = place
        self._before = place.owner.__dict__[place.name]

        @wraps(self._before)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return self._before(*args, **kwargs)

        setattr(place.owner, place.name, counted)

    def remove(self) -> None:
        setattr(self._place.owner, self._place.name, self._before)


@contextmanager
def wrapped(place: Place) -> Iterator[Wrapper]:
    wrapper = Wrapper(place)
    try:
        yield wrapper
    finally:
        wrapper.remove()


def test_a_wrapper_put_on_before_sees_recorded_and_replayed_calls(
    place: Place, upstream: Upstream, path: Path
) -> None:
    with wrapped(place) as wrapper:
        with promptecho.use_cassette(path):
            place.call(upstream.url)
        assert wrapper.calls == 1
        upstream.close()
        with promptecho.use_cassette(path, mode="none"):
            place.call(upstream.url)
        assert wrapper.calls == 2


def test_a_wrapper_put_on_and_removed_inside_sees_the_calls_between(
    place: Place, upstream: Upstream, path: Path
) -> None:
    for mode in ("once", "none"):
        with promptecho.use_cassette(path, mode=mode):
            place.call(upstream.url)
            with wrapped(place) as wrapper:
                place.call(upstream.url)
            place.call(upstream.url)
        assert wrapper.calls == 1
    assert len(upstream.calls) == 3


def test_a_wrapper_put_on_inside_stays_after_the_cassette(
    place: Place, upstream: Upstream, path: Path
) -> None:
    original = place.owner.__dict__[place.name]
    with promptecho.use_cassette(path):
        wrapper = Wrapper(place)
        place.call(upstream.url)
    place.call(upstream.url)
    assert wrapper.calls == 2
    upstream.close()
    with promptecho.use_cassette(path, mode="none"):  # the next cassette works as well
        place.call(upstream.url)
    assert wrapper.calls == 3
    setattr(place.owner, place.name, original)


def test_a_wrapper_removed_after_the_cassette_leaves_the_call_as_it_was(
    place: Place, upstream: Upstream, path: Path
) -> None:
    original = place.owner.__dict__[place.name]
    with promptecho.use_cassette(path) as cassette:
        wrapper = Wrapper(place)
    wrapper.remove()  # puts the replacement of the cassette back, which is over
    place.call(upstream.url)
    assert len(upstream.calls) == 1
    assert cassette.recorded == []
    setattr(place.owner, place.name, original)


def test_a_transport_over_another_pool_is_seen(path: Path) -> None:
    """Its calls do not go through the method of httpcore's pool that is replaced."""
    httpcore = pytest.importorskip("httpcore")
    with Upstream(echo) as upstream:
        transport = httpx.HTTPTransport()
        origin = httpcore.Origin(b"http", b"127.0.0.1", httpx.URL(upstream.url).port)
        transport._pool = httpcore.HTTPConnection(origin)
        with httpx.Client(transport=transport) as client:
            with pytest.raises(promptecho.CassetteMiss):
                with promptecho.use_cassette(path, mode="none"):
                    client.post(upstream.url + CHAT, json=question("q"))
            assert upstream.calls == []
            with promptecho.use_cassette(path):
                client.post(upstream.url + CHAT, json=question("q"))
    assert path.exists()
