"""urllib3: what a pool makes of a call is the same from the upstream and from the cassette."""

from __future__ import annotations

import array
import io
import mmap
import ssl
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from promptecho._intercept.live_bodies import CUT
from support.clients import CHAT, post_urllib3, question
from support.failing import READS_PAST_THE_END, RECORDS_FAILURES, kinds
from support.record_replay import only, prompts, record_and_replay, recordings
from support.tls_and_proxy import Proxy, SecureUpstream, tls
from support.upstream import Answer, Call, Upstream, echo, json_answer, sse_answer

urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")

EVENTS = ("data: 1", "data: 2", "data: [DONE]")
STREAM = b'{"stream":true}'
JSON = {"content-type": "application/json"}
IS_OLD = urllib3.__version__.startswith("1.")


@pytest.fixture
def pool() -> Iterator[Any]:
    """A pool manager that tries once."""
    with urllib3.PoolManager(retries=False) as manager:
        yield manager


def stream(pool: Any, url: str, body: bytes = STREAM) -> Any:
    return pool.request("POST", url + "/v1/x", body=body, headers=JSON, preload_content=False)


# Who calls


def test_a_pool_made_before_the_cassette_is_seen(pool: Any, upstream: Upstream, path: Path) -> None:
    assert post_urllib3(pool, upstream.url, "before, so that a connection is kept alive") != ""
    with promptecho.use_cassette(path):
        assert post_urllib3(pool, upstream.url, "hello") == "hello"
    assert post_urllib3(pool, upstream.url, "after") == "after"
    upstream.close()
    with promptecho.use_cassette(path, mode="none"):
        assert post_urllib3(pool, upstream.url, "hello") == "hello"
    assert prompts(path) == ["hello"]


def test_a_kept_connection_is_as_it_was_after_a_replay(upstream: Upstream, path: Path) -> None:
    with urllib3.HTTPConnectionPool(*upstream.address, retries=False) as pool:
        with promptecho.use_cassette(path):
            post_urllib3(pool, "", "hello")
        with promptecho.use_cassette(path, mode="none"):
            for _ in range(3):
                assert post_urllib3(pool, "", "hello") == "hello"
        assert post_urllib3(pool, "", "after") == "after"
        assert pool.num_connections == 1
    assert len(upstream.calls) == 2


def test_a_connection_made_in_a_replay_connects_after_it(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path), urllib3.PoolManager() as pool:
        post_urllib3(pool, upstream.url, "hello")
    with urllib3.PoolManager(retries=False) as pool:
        with promptecho.use_cassette(path, mode="none"):
            assert post_urllib3(pool, upstream.url, "hello") == "hello"
        assert post_urllib3(pool, upstream.url, "after") == "after"


@pytest.mark.skipif(IS_OLD, reason="urllib3 1.26 has no functions")
def test_functions_without_a_pool_are_seen(path: Path) -> None:
    def story(url: str) -> Any:
        return urllib3.request("POST", url + CHAT, json=question("hello"), retries=False).json()

    assert record_and_replay(echo, path, story)["choices"][0]["message"]["content"] == "hello"


def test_a_connection_without_a_pool_is_seen(path: Path) -> None:
    def story(url: str) -> bytes:
        host, _, port = url[len("http://") :].partition(":")
        connection = urllib3.connection.HTTPConnection(host, int(port))
        connection.request("POST", "/v1/x", body=b"{}", headers=JSON)
        response = connection.getresponse()
        data = bytes(response.read() if IS_OLD else response.data)
        connection.close()
        return data

    assert record_and_replay([json_answer("ok")], path, story) == b'"ok"'


def test_threads_get_each_their_own_answer(path: Path) -> None:
    numbers = [str(number) for number in range(200)]

    def story(url: str) -> list[str]:
        with urllib3.PoolManager(maxsize=16, block=True, retries=False) as pool:
            with ThreadPoolExecutor(16) as threads:
                return list(threads.map(lambda number: post_urllib3(pool, url, number), numbers))

    assert record_and_replay(echo, path, story) == numbers
    assert sorted(prompts(path), key=int) == numbers


