"""`http.client`, used as it is and through `urllib.request`."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from promptecho._intercept.live_bodies import CUT
from support.clients import CHAT, post_http_client, question
from support.failing import READS_PAST_THE_END, RECORDS_FAILURES, kinds
from support.record_replay import only, prompts, record_and_replay, recordings
from support.tls_and_proxy import Proxy, SecureUpstream, tls
from support.upstream import Answer, Call, Upstream, echo, json_answer, sse_answer

EVENTS = ("data: 1", "data: 2", "data: [DONE]")
STREAM = b'{"stream":true}'
JSON = {"content-type": "application/json"}


def connect(url: str) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection(url[len("http://") :], timeout=60))


def post(url: str, data: Any = b"{}", **more: Any) -> Any:
    """What `urlopen` does without a proxy of the environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, data, JSON, **more), timeout=60)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


# Connections


def test_two_requests_on_one_connection_are_two_recordings(path: Path) -> None:
    def story(url: str) -> list[str]:
        with connect(url) as connection:
            return [post_http_client(connection, "one"), post_http_client(connection, "two")]

    assert record_and_replay(echo, path, story) == ["one", "two"]
    assert prompts(path) == ["one", "two"]


def test_a_connection_that_is_kept_alive_is_undamaged(upstream: Upstream, path: Path) -> None:
    with connect(upstream.url) as connection:
        post_http_client(connection, "before")
        kept = connection.sock
        with promptecho.use_cassette(path):
            post_http_client(connection, "hello")
        with promptecho.use_cassette(path, mode="none"):
            assert post_http_client(connection, "hello") == "hello"
        assert post_http_client(connection, "after") == "after"
        assert connection.sock is kept
    assert len(upstream.calls) == 3
    assert prompts(path) == ["hello"]


def test_a_connection_is_free_again_after_the_cassette(upstream: Upstream, path: Path) -> None:
    with connect(upstream.url) as connection:
        with promptecho.use_cassette(path) as cassette:
            connection.connect()
            connection.connect()
        assert post_http_client(connection, "after") == "after"
    assert (len(upstream.calls), cassette.sent) == (1, [])


def test_a_response_may_be_asked_for_after_the_cassette(upstream: Upstream, path: Path) -> None:
    with connect(upstream.url) as connection:
        post_http_client(connection, "before")
        with promptecho.use_cassette(path) as cassette:
            connection.request("POST", CHAT, json.dumps(question("late")), JSON)
        assert b"late" in connection.getresponse().read()
        assert post_http_client(connection, "after") == "after"
    assert (len(upstream.calls), cassette.sent) == (3, [])


def test_connect_reaches_nobody_in_mode_none(path: Path) -> None:
    def story(url: str) -> str:
        with connect(url) as connection:
            connection.connect()
            return post_http_client(connection, "hello")

    assert record_and_replay(echo, path, story) == "hello"


def test_a_request_may_be_written_piece_by_piece(path: Path) -> None:
    def story(url: str) -> bytes:
        with connect(url) as connection:
            connection.putrequest("POST", "/v1/x", skip_accept_encoding=True)
            connection.putheader("content-type", "application/json")
            connection.putheader("x-several", "one", "two")
            connection.putheader("content-length", "7")
            connection.endheaders()
            connection.send(b'{"a"')
            connection.send(io.BytesIO(b":1"))
            connection.send(iter([b"}"]))
            return connection.getresponse().read()

    assert record_and_replay([json_answer("ok")], path, story) == b'"ok"'
    assert recordings(path)[0].request.body == {"a": 1}


