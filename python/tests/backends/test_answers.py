"""What a client sees of an answer: the same from the upstream and from the cassette."""

from __future__ import annotations

import asyncio
import gzip
import importlib
import threading
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import anyio
import pytest

import promptecho
from support.clients import PLAIN
from support.failing import (
    LEAVES_RESPONSES_OPEN,
    READS_PAST_THE_END,
    RECORDS_FAILURES,
    failed,
    kinds,
)
from support.record_replay import only, record_and_replay
from support.upstream import Answer, Upstream, json_answer, sse_answer

EVENTS = ("data: 1", "data: 2", "data: [DONE]")


def post(http: Any, url: str, path: str = "/v1/x") -> Any:
    with http.Client(**PLAIN) as client:
        return client.post(url + path, json={})


# The head


def test_a_replayed_response_is_a_whole_response(http: Any, path: Path) -> None:
    answer = json_answer(
        {"ok": "ö"},
        ("x-request-id", "req_1"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("warning", "one"),
        ("warning", "two"),
    )

    def story(url: str) -> list[Any]:
        response = post(http, url)
        assert response.elapsed > timedelta(0)
        assert (response.is_closed, response.is_stream_consumed) == (True, True)
        assert response.request.url == url + "/v1/x"
        assert response.extensions["http_version"] == b"HTTP/1.1"
        assert response.extensions["reason_phrase"] == b"OK"
        assert len(response.headers.get_list("set-cookie")) == 2
        return [
            response.status_code,
            response.reason_phrase,
            response.http_version,
            response.encoding,
            response.charset_encoding,
            response.headers["X-Request-Id"],
            response.headers.get_list("warning"),
            response.headers["content-length"],
            response.text,
            response.json(),
            response.history,
            response.is_success,
            response.num_bytes_downloaded,
        ]

    told = record_and_replay([answer], path, story)
    assert told[0:3] == [200, "OK", "HTTP/1.1"]
    assert told[5:9] == ["req_1", ["one", "two"], "11", '{"ok":"ö"}']


@pytest.mark.parametrize(
    ("status", "reason"),
    [(200, "Fine"), (429, "Too Many Requests"), (529, "Overloaded"), (299, ""), (599, "Ärger")],
)
def test_a_reason_phrase_is_replayed(http: Any, path: Path, status: int, reason: str) -> None:
    answer = json_answer({}, status=status)._replace(reason=reason)

    def story(url: str) -> list[Any]:
        response = post(http, url)
        return [response.status_code, response.extensions["reason_phrase"]]

    assert record_and_replay([answer], path, story) == [status, reason.encode("latin-1")]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_may_have_no_body_has_none(http: Any, path: Path, status: int) -> None:
    def story(url: str) -> list[Any]:
        response = post(http, url)
        return [response.status_code, response.content, "content-length" in response.headers]

    answer = Answer((), status, (("x-a", "1"),))
    assert record_and_replay([answer], path, story) == [status, b"", False]


def test_the_answer_to_head_is_a_head(http: Any, path: Path) -> None:
    def story(url: str) -> list[Any]:
        with http.Client(**PLAIN) as client:
            response = client.head(url + "/model.bin")
        return [response.status_code, response.headers["etag"], response.content]

    answer = Answer((b"x" * 1000,), headers=(("etag", '"1"'),))
    assert record_and_replay([answer], path, story) == [200, '"1"', b""]


# Bodies

BODIES = {
    "empty": Answer((b"",)),
    "JSON": json_answer({"z": 1.50, "a": [1, "ö", None]}),
    "indented JSON": json_answer({"a": [1]}, indent=2),
    "broken JSON": Answer((b'{"a": ',)),
    "text": Answer(("Grüße\r\n".encode(),), headers=(("content-type", "text/plain"),)),
    "latin-1": Answer(
        ("Grüße".encode("latin-1"),), headers=(("content-type", "text/plain; charset=latin-1"),)
    ),
    "binary": Answer((bytes(range(256)) * 9,), headers=(("content-type", "audio/mpeg"),)),
    "untyped": Answer((b"\xff\x00",), headers=()),
    "chunked JSON": Answer((b'{"a":', b"1}")),
    "SSE": sse_answer(*EVENTS),
    "SSE with CRLF": sse_answer("event: a\ndata: 1", "data: 2", line_end="\r\n"),
    "SSE in odd pieces": Answer(
        (b"da", b"ta: \xc3", b"\xa4\n", b"\ndata: 2\n\n: bye"),
        headers=(("content-type", "text/event-stream"),),
    ),
    "NDJSON": Answer(
        (b'{"a":1}\n', b'{"b":', b"2}\n"), headers=(("content-type", "application/x-ndjson"),)
    ),
}


@pytest.mark.parametrize("kind", BODIES)
def test_every_byte_is_replayed(http: Any, path: Path, kind: str) -> None:
    def story(url: str) -> list[Any]:
        response = post(http, url)
        return [response.content, response.text, response.encoding]

    assert record_and_replay([BODIES[kind]], path, story)[0] == BODIES[kind].body


def packed(encoding: str, data: bytes) -> bytes:
    if encoding == "gzip":
        return gzip.compress(data)
    if encoding == "deflate":
        return zlib.compress(data)
    if encoding == "br":
        brotli = pytest.importorskip("brotli", reason="no brotli here")
        return bytes(brotli.compress(data))
    if encoding == "zstd":
        zstandard = pytest.importorskip("zstandard", reason="no zstandard here")
        return bytes(zstandard.ZstdCompressor().compress(data))
    return data


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity"])
def test_a_packed_answer_is_stored_unpacked(http: Any, path: Path, encoding: str) -> None:
    data = packed(encoding, b'{"said":"hello"}')
    answer = Answer(
        (data,), headers=(("content-type", "application/json"), ("content-encoding", encoding))
    )

    encodings = []

    def story(url: str) -> Any:
        response = post(http, url)
        encodings.append(response.headers.get("content-encoding"))
        return response.json()

    decoders = importlib.import_module(f"{http.__name__}._decoders").SUPPORTED_DECODERS
    if encoding not in decoders:
        pytest.skip(f"this {http.__name__} cannot read {encoding}")
    assert record_and_replay([answer], path, story) == {"said": "hello"}
    assert encodings == [encoding, None]
    assert only(path).body.value == {"said": "hello"}
    assert "content-encoding" not in dict(only(path).headers)


def test_a_packed_stream_is_stored_event_by_event(http: Any, path: Path) -> None:
    def story(url: str) -> list[str]:
        with http.Client(**PLAIN) as client:
            with client.stream("POST", url, json={"stream": True}) as response:
                return list(response.iter_lines())

    assert record_and_replay([sse_answer(*EVENTS, gzip=True)], path, story)[0] == "data: 1"
    assert only(path).body.events == EVENTS


# Streams


def test_a_stream_can_be_read_in_every_way(http: Any, path: Path) -> None:
    def story(upstream: Upstream) -> list[Any]:
        told: list[Any] = []
        ways: list[Callable[[Any], Any]] = [
            lambda response: b"".join(response.iter_raw()),
            lambda response: b"".join(response.iter_bytes()),
            lambda response: "".join(response.iter_text()),
            lambda response: list(response.iter_lines()),
            lambda response: response.read(),
            lambda response: list(response.iter_bytes(chunk_size=5)),
        ]
        with http.Client(**PLAIN) as client:
            for number, way in enumerate(ways):
                body = {"stream": True, "number": number}
                with client.stream("POST", upstream.url, json=body) as response:
                    assert not response.is_stream_consumed
                    told.append(way(response))
                    assert response.is_stream_consumed
        return told

    with Upstream(lambda _: sse_answer(*EVENTS)) as upstream:
        with promptecho.use_cassette(path) as recorded:
            first = story(upstream)
    with promptecho.use_cassette(path, mode="none"):
        assert story(upstream) == first
    assert len(recorded.recorded) == 6
    assert first[0] == "".join(event + "\n\n" for event in EVENTS).encode()


def test_an_async_stream_can_be_read_in_every_way(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    async def collect(items: AsyncIterator[Any]) -> list[Any]:
        return [item async for item in items]

    async def story() -> list[Any]:
        told: list[Any] = []
        ways: list[Callable[[Any], Any]] = [
            lambda response: response.aread(),
            lambda response: collect(response.aiter_lines()),
            lambda response: collect(response.aiter_bytes(chunk_size=7)),
            lambda response: collect(response.aiter_raw(chunk_size=7)),
            lambda response: collect(response.aiter_text(chunk_size=7)),
        ]
        async with http.AsyncClient(**PLAIN) as client:
            for number, way in enumerate(ways):
                body = {"stream": True, "number": number}
                async with client.stream("POST", upstream.url, json=body) as response:
                    told.append(await way(response))
        return told

    with Upstream(lambda _: sse_answer(*EVENTS)) as upstream:
        with promptecho.use_cassette(path):
            first = run(story)
    with promptecho.use_cassette(path, mode="none"):
        assert run(story) == first


def test_one_event_is_one_chunk_on_replay(http: Any, path: Path) -> None:
    with Upstream([BODIES["SSE in odd pieces"], BODIES["NDJSON"]]) as upstream:
        with promptecho.use_cassette(path):
            post(http, upstream.url, "/v1/sse")
            post(http, upstream.url, "/v1/ndjson")
    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        with client.stream("POST", "http://x/v1/sse", json={}) as response:
            assert list(response.iter_raw()) == ["data: ä\n\n".encode(), b"data: 2\n\n", b": bye"]
        with client.stream("POST", "http://x/v1/ndjson", json={}) as response:
            assert list(response.iter_raw()) == [b'{"a":1}\n', b'{"b":2}\n']


def test_recording_hands_on_each_event_while_the_upstream_still_sends(
    http: Any, path: Path
) -> None:
    """The upstream sends the rest only once the client has read the first event."""
    read_first = threading.Event()
    answer = sse_answer(*EVENTS, gate=read_first)
    with Upstream([answer]) as upstream, promptecho.use_cassette(path):
        with http.Client(**PLAIN) as client:
            with client.stream("POST", upstream.url, json={"stream": True}) as response:
                chunks = response.iter_raw()
                assert next(chunks) == b"data: 1\n\n"
                read_first.set()
                assert b"".join(chunks) == b"data: 2\n\ndata: [DONE]\n\n"
    assert only(path).body.events == EVENTS


def test_recording_hands_on_each_event_to_an_async_client_too(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    read_first = threading.Event()

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            async with client.stream("POST", upstream.url, json={"stream": True}) as response:
                chunks = response.aiter_raw()
                assert await chunks.__anext__() == b"data: 1\n\n"
                read_first.set()
                assert [chunk async for chunk in chunks]

    with Upstream([sse_answer(*EVENTS, gate=read_first)]) as upstream:
        with promptecho.use_cassette(path):
            run(story)
    assert only(path).body.events == EVENTS


# Streams that end early

CUT = (
    "the recording ends here: while it was recorded, the client stopped reading, the block ended, "
    "or the connection broke. To read further, read the whole response inside the block and record "
    "it again (PROMPTECHO_MODE=all)."
)


def assert_ends_with_an_error(
    http: Any,
    path: Path,
    *events: bytes,
    error: str = "RemoteProtocolError",
    text: str = CUT,
) -> None:
    """The recording gives these events and then an error."""
    assert only(path).truncated
    got = []
    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        with client.stream("POST", "http://x/", json={"stream": True}) as response:
            with pytest.raises(getattr(http, error)) as caught:
                for chunk in response.iter_raw():
                    got.append(chunk)
    assert (got, str(caught.value)) == (list(events), text)
    assert caught.value.request.url == "http://x/"

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            with pytest.raises(getattr(http, error)) as caught:
                await client.post("http://x/", json={"stream": True})
        assert str(caught.value) == text

    with promptecho.use_cassette(path, mode="none"):
        asyncio.run(story())


def first_event(response: Any) -> None:
    assert next(response.iter_raw()) == b"data: 1\n\n"


def stop(response: Any) -> None:
    first_event(response)


def close(response: Any) -> None:
    first_event(response)
    response.close()


def fail(response: Any) -> None:
    first_event(response)
    raise ZeroDivisionError


@READS_PAST_THE_END
@pytest.mark.parametrize("leave", [stop, close, fail])
def test_a_client_that_leaves_early_leaves_a_truncated_recording(
    http: Any, path: Path, leave: Callable[[Any], None]
) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            try:
                with client.stream("POST", upstream.url, json={"stream": True}) as response:
                    leave(response)
            except ZeroDivisionError:
                pass
            left.set()
    assert_ends_with_an_error(http, path, b"data: 1\n\n")


# httpx leaves inner generators to the garbage collector, which trio warns of.
@READS_PAST_THE_END
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_async_client_that_leaves_early_too(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    left = threading.Event()

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            async with client.stream("POST", upstream.url, json={"stream": True}) as response:
                chunks = response.aiter_raw()
                assert await chunks.__anext__() == b"data: 1\n\n"
                await chunks.aclose()
        left.set()

    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path):
            run(story)
    assert_ends_with_an_error(http, path, b"data: 1\n\n")


def test_a_client_that_is_cancelled_leaves_a_truncated_recording(
    http: Any, run: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On replay it is cancelled again, or times out at a limit."""
    left = threading.Event()

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            with anyio.CancelScope() as scope:
                async with client.stream("POST", upstream.url, json={"stream": True}) as response:
                    async for _ in response.aiter_raw():
                        scope.cancel()
            assert scope.cancel_called
        left.set()

    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path):
            run(story)
    with promptecho.use_cassette(path, mode="none"):
        run(story)
    monkeypatch.setattr("promptecho._session.turns.LIMIT", 0.01)
    replayed = {"error": "ReadTimeout", "text": failed("cancelled")}
    assert_ends_with_an_error(http, path, b"data: 1\n\n", **replayed)


@RECORDS_FAILURES
def test_a_client_that_is_cancelled_before_the_head_has_no_answer(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    asked, left = threading.Event(), threading.Event()

    def script(_: object) -> Answer:
        asked.set()
        left.wait(10)
        return json_answer({})

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(client.get, upstream.url)
            while not asked.is_set():
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
        left.set()

    with Upstream(script) as upstream, promptecho.use_cassette(path) as cassette:
        run(story)
    assert kinds(cassette) == ["cancelled"]
    assert not path.exists()


@RECORDS_FAILURES
def test_a_client_that_times_out_leaves_a_truncated_recording(http: Any, path: Path) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path):
            with http.Client(**{**PLAIN, "timeout": http.Timeout(60, read=0.1)}) as client:
                with pytest.raises(http.ReadTimeout):
                    client.post(upstream.url, json={"stream": True})
        left.set()
    replayed = {"error": "ReadTimeout", "text": failed("read-timeout")}
    assert_ends_with_an_error(http, path, b"data: 1\n\n", **replayed)


@RECORDS_FAILURES
def test_an_upstream_that_breaks_off_leaves_a_truncated_recording(http: Any, path: Path) -> None:
    with Upstream([sse_answer("data: 1", "data: 2", cut=True)]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            with pytest.raises(http.RemoteProtocolError, match="peer closed connection"):
                client.post(upstream.url, json={"stream": True})
    assert_ends_with_an_error(http, path, b"data: 1\n\n", b"data: 2\n\n", text=failed("closed"))


@RECORDS_FAILURES
def test_a_call_that_broke_off_and_its_retry_are_replayed_in_order(http: Any, path: Path) -> None:
    def story(upstream: Upstream) -> list[str]:
        told = []
        with http.Client(**PLAIN) as client:
            while len(told) < 3:
                try:
                    told.append(client.post(upstream.url, json={"stream": True}).text)
                    break
                except http.TransportError as error:
                    told.append(type(error).__name__)
        return told

    answers = [sse_answer("data: 1", "data: 2", cut=True), sse_answer("data: 1")]
    with Upstream(answers) as upstream, promptecho.use_cassette(path):
        first = story(upstream)
    with promptecho.use_cassette(path, mode="none"):
        assert story(upstream) == first == ["RemoteProtocolError", "data: 1\n\n"]


@READS_PAST_THE_END
@LEAVES_RESPONSES_OPEN
def test_a_stream_that_nobody_closes_is_kept_at_the_end_of_the_block(http: Any, path: Path) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        client = http.Client(**PLAIN)
        with promptecho.use_cassette(path):
            request = client.build_request("POST", upstream.url, json={"stream": True})
            response = client.send(request, stream=True)
            chunks = response.iter_raw()
            assert next(chunks) == b"data: 1\n\n"
        left.set()
        with pytest.raises(http.RemoteProtocolError, match="the recording ends here"):
            next(chunks)  # as on replay
        client.close()
    assert_ends_with_an_error(http, path, b"data: 1\n\n")


@READS_PAST_THE_END
def test_a_stream_that_nobody_reads_is_an_empty_truncated_one(http: Any, path: Path) -> None:
    with Upstream([sse_answer("data: 1", "data: 2")]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            with client.stream("POST", upstream.url, json={"stream": True}):
                pass
    assert_ends_with_an_error(http, path)


@pytest.mark.parametrize("last", ["data: [DONE]", 'event: message_stop\ndata: {"type": "x"}'])
def test_a_stream_left_after_its_last_event_is_whole(http: Any, path: Path, last: str) -> None:
    left = threading.Event()
    answer = sse_answer(last, ": the connection lives on", gate=left)
    with Upstream([answer]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            with client.stream("POST", upstream.url, json={"stream": True}) as response:
                next(response.iter_raw())
        left.set()
    assert not only(path).truncated
    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        assert client.post("http://x/", json={"stream": True}).text == last + "\n\n"


def test_a_body_left_after_its_last_byte_is_whole(http: Any, path: Path) -> None:
    with Upstream([json_answer({"ok": True})]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            with client.stream("POST", upstream.url, json={}) as response:
                assert next(response.iter_raw()) == b'{"ok":true}'
    assert not only(path).truncated


@READS_PAST_THE_END
def test_a_packed_stream_that_is_left_early_keeps_what_came(http: Any, path: Path) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gzip=True, gate=left)]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            with client.stream("POST", upstream.url, json={"stream": True}) as response:
                assert next(response.iter_text()) == "data: 1\n\n"
        left.set()
    assert_ends_with_an_error(http, path, b"data: 1\n\n")


# Timing


def test_timing_is_written_when_it_is_asked_for(http: Any, path: Path) -> None:
    with Upstream(lambda _: sse_answer(*EVENTS, pause=0.02)) as upstream:
        with promptecho.use_cassette(path, record_timing=True) as timed:
            post(http, upstream.url)
        with promptecho.use_cassette(path, mode="all") as untimed:
            post(http, upstream.url)
    (recording,) = timed.recorded
    assert recording.recorded_at is not None
    assert recording.response.delays_ms is not None
    assert len(recording.response.delays_ms) == len(EVENTS)
    assert sum(recording.response.delays_ms) > 20
    assert (untimed.recorded[0].recorded_at, untimed.recorded[0].response.delays_ms) == (None, None)


def test_timing_is_replayed_when_it_is_asked_for(
    http: Any, run: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Upstream([sse_answer(*EVENTS, pause=0.01)]) as upstream:
        with promptecho.use_cassette(path, record_timing=True) as cassette:
            post(http, upstream.url)
    delays = cassette.recorded[0].response.delays_ms
    expected = [delay / 1000 for delay in delays if delay]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            await client.post("http://x/v1/x", json={})

    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("anyio.sleep", sleep)
    with promptecho.use_cassette(path, mode="none", replay_timing=True):
        post(http, upstream.url)
        run(story)
    assert slept == expected * 2
    with promptecho.use_cassette(path, mode="none"):
        post(http, upstream.url)
        run(story)
    assert slept == expected * 2


# A response in the hands of a generator


def test_a_generator_of_the_caller_s_may_own_the_stream(http: Any, path: Path) -> None:
    def tokens(client: Any, url: str) -> Iterator[str]:
        with client.stream("POST", url, json={"stream": True}) as response:
            yield from response.iter_lines()

    def story(url: str) -> list[str]:
        with http.Client(**PLAIN) as client:
            return list(filter(None, tokens(client, url)))

    assert record_and_replay([sse_answer(*EVENTS)], path, story) == list(EVENTS)