def test_recordings_stand_in_the_order_in_which_their_requests_started(path: Path) -> None:
    first_came, second_done = threading.Event(), threading.Event()

    def script(call: Call) -> Answer:
        if call.json["messages"][-1]["content"] == "first":
            first_came.set()
            assert second_done.wait(60)
        return echo(call)

    with Upstream(script) as upstream, promptecho.use_cassette(path):
        with urllib3.PoolManager(maxsize=2) as pool, ThreadPoolExecutor(1) as threads:
            first = threads.submit(post_urllib3, pool, upstream.url, "first")
            assert first_came.wait(60)
            post_urllib3(pool, upstream.url, "second")
            second_done.set()
            first.result()
    assert prompts(path) == ["first", "second"]


# The head


def test_a_replayed_response_is_a_whole_response(pool: Any, path: Path) -> None:
    answer = json_answer({"ok": "ö"}, ("x-a", "1"), ("warning", "one"), ("warning", "two"))

    def story(url: str) -> list[Any]:
        response = pool.request("POST", url + "/v1/x", body=b"{}", headers=JSON)
        assert response.geturl() is not None
        return [
            response.status,
            response.reason,
            response.version,
            response.headers["X-A"],
            response.headers.getlist("warning"),
            response.headers["content-length"],
            response.data,
        ]

    told = record_and_replay([answer], path, story)
    body = '{"ok":"ö"}'.encode()
    assert told == [200, "OK", 11, "1", ["one", "two"], "11", body]


@pytest.mark.parametrize(("status", "reason"), [(200, "Fine"), (529, "Overloaded"), (299, "")])
def test_a_reason_is_replayed(pool: Any, path: Path, status: int, reason: str) -> None:
    def story(url: str) -> list[Any]:
        response = pool.request("GET", url)
        return [response.status, response.reason]

    answer = json_answer({}, status=status)._replace(reason=reason)
    assert record_and_replay([answer], path, story) == [status, reason]


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 204), ("GET", 304), ("HEAD", 200), ("HEAD", 404)]
)
def test_an_answer_without_a_body_has_none(pool: Any, path: Path, method: str, status: int) -> None:
    def story(url: str) -> list[Any]:
        told = []
        for preload in (True, False):
            response = pool.request(method, url, preload_content=preload)
            told += [response.status, response.headers["etag"], response.data]
        return told

    body = b"x" * 100 if method == "HEAD" else b""
    answer = Answer((body,), status, (("etag", '"1"'),))
    assert record_and_replay([answer, answer], path, story) == [status, '"1"', b""] * 2


# Bodies


def mapped() -> mmap.mmap:
    """A file in memory that is read from its middle."""
    file = mmap.mmap(-1, 9)
    file.write(b'..{"a":1}')
    file.seek(2)
    return file


BODIES: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "bytes": lambda: b'{"a":1}',
    "str": lambda: '{"a":"\u00e4"}',
    "bytearray": lambda: bytearray(b'{"a":1}'),
    "memoryview": lambda: memoryview(b'{"a":1}'),
    "array": lambda: array.array("H", [0x2020, 0x3120]),
    "file": lambda: io.BytesIO(b'{"a":1}'),
    "text file": lambda: io.StringIO('{"a":1}'),
    "mapped file": mapped,
    "iterator": lambda: iter([b'{"a"', b":1}"]),
    "list": lambda: [b'{"a"', b":1}"],
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_of_any_kind_is_sent_and_matched_as_it_is(pool: Any, path: Path, kind: str) -> None:
    def send(url: str) -> bytes:
        return bytes(pool.request("POST", url, body=BODIES[kind](), headers=JSON).data)

    with Upstream(lambda _: json_answer("ok")) as upstream:
        send(upstream.url)
        with promptecho.use_cassette(path):
            send(upstream.url)
    alone, recorded = upstream.calls
    framing = ("content-length", "transfer-encoding")
    assert recorded.body == alone.body
    assert [h for h in recorded.headers if h[0].lower() in framing] == [
        h for h in alone.headers if h[0].lower() in framing
    ]
    with promptecho.use_cassette(path, mode="none"):
        assert send(upstream.url) == b'"ok"'