BODIES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b'{"a":1}',
    "str": lambda: '{"a":1}',
    "bytearray": lambda: bytearray(b'{"a":1}'),
    "file": lambda: io.BytesIO(b'{"a":1}'),
    "text file": lambda: io.StringIO('{"a":1}'),
    "iterator": lambda: iter([b'{"a"', b"", b":1}"]),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_of_any_kind_is_sent_and_matched_as_it_is(path: Path, kind: str) -> None:
    def send(url: str) -> bytes:
        with connect(url) as connection:
            connection.request("POST", "/v1/x", BODIES[kind](), JSON)
            return connection.getresponse().read()

    with Upstream(lambda _: json_answer("ok")) as upstream:
        send(upstream.url)
        with promptecho.use_cassette(path):
            send(upstream.url)
    assert upstream.calls[0] == upstream.calls[1]
    assert recordings(path)[0].request.body == {"a": 1}
    with promptecho.use_cassette(path, mode="none"):
        assert send(upstream.url) == b'"ok"'


def test_a_response_that_nobody_asked_for_is_the_library_s_error(path: Path) -> None:
    with promptecho.use_cassette(path, mode="none"), connect("http://x") as connection:
        connection.connect()
        with pytest.raises(http.client.ResponseNotReady):
            connection.getresponse()
        connection.putrequest("GET", "/")
        with pytest.raises(http.client.CannotSendRequest):
            connection.putrequest("GET", "/")


def test_a_connection_is_of_use_after_a_miss(upstream: Upstream, path: Path) -> None:
    with connect(upstream.url) as connection:
        post_http_client(connection, "before")
        with pytest.raises(promptecho.CassetteMiss):
            with promptecho.use_cassette(path, mode="none"):
                try:
                    post_http_client(connection, "missing")
                finally:
                    with pytest.raises(promptecho.CassetteMiss):
                        post_http_client(connection, "missing, too")
        assert post_http_client(connection, "after") == "after"
    assert len(upstream.calls) == 2


def test_an_error_answer_is_refused_when_that_is_asked_for(path: Path) -> None:
    answer = json_answer({"error": "no"}, status=400)._replace(gzip=True)
    with Upstream([answer]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse, match=re.escape('{"error":"no"}')):
            with promptecho.use_cassette(path, on_record_error="raise"):
                post(upstream.url)
    assert not path.exists()


def test_threads_get_each_their_own_answer(path: Path) -> None:
    numbers = [str(number) for number in range(200)]

    def story(url: str) -> list[str]:
        def once(number: str) -> str:
            with connect(url) as connection:
                return post_http_client(connection, number)

        with ThreadPoolExecutor(16) as threads:
            return list(threads.map(once, numbers))

    assert record_and_replay(echo, path, story) == numbers
    assert sorted(prompts(path), key=int) == numbers


def test_recordings_stand_in_the_order_in_which_their_requests_started(path: Path) -> None:
    first_came, second_done = threading.Event(), threading.Event()

    def script(call: Call) -> Answer:
        if call.json["messages"][-1]["content"] == "first":
            first_came.set()
            assert second_done.wait(60)
        return echo(call)

    def once(url: str, prompt: str) -> str:
        with connect(url) as connection:
            return post_http_client(connection, prompt)

    with Upstream(script) as upstream, promptecho.use_cassette(path):
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(once, upstream.url, "first")
            assert first_came.wait(60)
            once(upstream.url, "second")
            second_done.set()
            first.result()
    assert prompts(path) == ["first", "second"]


def test_a_change_of_protocol_is_handed_on_and_not_recorded(path: Path) -> None:
    answer = Answer((), 101, (("upgrade", "websocket"), ("connection", "upgrade")))
    with Upstream([answer]) as upstream, promptecho.use_cassette(path) as cassette:
        with connect(upstream.url) as connection:
            connection.request("GET", "/socket", headers={"upgrade": "websocket"})
            assert connection.getresponse().status == 101
            assert connection.sock.getpeername() == upstream.address
    assert cassette.recorded == []


# Reading


def into_a_buffer(response: Any) -> bytes:
    buffer, told = bytearray(7), b""
    while size := response.readinto(buffer):
        told += buffer[:size]
    return told


