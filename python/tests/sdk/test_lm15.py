"""lm15, alone and as DSPy carries it: streams arrive event by event, and end as they did."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, Callable

import dspy._vendor.lm15.transports
import lm15.transports
import pytest

from promptecho import CassetteMiss, RecordedErrorResponse, use_cassette
from sdk import answers
from sdk.roundtrip import Roundtrip
from support.failing import READS_PAST_THE_END
from support.upstream import Upstream

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}'
HEADERS = [("content-type", "application/json")]

#: Read so many chunks of the answer; None reads all.
Fetch = Callable[..., Any]


@pytest.fixture(params=[lm15.transports, dspy._vendor.lm15.transports], ids=["alone", "in-dspy"])
def transports(request: pytest.FixtureRequest) -> Any:
    """Each copy of lm15."""
    return request.param


@pytest.fixture(params=["sync", "async"])
def fetch(request: pytest.FixtureRequest, transports: Any) -> Fetch:
    """Each way to fetch an answer: its status and its chunks, as far as they are read."""

    def sent(url: str) -> Any:
        return transports.TransportRequest("POST", f"{url}/v1/chat/completions", HEADERS, BODY)

    def fetched(url: str, stop: int | None = None, seen: Any = len) -> Any:
        chunks = []
        with transports.StdlibTransport() as transport, transport.stream(sent(url)) as response:
            for chunk in response:
                chunks.append(chunk)
                seen(chunk)
                if len(chunks) == stop:
                    break
        return response.status, chunks

    async def afetched(url: str, stop: int | None = None, seen: Any = len) -> Any:
        chunks = []
        async with transports.StdlibAsyncTransport() as transport:
            async with transport.stream(sent(url)) as response:
                async for chunk in response:
                    chunks.append(chunk)
                    seen(chunk)
                    if len(chunks) == stop:
                        break
        return response.status, chunks

    return fetched if request.param == "sync" else lambda *a: asyncio.run(afetched(*a))


def test_the_first_event_arrives_while_the_upstream_still_sends(
    fetch: Fetch, roundtrip: Roundtrip
) -> None:
    gate = threading.Event()

    def story(url: str) -> Any:
        status, chunks = fetch(url, None, lambda _: gate.set())
        return status, b"".join(chunks)

    outcome = roundtrip([answers.chat_stream("A", " cat")._replace(gate=gate)], story)
    assert outcome.told == (200, outcome.sent[0].body)


@READS_PAST_THE_END
def test_an_answer_that_was_left_early_cannot_be_read_further(
    fetch: Fetch, transports: Any, tmp_path: Path
) -> None:
    gate = threading.Event()
    script = [answers.chat_stream("A", " cat")._replace(gate=gate)]
    with Upstream(script) as upstream, use_cassette(tmp_path / "c.yaml"):
        first = fetch(upstream.url, 1)
        gate.set()
    with use_cassette(tmp_path / "c.yaml", mode="none"):
        assert fetch(upstream.url, 1) == first
        with pytest.raises(transports.ReadError, match="the recording ends here"):
            fetch(upstream.url)


def test_an_error_answer_is_refused_where_it_must_not_be_recorded(
    fetch: Fetch, tmp_path: Path
) -> None:
    with Upstream([answers.bad_request()]) as upstream:
        with pytest.raises(RecordedErrorResponse, match="Unsupported parameter"):
            with use_cassette(tmp_path / "c.yaml", on_record_error="raise"):
                fetch(upstream.url)


def test_what_was_not_recorded_is_a_miss_and_no_call(fetch: Fetch, tmp_path: Path) -> None:
    with Upstream([]) as upstream, pytest.raises(CassetteMiss):
        with use_cassette(tmp_path / "c.yaml", mode="none"):
            fetch(upstream.url)
    assert upstream.calls == []


def test_an_upstream_that_is_not_there_is_the_library_s_own_error(
    fetch: Fetch, transports: Any, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    with Upstream([]) as gone:
        pass
    with Upstream([answers.chat("A")]) as upstream:
        # A session in which no call got an answer saves nothing [FAIL-9].
        with use_cassette(path, on_record_error="record") as cassette:
            with pytest.raises(transports.ConnectError):
                fetch(gone.url)
            answered = fetch(upstream.url)
    assert [each.failure is not None for each in cassette.recorded] == [True, False]
    with use_cassette(path, mode="none"):
        with pytest.raises(transports.ConnectError):
            fetch(gone.url)
        assert fetch(upstream.url) == answered