def test_a_chunked_body_is_sent_in_chunks(pool: Any, path: Path) -> None:
    def story(url: str) -> bytes:
        body = iter([b'{"a"', b":1}"])
        return bytes(pool.urlopen("POST", url, body=body, headers=JSON, chunked=True).data)

    assert record_and_replay([json_answer("ok")], path, story) == b'"ok"'
    assert recordings(path)[0].request.body == {"a": 1}


def test_an_upload_is_matched_by_its_parts_not_by_its_boundary(pool: Any, path: Path) -> None:
    def story(url: str) -> bytes:
        fields = {"purpose": "batch", "file": ("a.jsonl", b'{"a": 1}\n', "application/jsonl")}
        return bytes(pool.request("POST", url + "/v1/files", fields=fields).data)

    assert record_and_replay([json_answer({"id": "file-1"})], path, story) == b'{"id":"file-1"}'


def test_another_body_is_a_miss(pool: Any, path: Path) -> None:
    with Upstream([json_answer("ok")]) as upstream, promptecho.use_cassette(path):
        pool.request("POST", upstream.url, body=b'{"a":1}', headers=JSON)
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            pool.request("POST", upstream.url, body=b'{"a":2}', headers=JSON)


# Answers


@pytest.mark.parametrize("gzip", [False, True])
def test_a_packed_answer_is_read_as_it_was(pool: Any, path: Path, gzip: bool) -> None:
    def story(url: str) -> Any:
        return pool.request("POST", url, body=b"{}", headers=JSON).data

    answer = json_answer({"said": "hello"})._replace(gzip=gzip)
    assert record_and_replay([answer], path, story) == b'{"said":"hello"}'
    assert only(path).body.value == {"said": "hello"}


def test_packed_bytes_reach_a_client_that_unpacks_them_itself(pool: Any, path: Path) -> None:
    import gzip

    answer = json_answer({"said": "hello"})._replace(gzip=True)
    with Upstream([answer]) as upstream, promptecho.use_cassette(path):
        raw = stream(pool, upstream.url).read(decode_content=False)
    assert gzip.decompress(raw) == b'{"said":"hello"}'
    with promptecho.use_cassette(path, mode="none"):  # stored unpacked, and said to be so
        response = stream(pool, upstream.url)
        assert "content-encoding" not in response.headers
        assert response.read(decode_content=False) == b'{"said":"hello"}'


def pieces(read: Callable[[], bytes]) -> bytes:
    return b"".join(iter(read, b""))


def into_a_buffer(response: Any) -> bytes:
    buffer, told = bytearray(7), b""
    while size := response.readinto(buffer):
        told += buffer[:size]
    return told


def as_a_text_file(response: Any) -> list[str]:
    response.auto_close = False
    with response:
        return list(io.TextIOWrapper(response))