READERS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read in pieces": lambda response: b"".join(iter(lambda: response.read(5), b"")),
    "read1": lambda response: b"".join(iter(lambda: response.read1(5), b"")),
    "readinto": into_a_buffer,
    "readline": lambda response: b"".join(iter(response.readline, b"")),
    "read at once": lambda response: response.read(1_000_000),
    "peek": lambda response: response.peek(3)[:3] + response.read()[3:],
    "iterated": lambda response: b"".join(response),
    "text": lambda response: io.TextIOWrapper(response).read().encode(),
}
ANSWERS = {
    "stream": sse_answer(*EVENTS),
    "sized": json_answer({"a": list(range(50))}),
    "empty": Answer((b"",)),
    "large": Answer((b"x" * 100_000, b"y" * 100_000), headers=()),
    "until the end": Answer((b"a" * 20_000,), headers=(("connection", "close"),)),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("reader", READERS)
def test_a_body_can_be_read_in_every_way(path: Path, reader: str, kind: str) -> None:
    if (reader, kind) == ("peek", "empty"):
        pytest.skip("http.client waits for what comes after the body")

    def story(url: str) -> Any:
        with connect(url) as connection:
            connection.request("POST", "/", STREAM, JSON)
            with connection.getresponse() as response:
                told = READERS[reader](response)
        return told

    assert record_and_replay([ANSWERS[kind]], path, story) == ANSWERS[kind].body
    assert not only(path).truncated


@pytest.mark.parametrize("reader", READERS)
def test_a_body_that_ends_with_the_connection_is_whole(path: Path, reader: str) -> None:
    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nfirst\n")
            client.sendall(b"last")

    def story(url: str) -> Any:
        with connect(url) as connection:
            connection.request("GET", "/")
            with connection.getresponse() as response:
                return READERS[reader](response)

    with socket.create_server(("127.0.0.1", 0)) as listener, promptecho.use_cassette(path):
        thread = threading.Thread(target=serve)
        thread.start()
        told = story("http://{}:{}".format(*listener.getsockname()))
        thread.join()
    with promptecho.use_cassette(path, mode="none"):
        assert story("http://x") == told == b"first\nlast"
    assert not only(path).truncated


def test_an_event_is_handed_on_while_the_upstream_still_sends(path: Path) -> None:
    came = threading.Event()
    with Upstream([sse_answer(*EVENTS, gate=came)]) as upstream, promptecho.use_cassette(path):
        with post(upstream.url, STREAM) as response:
            assert response.readline() == b"data: 1\n"
            came.set()
            assert response.read().endswith(b"data: [DONE]\n\n")


def test_one_event_is_one_chunk_on_replay(path: Path) -> None:
    def story(url: str) -> list[bytes]:
        with post(url, STREAM) as response:
            return list(iter(response.read1, b""))

    assert record_and_replay([sse_answer(*EVENTS)], path, story) == [
        f"{e}\n\n".encode() for e in EVENTS
    ]


def assert_ends_with_an_error(path: Path, *events: bytes) -> None:
    assert only(path).truncated
    with promptecho.use_cassette(path, mode="none"), post("http://x", STREAM) as response:
        assert [response.read1() for _ in events] == [*events]
        with pytest.raises(ConnectionError) as caught:
            response.read1()
    assert str(caught.value) == CUT


@READS_PAST_THE_END
def test_a_client_that_leaves_early_leaves_a_truncated_recording(path: Path) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path), post(upstream.url, STREAM) as response:
            assert response.read1() == b"data: 1\n\n"
        left.set()
    assert_ends_with_an_error(path, b"data: 1\n\n")


@RECORDS_FAILURES
def test_an_upstream_that_breaks_off_leaves_a_truncated_recording(path: Path) -> None:
    with Upstream([sse_answer("data: 1", "data: 2", cut=True)]) as upstream:
        with promptecho.use_cassette(path), post(upstream.url, STREAM) as response:
            assert [response.read1(), response.read1()] == [b"data: 1\n\n", b"data: 2\n\n"]
            with pytest.raises(http.client.IncompleteRead):
                response.read1()
    assert only(path).truncated
    with promptecho.use_cassette(path, mode="none"), post("http://x", STREAM) as response:
        assert [response.read1(), response.read1()] == [b"data: 1\n\n", b"data: 2\n\n"]
        with pytest.raises(http.client.IncompleteRead):
            response.read1()


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 204), ("HEAD", 200), ("HEAD", 201), ("POST", 205)]
)
def test_an_answer_without_a_body_has_none(path: Path, method: str, status: int) -> None:
    def story(url: str) -> Any:
        with connect(url) as connection:
            connection.request(method, "/")
            response = connection.getresponse()
            return response.status, response.getheader("etag"), response.read()

    body = b"x" * 100 if method == "HEAD" else b""
    assert record_and_replay([Answer((body,), status, (("etag", '"1"'),))], path, story)[1:] == (
        '"1"',
        b"",
    )


# urllib.request


def test_urlopen_is_seen(path: Path) -> None:
    def story(url: str) -> Any:
        with urllib.request.urlopen(url + "/v1/models?alt=sse", timeout=60) as response:
            return response.status, response.headers["x-a"], response.reason, response.read()

    told = record_and_replay([json_answer([], ("x-a", "ö"))], path, story)
    assert told == (200, "ö", "OK", b"[]")


def test_an_error_answer_is_the_same_exception(path: Path) -> None:
    def story(url: str) -> Any:
        with pytest.raises(urllib.error.HTTPError) as caught:
            post(url)
        with caught.value as error:
            return error.code, error.reason, error.headers["retry-after"], error.read()

    answer = json_answer({"error": "slow down"}, ("retry-after", "1"), status=429)
    expected = (429, "Too Many Requests", "1", b'{"error":"slow down"}')
    assert record_and_replay([answer], path, story) == expected


@RECORDS_FAILURES
def test_a_server_that_nobody_has_started_is_the_same_exception(path: Path) -> None:
    def story() -> Any:
        with pytest.raises(urllib.error.URLError) as caught:
            post(upstream.url)
        return type(caught.value), type(caught.value.reason)

    with Upstream([]) as upstream:
        pass
    alone = story()
    with promptecho.use_cassette(path) as cassette:
        assert story() == alone == (urllib.error.URLError, ConnectionRefusedError)
    assert kinds(cassette) == ["connect"]


@RECORDS_FAILURES
def test_a_server_that_hangs_up_is_the_same_exception(path: Path) -> None:
    def hang_up() -> None:
        for _ in range(2):
            client, _ = listener.accept()
            with client, client.makefile("rb") as file:
                file.readline()
                headers = http.client.parse_headers(file)
                file.read(int(headers["content-length"]))  # or it would be reset

    def story() -> Any:
        with pytest.raises(http.client.RemoteDisconnected) as caught:
            post("http://{}:{}".format(*listener.getsockname()))
        return type(caught.value)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up)
        thread.start()
        alone = story()
        with promptecho.use_cassette(path) as cassette:
            assert story() == alone
        thread.join()
    assert kinds(cassette) == ["closed"]


@RECORDS_FAILURES
def test_a_timeout_is_the_same_exception(path: Path) -> None:
    never = threading.Event()

    def script(_: Call) -> Answer:
        never.wait(10)
        return json_answer(1)

    def story(url: str) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with pytest.raises(OSError, match="timed out") as caught:
            opener.open(url, timeout=0.05)
        return type(caught.value)

    with Upstream(script) as upstream:
        alone = story(upstream.url)
        with promptecho.use_cassette(path) as cassette:
            assert story(upstream.url) == alone
        never.set()
    assert kinds(cassette) == ["read-timeout"]