READERS: dict[str, Callable[[Any], Any]] = {
    "data": lambda response: response.data,
    "read": lambda response: response.read(),
    "read in pieces": lambda response: pieces(lambda: response.read(5)),
    "read cached": lambda response: response.read(cache_content=True) + response.data,
    "stream": lambda response: b"".join(response.stream(decode_content=True)),
    "stream of 5": lambda response: b"".join(response.stream(5, decode_content=True)),
    "readinto": into_a_buffer,
    "lines": lambda response: [each.rstrip() for each in response],
    "drained": lambda response: response.drain_conn(),
    "read1": lambda response: pieces(lambda: response.read1(5)),
    "text": as_a_text_file,
}
ANSWERS = {
    "stream": sse_answer(*EVENTS),
    "packed stream": sse_answer(*EVENTS, gzip=True),
    "sized": json_answer({"a": list(range(50))}),
    "empty": Answer((b"",)),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("reader", READERS)
def test_a_body_can_be_read_in_every_way(pool: Any, path: Path, reader: str, kind: str) -> None:
    if reader == "text" and IS_OLD:
        pytest.skip("urllib3 1.26 cannot read like that")
    if reader == "read1" and not hasattr(urllib3.HTTPResponse, "read1"):
        pytest.skip("urllib3 cannot read like that before 2.1")
    if IS_OLD and kind == "packed stream" and reader in ("read in pieces", "readinto"):
        pytest.skip("urllib3 1.26 gives an empty piece before the end")
    told = record_and_replay([ANSWERS[kind]], path, lambda url: READERS[reader](stream(pool, url)))
    if reader in ("data", "read", "read in pieces", "stream", "read1", "readinto"):
        assert told == ANSWERS[kind].body
    assert not only(path).truncated


def test_chunks_can_be_read_as_they_are(pool: Any, path: Path) -> None:
    told = record_and_replay(
        [sse_answer(*EVENTS)], path, lambda url: list(stream(pool, url).read_chunked())
    )
    assert told == [f"{event}\n\n".encode() for event in EVENTS]


def test_an_event_is_handed_on_while_the_upstream_still_sends(pool: Any, path: Path) -> None:
    came = threading.Event()
    with Upstream([sse_answer(*EVENTS, gate=came)]) as upstream, promptecho.use_cassette(path):
        chunks = stream(pool, upstream.url).stream()
        assert next(chunks) == b"data: 1\n\n"
        came.set()
        assert b"".join(chunks) == b"data: 2\n\ndata: [DONE]\n\n"


def test_one_event_is_one_chunk_on_replay(pool: Any, path: Path) -> None:
    whole = Answer(
        ("".join(f"{event}\n\n" for event in EVENTS).encode(), b": bye\n\n"),
        headers=(("content-type", "text/event-stream"),),
    )
    with Upstream([whole]) as upstream, promptecho.use_cassette(path):
        assert len(list(stream(pool, upstream.url).stream())) == 2
    with promptecho.use_cassette(path, mode="none"):
        chunks = list(stream(pool, upstream.url).stream())
    assert chunks == [*(f"{event}\n\n".encode() for event in EVENTS), b": bye\n\n"]


def test_timing_is_replayed_when_it_is_asked_for(
    pool: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Upstream([sse_answer(*EVENTS, pause=0.02)]) as upstream:
        with promptecho.use_cassette(path, record_timing=True):
            stream(pool, upstream.url).read()
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    with promptecho.use_cassette(path, mode="none", replay_timing=True):
        stream(pool, upstream.url).read()
    assert slept == [delay / 1000 for delay in only(path).delays_ms if delay]
    assert slept != []


# Breaking off


def assert_ends_with_an_error(pool: Any, path: Path, *events: bytes, text: str = CUT) -> None:
    assert only(path).truncated
    with promptecho.use_cassette(path, mode="none"):
        chunks = stream(pool, "http://x").stream()
        assert [next(chunks) for _ in events] == [*events]
        with pytest.raises(urllib3.exceptions.ProtocolError) as caught:
            next(chunks)
    assert text in str(caught.value)


@READS_PAST_THE_END
@pytest.mark.parametrize("leave", ["close", "release_conn"])
def test_a_client_that_leaves_early_leaves_a_truncated_recording(path: Path, leave: str) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path), urllib3.PoolManager() as pool:
            response = stream(pool, upstream.url)
            assert next(response.stream()) == b"data: 1\n\n"
            getattr(response, leave)()
        left.set()
        response.close()
    with urllib3.PoolManager(retries=False) as pool:
        assert_ends_with_an_error(pool, path, b"data: 1\n\n")


@READS_PAST_THE_END
def test_a_client_that_reads_nothing_leaves_an_empty_truncated_recording(
    pool: Any, path: Path
) -> None:
    with Upstream([sse_answer("data: 1", "data: 2")]) as upstream, promptecho.use_cassette(path):
        stream(pool, upstream.url).close()
    assert_ends_with_an_error(pool, path)


@RECORDS_FAILURES
def test_an_upstream_that_breaks_off_leaves_a_truncated_recording(pool: Any, path: Path) -> None:
    with Upstream([sse_answer("data: 1", "data: 2", cut=True)]) as upstream:
        with promptecho.use_cassette(path):
            chunks = stream(pool, upstream.url).stream()
            assert [next(chunks), next(chunks)] == [b"data: 1\n\n", b"data: 2\n\n"]
            with pytest.raises(urllib3.exceptions.ProtocolError):
                next(chunks)
    assert_ends_with_an_error(
        pool,
        path,
        b"data: 1\n\n",
        b"data: 2\n\n",
        text="Connection broken" if IS_OLD else "prematurely",
    )


def test_a_preloaded_answer_that_breaks_off_is_an_error_both_times(pool: Any, path: Path) -> None:
    def story(url: str) -> str:
        with pytest.raises(urllib3.exceptions.ProtocolError) as caught:
            pool.request("POST", url, body=STREAM, headers=JSON)
        return type(caught.value).__name__

    record_and_replay([sse_answer("data: 1", "data: 2", cut=True)], path, story)
    assert only(path).truncated


def test_a_sized_body_left_before_its_end_is_truncated(pool: Any, path: Path) -> None:
    with Upstream([json_answer({"a": list(range(50))})]) as upstream:
        with promptecho.use_cassette(path):
            response = stream(pool, upstream.url)
            assert response.read(4) == b'{"a"'
            response.close()
    assert only(path).truncated


# What a pool makes of one call


def redirecting(call: Call) -> Answer:
    if call.path == "/old":
        return Answer((b"moved",), 307, (("location", "/new"),))
    return json_answer({"path": call.path, "method": call.method, "body": call.body.decode()})


def test_each_hop_of_a_redirect_is_recorded_and_replayed(path: Path) -> None:
    def story(url: str) -> Any:
        with urllib3.PoolManager() as pool:
            response = pool.request("PUT", url + "/old", body=b'{"a":1}', headers=JSON)
            return response.data, response.geturl().replace(url, "")

    data, last = record_and_replay(redirecting, path, story)
    assert (data, last) == (b'{"path":"/new","method":"PUT","body":"{\\"a\\":1}"}', "/new")
    assert [each.response.status for each in recordings(path)] == [307, 200]


def test_each_attempt_of_a_retry_is_recorded_and_replayed_in_order(path: Path) -> None:
    def story(url: str) -> Any:
        retries = urllib3.Retry(5, status_forcelist=[503], backoff_factor=0, **ALL_METHODS)
        with urllib3.PoolManager(retries=retries) as pool:
            response = pool.request("POST", url, body=b"{}", headers=JSON)
            return response.data, len(response.retries.history)

    script = [json_answer(1, status=503), json_answer(2, status=503), json_answer(3)]
    assert record_and_replay(script, path, story) == (b"3", 2)
    assert [each.response.status for each in recordings(path)] == [503, 503, 200]


ALL_METHODS: dict[str, Any] = {"allowed_methods": None}


def test_a_call_that_broke_off_and_its_retry_are_replayed_in_order(path: Path) -> None:
    def story(url: str) -> Any:
        retries = urllib3.Retry(3, backoff_factor=0, **ALL_METHODS)
        with urllib3.PoolManager(retries=retries) as pool:
            return pool.request("POST", url, body=STREAM, headers=JSON).data

    script = [sse_answer("data: 1", "data: 2", cut=True), sse_answer("data: 1")]
    assert record_and_replay(script, path, story) == b"data: 1\n\n"
    assert [each.response.truncated for each in recordings(path)] == [True, False]


@RECORDS_FAILURES
def test_a_timeout_is_the_client_s(path: Path) -> None:
    never = threading.Event()

    def script(_: Call) -> Answer:
        never.wait(10)
        return json_answer(1)

    with Upstream(script) as upstream, promptecho.use_cassette(path) as cassette:
        with urllib3.PoolManager(retries=False, timeout=0.05) as pool:
            with pytest.raises(urllib3.exceptions.ReadTimeoutError):
                pool.request("GET", upstream.url)
        never.set()
    assert kinds(cassette) == ["read-timeout"]


@RECORDS_FAILURES
def test_nobody_who_listens_is_the_client_s_error(pool: Any, path: Path) -> None:
    with Upstream([]) as upstream:
        pass
    with promptecho.use_cassette(path) as cassette:
        with pytest.raises(urllib3.exceptions.NewConnectionError):
            pool.request("GET", upstream.url)
    assert kinds(cassette) == ["connect"]


# Misses and refusals


@pytest.mark.parametrize("retries", [False, 3])
def test_a_miss_is_raised_in_place_and_nothing_is_called(
    upstream: Upstream, path: Path, retries: Any
) -> None:
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            with urllib3.PoolManager(retries=retries) as pool:
                post_urllib3(pool, upstream.url, "hello")
    assert upstream.calls == []


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("preload", [False, True])
def test_an_error_answer_is_refused_when_that_is_asked_for(
    pool: Any, path: Path, preload: bool, gzip: bool
) -> None:
    answer = json_answer({"error": "no"}, status=400)._replace(gzip=gzip)
    with Upstream([answer]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse) as caught:
            with promptecho.use_cassette(path, on_record_error="raise"):
                pool.request("POST", upstream.url, body=b"{}", preload_content=preload)
    assert '{"error":"no"}' in str(caught.value)
    assert not path.exists()


def test_a_connection_is_of_use_after_a_miss(upstream: Upstream, path: Path) -> None:
    with urllib3.HTTPConnectionPool(*upstream.address, retries=False) as pool:
        assert post_urllib3(pool, "", "before") == "before"
        with pytest.raises(promptecho.CassetteMiss):
            with promptecho.use_cassette(path, mode="none"):
                post_urllib3(pool, "", "missing")
        assert post_urllib3(pool, "", "after") == "after"


def test_a_host_that_is_passed_through_is_called_and_not_recorded(
    pool: Any, upstream: Upstream, path: Path
) -> None:
    with promptecho.use_cassette(path, mode="none", passthrough=["127.0.0.1"]) as cassette:
        assert post_urllib3(pool, upstream.url, "through") == "through"
        assert post_urllib3(pool, upstream.url, "again") == "again"
    assert (len(upstream.calls), cassette.sent) == (2, [])


def test_a_blocked_network_is_not_reached_by_a_kept_connection(
    pool: Any, upstream: Upstream
) -> None:
    post_urllib3(pool, upstream.url, "before")
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            post_urllib3(pool, upstream.url, "blocked")
    with promptecho.block_network(allowed_hosts=["127.0.0.1"]):
        assert post_urllib3(pool, upstream.url, "allowed") == "allowed"
    assert len(upstream.calls) == 2


# TLS and proxies


def test_a_call_by_tls_is_recorded_and_replayed_without_a_connection(path: Path) -> None:
    def story(address: tuple[str, int]) -> str:
        context = tls(ssl.PROTOCOL_TLS_CLIENT)
        with urllib3.HTTPSConnectionPool(
            *address, ssl_context=context, cert_reqs="CERT_NONE", retries=False
        ) as pool:
            return post_urllib3(pool, "", "hello")

    with SecureUpstream(echo) as upstream, promptecho.use_cassette(path):
        with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
            assert story(upstream.address) == "hello"
    with promptecho.use_cassette(path, mode="none"), warnings.catch_warnings():
        warnings.simplefilter("error")  # nobody is there to be verified
        assert story(upstream.address) == "hello"
    assert recordings(path)[0].request.url.startswith("https://127.0.0.1:")


def test_a_tunnel_is_dug_for_a_live_call_only(path: Path) -> None:
    def story(proxy: str) -> str:
        context = tls(ssl.PROTOCOL_TLS_CLIENT)
        with urllib3.ProxyManager(
            proxy, ssl_context=context, cert_reqs="CERT_NONE", retries=False
        ) as pool:
            return post_urllib3(pool, "https://api.example.com", "hello")

    with SecureUpstream(echo) as upstream, Proxy(upstream.address) as proxy:
        with promptecho.use_cassette(path):
            with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
                assert story(proxy.url) == "hello"
        assert [line.rpartition(" ")[0] for line in proxy.asked] == ["CONNECT api.example.com:443"]
        with promptecho.use_cassette(path, mode="none"):
            assert story(proxy.url) == "hello"
        with pytest.raises(promptecho.CassetteMiss):
            with promptecho.use_cassette(path.with_name("none.yaml"), mode="none"):
                story(proxy.url)
        assert len(proxy.asked) == 1
    assert recordings(path)[0].request.url == "https://api.example.com" + CHAT


@RECORDS_FAILURES
def test_a_proxy_that_nobody_has_started_is_the_same_exception(path: Path) -> None:
    def story(proxy: str) -> Any:
        with urllib3.ProxyManager(proxy, retries=False) as pool:
            with pytest.raises(urllib3.exceptions.ProxyError) as caught:
                post_urllib3(pool, "https://api.example.com", "hello")
        return str(caught.value).partition(" object at ")[0]

    with Upstream([]) as upstream:
        pass
    alone = story(upstream.url)
    with promptecho.use_cassette(path) as cassette:
        assert story(upstream.url) == alone
    assert kinds(cassette) == ["connect"]


def test_a_tunnel_is_kept_alive_after_a_replay(path: Path) -> None:
    with SecureUpstream(echo) as upstream, Proxy(upstream.address) as proxy:
        with (
            urllib3.ProxyManager(
                proxy.url,
                ssl_context=tls(ssl.PROTOCOL_TLS_CLIENT),
                cert_reqs="CERT_NONE",
                retries=False,
            ) as pool,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            with promptecho.use_cassette(path):
                post_urllib3(pool, "https://api.example.com", "hello")
            with promptecho.use_cassette(path, mode="none"):
                post_urllib3(pool, "https://api.example.com", "hello")
            assert post_urllib3(pool, "https://api.example.com", "after") == "after"
        assert len(proxy.asked) == 1


def test_a_proxy_for_plain_calls_is_asked_for_a_live_call_only(path: Path) -> None:
    def story(proxy: str) -> str:
        with urllib3.ProxyManager(proxy, retries=False) as pool:
            return post_urllib3(pool, "http://api.example.com", "hello")

    assert record_and_replay(echo, path, story) == "hello"
    assert recordings(path)[0].request.url == "http://api.example.com" + CHAT


def test_https_needs_no_connection_in_mode_none(pool: Any, path: Path) -> None:
    with Upstream(echo) as upstream, promptecho.use_cassette(path):
        post_urllib3(pool, upstream.url, "hello")
    with promptecho.block_network(), promptecho.use_cassette(path, mode="none"):
        assert post_urllib3(pool, "https://api.example.com", "hello") == "hello"


def test_an_address_of_version_6_is_an_url_as_usual(path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            with urllib3.PoolManager() as pool:
                pool.request("GET", "http://[::1]:8080/v1/x")
    assert "http://[::1]:8080/v1/x" in str(caught.value) or "[::1]" in caught.value.miss.request.url