def test_each_hop_of_a_redirect_is_recorded_and_replayed(path: Path) -> None:
    def script(call: Call) -> Answer:
        if call.path == "/old":
            return Answer((b"moved",), 302, (("location", "/new"),))
        return json_answer(call.path)

    def story(url: str) -> Any:
        with urllib.request.urlopen(url + "/old", timeout=60) as response:
            return response.geturl().replace(url, ""), response.read()

    assert record_and_replay(script, path, story) == ("/new", b'"/new"')
    assert [each.response.status for each in recordings(path)] == [302, 200]


def test_a_miss_is_raised_in_place(upstream: Upstream, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            post(upstream.url)
    assert upstream.calls == []


def test_a_host_that_is_passed_through_is_called_and_not_recorded(
    upstream: Upstream, path: Path
) -> None:
    with promptecho.use_cassette(path, mode="none", passthrough=["127.0.0.1"]) as cassette:
        with connect(upstream.url) as connection:
            assert [
                post_http_client(connection, "through"),
                post_http_client(connection, "again"),
            ] == ["through", "again"]
    assert (len(upstream.calls), cassette.sent) == (2, [])


def test_a_subclass_that_connects_in_its_own_way_is_seen(path: Path) -> None:
    connected: list[str] = []

    class Own(http.client.HTTPConnection):
        def connect(self) -> None:
            connected.append(self.host)
            super().connect()

    def story(url: str) -> str:
        with closing(Own(url[len("http://") :])) as connection:
            return post_http_client(connection, "hello")

    assert record_and_replay(echo, path, story) == "hello"
    assert connected == ["127.0.0.1"]


def test_a_blocked_network_is_not_reached_by_a_kept_connection(upstream: Upstream) -> None:
    with connect(upstream.url) as connection:
        post_http_client(connection, "before")
        with pytest.raises(promptecho.NetworkBlocked):
            with promptecho.block_network():
                post_http_client(connection, "blocked")
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            post(upstream.url)
    assert len(upstream.calls) == 1


# TLS and proxies


@pytest.fixture
def secure() -> Iterator[SecureUpstream]:
    with SecureUpstream(echo) as upstream:
        yield upstream


def test_a_call_by_tls_is_recorded_and_replayed_without_a_connection(
    secure: SecureUpstream, path: Path
) -> None:
    def story() -> str:
        host = "{}:{}".format(*secure.address)
        context = tls(ssl.PROTOCOL_TLS_CLIENT)
        with closing(http.client.HTTPSConnection(host, context=context)) as connection:
            return post_http_client(connection, "hello")

    with promptecho.use_cassette(path):
        assert story() == "hello"
    secure.close()
    with promptecho.use_cassette(path, mode="none"):
        assert story() == "hello"
    assert recordings(path)[0].request.url == secure.url + CHAT


def test_a_tunnel_is_dug_for_a_live_call_only(secure: SecureUpstream, path: Path) -> None:
    def story(proxy: Proxy) -> bytes:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": proxy.url}),
            urllib.request.HTTPSHandler(context=tls(ssl.PROTOCOL_TLS_CLIENT)),
        )
        body = json.dumps(question("hello")).encode()
        request = urllib.request.Request("https://api.example.com" + CHAT, body, JSON)
        with opener.open(request, timeout=60) as response:
            return bytes(response.read())

    with Proxy(secure.address) as proxy:
        with promptecho.use_cassette(path):
            told = story(proxy)
        assert [line.rpartition(" ")[0] for line in proxy.asked] == ["CONNECT api.example.com:443"]
        with promptecho.use_cassette(path, mode="none"):
            assert story(proxy) == told
        assert len(proxy.asked) == 1
    assert recordings(path)[0].request.url == "https://api.example.com" + CHAT


def test_a_proxy_for_plain_calls_is_asked_for_a_live_call_only(path: Path) -> None:
    def story(url: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": url}))
        with opener.open("http://api.example.com/v1/models", timeout=60) as response:
            return bytes(response.read())

    assert record_and_replay([json_answer([])], path, story) == b"[]"
    assert recordings(path)[0].request.url == "http://api.example.com/v1/models"
