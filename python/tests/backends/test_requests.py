"""requests: what a session makes of a call is the same from the upstream and from the cassette."""

from __future__ import annotations

import io
import json
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from promptecho._intercept.live_bodies import CUT
from support.clients import CHAT, post_requests, question, reply
from support.failing import READS_PAST_THE_END, RECORDS_FAILURES, kinds
from support.paths import TESTS
from support.record_replay import only, prompts, record_and_replay, recordings
from support.tls_and_proxy import Proxy, SecureUpstream, tls
from support.upstream import Answer, Call, Upstream, echo, json_answer, sse_answer

requests = pytest.importorskip("requests", reason="requests is not installed here")
urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")
IS_OLD = urllib3.__version__.startswith("1.")
HTTPAdapter = requests.adapters.HTTPAdapter

EVENTS = ("data: 1", "data: 2", "data: [DONE]")


def new_session(adapter: Any = None) -> Any:
    session = requests.Session()
    session.trust_env = False
    if adapter is not None:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
    return session


@pytest.fixture
def session() -> Iterator[Any]:
    with new_session() as session:
        yield session


def stream(session: Any, url: str) -> Any:
    return session.post(url + "/v1/x", json={"stream": True}, stream=True)


# Who calls


def test_a_session_made_before_the_cassette_is_seen(
    session: Any, upstream: Upstream, path: Path
) -> None:
    post_requests(session, upstream.url, "before, so that a connection is kept alive")
    with promptecho.use_cassette(path):
        assert post_requests(session, upstream.url, "hello") == "hello"
    assert post_requests(session, upstream.url, "after") == "after"
    upstream.close()
    with promptecho.use_cassette(path, mode="none"):
        assert post_requests(session, upstream.url, "hello") == "hello"
    assert prompts(path) == ["hello"]


def test_a_connection_made_in_a_replay_connects_after_it(
    session: Any, upstream: Upstream, path: Path
) -> None:
    with promptecho.use_cassette(path), new_session() as other:
        post_requests(other, upstream.url, "hello")
    with promptecho.use_cassette(path, mode="none"):
        assert post_requests(session, upstream.url, "hello") == "hello"
    assert post_requests(session, upstream.url, "after") == "after"


def test_functions_without_a_session_are_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    story = record_and_replay(echo, path, lambda url: post_requests(requests, url, "hello"))
    assert story == "hello"


def test_a_library_imported_after_the_cassette_was_opened_is_seen(path: Path) -> None:
    story = f"""
        import sys
        import promptecho
        from support.upstream import Upstream, json_answer

        with Upstream([json_answer(1)] * 3) as upstream:
            with promptecho.use_cassette({str(path)!r}) as cassette:
                assert not {{"requests", "urllib3", "urllib.request"}} & set(sys.modules)
                import requests
                import urllib.request
                import urllib3
                session = requests.Session()
                session.trust_env = False
                session.get(upstream.url + "/requests")
                urllib3.PoolManager().request("GET", upstream.url + "/urllib3").release_conn()
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
                opener.open(upstream.url + "/urllib").close()
            session.close()
        paths = [each.request.url.rpartition("/")[2] for each in cassette.recorded]
        assert paths == ["requests", "urllib3", "urllib"], paths
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(story)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_threads_get_each_their_own_answer(path: Path) -> None:
    numbers = [str(number) for number in range(200)]

    def story(url: str) -> list[str]:
        adapter = HTTPAdapter(pool_maxsize=16, pool_block=True)
        with new_session(adapter) as session, ThreadPoolExecutor(16) as threads:
            return list(threads.map(lambda number: post_requests(session, url, number), numbers))

    assert record_and_replay(echo, path, story) == numbers
    assert sorted(prompts(path), key=int) == numbers


# Responses


def test_a_replayed_response_is_a_whole_response(session: Any, path: Path) -> None:
    answer = json_answer({"ok": "ö"}, ("x-a", "1"), ("warning", "one"), ("warning", "two"))

    def story(url: str) -> list[Any]:
        response = session.post(url + "/v1/x", json={"a": "ö"}, params={"alt": "sse"})
        assert response.elapsed > timedelta(0)
        assert response.url == url + "/v1/x?alt=sse"
        assert json.loads(response.request.body) == {"a": "ö"}
        return [
            response.status_code,
            response.reason,
            response.ok,
            response.encoding,
            response.headers["X-A"],
            response.headers["warning"],
            response.headers["content-length"],
            response.text,
            response.json(),
            response.history,
            response.is_redirect,
        ]

    told = record_and_replay([answer], path, story)
    assert told[:8] == [200, "OK", True, "utf-8", "1", "one, two", "11", '{"ok":"ö"}']


def test_cookies_of_an_answer_are_set_and_not_stored(session: Any, path: Path) -> None:
    answer = json_answer({}, ("set-cookie", "a=one; path=/"), ("set-cookie", "b=two; path=/"))
    with Upstream([answer]) as upstream, promptecho.use_cassette(path):
        assert dict(session.get(upstream.url).cookies) == {"a": "one", "b": "two"}
    with promptecho.use_cassette(path, mode="none"), new_session() as other:
        response = other.get(upstream.url)
        assert "set-cookie" in response.headers
        assert "one" not in str(response.cookies)


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 204), ("GET", 304), ("HEAD", 200), ("HEAD", 404)]
)
def test_an_answer_without_a_body_has_none(
    session: Any, path: Path, method: str, status: int
) -> None:
    def story(url: str) -> list[Any]:
        response = session.request(method, url)
        return [response.status_code, response.headers["etag"], response.content]

    body = b"x" * 100 if method == "HEAD" else b""
    answer = Answer((body,), status, (("etag", '"1"'),))
    assert record_and_replay([answer], path, story) == [status, '"1"', b""]


def test_an_error_answer_is_the_same_exception(session: Any, path: Path) -> None:
    def story(url: str) -> str:
        with pytest.raises(requests.HTTPError) as caught:
            session.get(url + "/v1/x").raise_for_status()
        return str(caught.value)

    answer = json_answer({"error": "slow down"}, status=429)
    assert record_and_replay([answer], path, story).startswith(
        "429 Client Error: Too Many Requests"
    )


READERS: dict[str, Callable[[Any], Any]] = {
    "content": lambda response: response.content,
    "iter_content": lambda response: b"".join(response.iter_content()),
    "iter_content of 5": lambda response: b"".join(response.iter_content(5)),
    "iter_content as it comes": lambda response: b"".join(response.iter_content(None)),
    "iter_lines": lambda response: list(response.iter_lines()),
    "iter_lines of 1": lambda response: list(response.iter_lines(chunk_size=1)),
    "iterated": lambda response: b"".join(response),
    "raw.read": lambda response: response.raw.read(decode_content=True),
    "raw.read in pieces": lambda response: b"".join(
        iter(lambda: response.raw.read(100, decode_content=True), b"")
    ),
    "raw.stream": lambda response: b"".join(response.raw.stream(decode_content=True)),
}
ANSWERS = {
    "stream": sse_answer(*EVENTS),
    "packed stream": sse_answer(*EVENTS, gzip=True),
    "sized": json_answer({"a": list(range(50))}),
    "packed": json_answer({"a": list(range(50))})._replace(gzip=True),
}


@pytest.fixture
def whole() -> None:
    """Before 2.0.2, urllib3 loses the end of a packed body that is streamed in pieces."""
    if urllib3.__version__ in ("2.0.0", "2.0.1"):
        pytest.skip("this urllib3 loses the end of a packed body")


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("reader", READERS)
def test_a_body_can_be_read_in_every_way(path: Path, reader: str, kind: str) -> None:
    def story(url: str) -> Any:
        with new_session() as session, stream(session, url) as response:
            return READERS[reader](response)

    told = record_and_replay([ANSWERS[kind]], path, story)
    whole = ANSWERS[kind].body
    assert told == (whole.splitlines() if "lines" in reader else whole)
    assert not only(path).truncated


def test_an_event_is_handed_on_while_the_upstream_still_sends(session: Any, path: Path) -> None:
    came = threading.Event()
    with Upstream([sse_answer(*EVENTS, gate=came)]) as upstream, promptecho.use_cassette(path):
        chunks = stream(session, upstream.url).iter_content(None)
        assert next(chunks) == b"data: 1\n\n"
        came.set()
        assert b"".join(chunks) == b"data: 2\n\ndata: [DONE]\n\n"


def test_one_event_is_one_chunk_on_replay(session: Any, path: Path) -> None:
    def story(url: str) -> list[bytes]:
        return list(stream(session, url).iter_content(None))

    assert record_and_replay([sse_answer(*EVENTS)], path, story) == [
        f"{e}\n\n".encode() for e in EVENTS
    ]


# Breaking off


def assert_ends_with_an_error(
    path: Path, *events: bytes, adapter: Any = None, text: str = CUT
) -> None:
    assert only(path).truncated
    with promptecho.use_cassette(path, mode="none"), new_session(adapter) as session:
        chunks = stream(session, "http://x").iter_content(None)
        assert [next(chunks) for _ in events] == [*events]
        with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
            next(chunks)
    assert text in str(caught.value)


def test_a_client_that_leaves_early_leaves_a_truncated_recording(path: Path) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path), new_session() as session:
            with stream(session, upstream.url) as response:
                assert next(response.iter_lines(chunk_size=1)) == b"data: 1"
        left.set()
    assert only(path).truncated


@RECORDS_FAILURES
def test_an_upstream_that_breaks_off_leaves_a_truncated_recording(session: Any, path: Path) -> None:
    with Upstream([sse_answer("data: 1", "data: 2", cut=True)]) as upstream:
        with promptecho.use_cassette(path):
            chunks = stream(session, upstream.url).iter_content(None)
            assert [next(chunks), next(chunks)] == [b"data: 1\n\n", b"data: 2\n\n"]
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                next(chunks)
    assert_ends_with_an_error(
        path,
        b"data: 1\n\n",
        b"data: 2\n\n",
        text="Connection broken" if IS_OLD else "ended prematurely",
    )


def test_an_answer_that_breaks_off_is_an_error_both_times(session: Any, path: Path) -> None:
    def story(url: str) -> str:
        with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
            session.post(url, json={"stream": True})
        return type(caught.value).__name__

    record_and_replay([sse_answer("data: 1", "data: 2", cut=True)], path, story)


# Bodies


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "json": lambda: {"json": {"a": 1}},
    "bytes": lambda: {"data": b'{"a":1}', "headers": JSON},
    "str": lambda: {"data": '{"a":"x"}', "headers": JSON},
    "bytearray": lambda: {"data": bytearray(b'{"a":1}'), "headers": JSON},
    "form": lambda: {"data": {"grant_type": "refresh_token", "scope": "a b"}},
    "file": lambda: {"data": io.BytesIO(b'{"a":1}'), "headers": JSON},
    "file from its middle": lambda: {"data": _in_the_middle(), "headers": JSON},
    "iterator": lambda: {"data": iter([b'{"a"', b":1}"]), "headers": JSON},
    "nothing": dict,
}
JSON = {"content-type": "application/json"}


def _in_the_middle() -> io.BytesIO:
    file = io.BytesIO(b'skip{"a":1}')
    file.seek(4)
    return file


@pytest.mark.parametrize("is_custom", [False, True])
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_of_any_kind_is_sent_and_matched_as_it_is(
    path: Path, kind: str, is_custom: bool
) -> None:
    def send(url: str) -> bytes:
        with new_session(Timing() if is_custom else None) as session:
            return bytes(session.post(url, **BODIES[kind]()).content)

    with Upstream(lambda _: json_answer("ok")) as upstream:
        send(upstream.url)
        with promptecho.use_cassette(path):
            send(upstream.url)
    assert upstream.calls[0] == upstream.calls[1]
    with promptecho.use_cassette(path, mode="none"):
        assert send(upstream.url) == b'"ok"'


def test_an_upload_is_matched_by_its_parts_not_by_its_boundary(session: Any, path: Path) -> None:
    def story(url: str) -> Any:
        files = {"file": ("a.jsonl", b'{"a": 1}\n', "application/jsonl")}
        return session.post(url + "/v1/files", data={"purpose": "batch"}, files=files).json()

    assert record_and_replay([json_answer({"id": "file-1"})], path, story) == {"id": "file-1"}


# What a session makes of one call


def redirecting(call: Call) -> Answer:
    if call.path == "/old":
        return Answer((b"moved",), 307, (("location", "/new"), ("set-cookie", "a=1; path=/")))
    if call.path == "/new":
        return Answer((b"",), 303, (("location", "/last?alt=sse"),))
    return json_answer({"path": call.path, "method": call.method})


@pytest.mark.parametrize("is_custom", [False, True])
@pytest.mark.parametrize("body", [lambda: b"{}", lambda: io.BytesIO(b"{}"), lambda: None])
def test_each_hop_of_a_redirect_is_recorded_and_replayed(
    path: Path, body: Callable[[], Any], is_custom: bool
) -> None:
    def story(url: str) -> Any:
        with new_session(Timing() if is_custom else None) as session:
            response = session.post(url + "/old", data=body(), headers=JSON)
            return response.json(), [each.status_code for each in response.history]

    told = record_and_replay(redirecting, path, story)
    assert told == ({"path": "/last?alt=sse", "method": "GET"}, [307, 303])


def test_each_attempt_of_a_retry_is_recorded_and_replayed_in_order(path: Path) -> None:
    def story(url: str) -> Any:
        retries = urllib3.Retry(5, status_forcelist=[503], backoff_factor=0, allowed_methods=None)
        with new_session(HTTPAdapter(max_retries=retries)) as session:
            return session.post(url, json={}).json()

    script = [json_answer(1, status=503), json_answer(2, status=503), json_answer(3)]
    assert record_and_replay(script, path, story) == 3
    assert [each.response.status for each in recordings(path)] == [503, 503, 200]


@RECORDS_FAILURES
def test_a_timeout_is_the_client_s(session: Any, path: Path) -> None:
    never = threading.Event()

    def script(_: Call) -> Answer:
        never.wait(10)
        return json_answer(1)

    with Upstream(script) as upstream, promptecho.use_cassette(path) as cassette:
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(upstream.url, timeout=0.05)
        never.set()
    assert kinds(cassette) == ["read-timeout"]


def test_hooks_see_a_replayed_response(session: Any, path: Path) -> None:
    def story(url: str) -> list[int]:
        seen: list[int] = []
        hooks = {"response": lambda response, **_: seen.append(response.status_code)}
        session.get(url, hooks=hooks)
        return seen

    assert record_and_replay([json_answer(1)], path, story) == [200]


# Misses and refusals


@pytest.mark.parametrize("adapter", ["plain", "custom", "retrying"])
def test_a_miss_is_raised_in_place_and_nothing_is_called(
    upstream: Upstream, path: Path, adapter: str
) -> None:
    adapters = {"plain": HTTPAdapter(), "custom": Timing(), "retrying": HTTPAdapter(max_retries=3)}
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"), new_session(adapters[adapter]) as session:
            post_requests(session, upstream.url, "hello")
    assert upstream.calls == []


@pytest.mark.parametrize("is_custom", [False, True])
def test_an_error_answer_is_refused_when_that_is_asked_for(path: Path, is_custom: bool) -> None:
    answer = json_answer({"error": "no"}, status=400)._replace(gzip=True)
    with Upstream([answer]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse) as caught:
            with promptecho.use_cassette(path, on_record_error="raise"):
                with new_session(Timing() if is_custom else None) as session:
                    session.post(upstream.url, json={})
    assert '{"error":"no"}' in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize("is_custom", [False, True])
def test_a_host_that_is_passed_through_is_called_and_not_recorded(
    upstream: Upstream, path: Path, is_custom: bool
) -> None:
    with promptecho.use_cassette(path, mode="none", passthrough=["127.0.0.1"]) as cassette:
        with new_session(Timing() if is_custom else None) as session:
            assert post_requests(session, upstream.url, "through") == "through"
    assert (len(upstream.calls), cassette.sent) == (1, [])


@pytest.mark.parametrize("is_custom", [False, True])
def test_a_blocked_network_is_not_reached(upstream: Upstream, is_custom: bool) -> None:
    with new_session(Timing() if is_custom else None) as session:
        post_requests(session, upstream.url, "before")
        with pytest.raises(promptecho.NetworkBlocked):
            with promptecho.block_network():
                post_requests(session, upstream.url, "blocked")
    assert len(upstream.calls) == 1


# TLS and proxies


class Anonymous(HTTPAdapter):  # type: ignore[misc,name-defined]
    """Speaks TLS with nobody known; it sends as every `HTTPAdapter` does."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls(ssl.PROTOCOL_TLS_CLIENT), **more)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        context = tls(ssl.PROTOCOL_TLS_CLIENT)
        return super().proxy_manager_for(proxy, ssl_context=context, **more)


def test_unverified_tls_is_warned_of_when_it_is_live_only(path: Path) -> None:
    def story(url: str) -> str:
        with new_session(Anonymous()) as session:
            session.verify = False
            return post_requests(session, url, "hello")

    with SecureUpstream(echo) as upstream, promptecho.use_cassette(path):
        with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
            assert story(upstream.url) == "hello"
    with promptecho.use_cassette(path, mode="none"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert story(upstream.url) == "hello"


def test_a_tunnel_is_dug_for_a_live_call_only(path: Path) -> None:
    def story(proxy: str) -> str:
        with new_session(Anonymous()) as session:
            session.verify = False
            session.proxies = {"https": proxy}
            return post_requests(session, "https://api.example.com", "hello")

    with SecureUpstream(echo) as upstream, Proxy(upstream.address) as proxy:
        with promptecho.use_cassette(path):
            with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
                assert story(proxy.url) == "hello"
        with promptecho.use_cassette(path, mode="none"):
            assert story(proxy.url) == "hello"
        assert [line.rpartition(" ")[0] for line in proxy.asked] == ["CONNECT api.example.com:443"]
    assert recordings(path)[0].request.url == "https://api.example.com" + CHAT


def test_a_proxy_for_plain_calls_is_asked_for_a_live_call_only(path: Path) -> None:
    def story(proxy: str) -> str:
        with new_session() as session:
            session.proxies = {"http": proxy}
            return post_requests(session, "http://api.example.com", "hello")

    assert record_and_replay(echo, path, story) == "hello"
    assert recordings(path)[0].request.url == "http://api.example.com" + CHAT


def test_https_needs_no_connection_in_mode_none(session: Any, path: Path) -> None:
    with Upstream(echo) as upstream, promptecho.use_cassette(path):
        post_requests(session, upstream.url, "hello")
    with promptecho.block_network(), promptecho.use_cassette(path, mode="none"):
        assert post_requests(session, "https://api.example.com", "hello") == "hello"


# Adapters


class Timing(HTTPAdapter):  # type: ignore[misc,name-defined]
    """An adapter of the kind that sets a timeout, and marks what it sends."""

    calls = 0

    def send(self, request: Any, **options: Any) -> Any:
        self.calls += 1
        options["timeout"] = options.get("timeout") or 10
        request.headers["x-marked"] = "yes"
        response = super().send(request, **options)
        response.headers["x-seen-by"] = "the adapter"
        return response


def test_an_adapter_around_the_usual_one_is_recorded_once_with_what_it_returned(
    path: Path,
) -> None:
    adapter = Timing()

    def story(url: str) -> Any:
        with new_session(adapter) as session:
            response = session.post(url + CHAT, json=question("hello"))
            return reply(response), response.headers["x-seen-by"], response.connection is adapter

    assert record_and_replay(echo, path, story) == ("hello", "the adapter", True)
    assert adapter.calls == 1


def test_the_attempts_of_an_adapter_that_tries_again_are_one_call(path: Path) -> None:
    class Retrying(Timing):
        def send(self, request: Any, **options: Any) -> Any:
            while True:
                response = super().send(request, **options)
                if response.status_code != 503:
                    return response
                response.close()

    script = [json_answer({}, status=503), json_answer("ok")]
    with Upstream(script) as upstream:
        with promptecho.use_cassette(path) as cassette, new_session(Retrying()) as session:
            assert session.post(upstream.url, json={}).json() == "ok"
    assert (len(upstream.calls), len(cassette.recorded)) == (2, 1)


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("reader", READERS)
def test_a_body_of_an_adapter_can_be_read_in_every_way(path: Path, reader: str, kind: str) -> None:
    def story(url: str) -> Any:
        with new_session(Timing()) as session, stream(session, url) as response:
            return READERS[reader](response)

    told = record_and_replay([ANSWERS[kind]], path, story)
    whole = ANSWERS[kind].body
    assert told == (whole.splitlines() if "lines" in reader else whole)
    assert not only(path).truncated


@READS_PAST_THE_END
def test_an_adapter_s_stream_that_is_left_early_is_truncated(path: Path) -> None:
    left = threading.Event()
    with Upstream([sse_answer("data: 1", "data: 2", gate=left)]) as upstream:
        with promptecho.use_cassette(path), new_session(Timing()) as session:
            with stream(session, upstream.url) as response:
                assert next(response.iter_content(None)) == b"data: 1\n\n"
        left.set()
    assert_ends_with_an_error(path, b"data: 1\n\n", adapter=Timing())


class ByItself(requests.adapters.BaseAdapter):  # type: ignore[misc,name-defined]
    """An adapter that needs nobody to reach the network, and makes its responses in its own way."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.called: list[str] = []

    def send(self, request: Any, **options: Any) -> Any:
        self.called.append(request.url)
        data = (b'{"said":', b'"hello"}')
        headers = {"content-type": "application/json", "x-a": "1"}
        if self.kind == "urllib3":
            raw = urllib3.HTTPResponse(
                io.BytesIO(b"".join(data)), headers, 200, preload_content=False
            )
            return HTTPAdapter().build_response(request, raw)
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.headers.update(headers)
        if self.kind == "bytes":
            response._content = b"".join(data)
        elif self.kind == "file":
            response.raw = io.BytesIO(b"".join(data))
        elif self.kind == "stream":
            response.raw = Streaming(data)
        return response

    def close(self) -> None:
        """Nothing is open."""


class Streaming:
    """A file that has a `stream`, as urllib3's responses have, and is none of them."""

    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = chunks

    def stream(self, size: int, decode_content: bool) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["urllib3", "bytes", "file", "stream"])
def test_an_adapter_that_reaches_the_network_by_itself_is_seen(
    path: Path, kind: str, stream: bool
) -> None:
    adapter = ByItself(kind)

    def story() -> Any:
        with new_session(adapter) as session:
            response = session.get("https://api.example.com/v1/x", stream=stream)
            assert response.ok
            return response.status_code, response.json(), response.headers["x-a"]

    with promptecho.use_cassette(path):
        first = story()
    with promptecho.use_cassette(path, mode="none"):
        assert story() == first == (200, {"said": "hello"}, "1")
    assert len(adapter.called) == 1
    assert only(path).body.value == {"said": "hello"}
    assert not only(path).truncated


def test_in_mode_none_no_adapter_is_ever_asked(path: Path) -> None:
    adapter = ByItself("bytes")
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"), new_session(adapter) as session:
            session.get("https://api.example.com/v1/x")
    assert adapter.called == []


def test_an_adapter_that_a_session_names_is_the_caller_s(path: Path) -> None:
    with promptecho.use_cassette(path, mode="none"), new_session(Timing()) as session:
        assert session.get_adapter("http://x").max_retries.total == 0


def test_addresses_that_are_not_of_http_are_left_alone(path: Path) -> None:
    adapter = ByItself("bytes")
    with promptecho.use_cassette(path, mode="none") as cassette, new_session() as session:
        session.mount("mock://", adapter)
        assert session.get("mock://x").json() == {"said": "hello"}
    assert cassette.sent == []


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no socket files")
def test_http_over_a_socket_file_is_let_through(tmp_path: Path, path: Path) -> None:
    class Connection(urllib3.connection.HTTPConnection):  # type: ignore[misc,name-defined]
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect("socket")

    class Pool(urllib3.HTTPConnectionPool):  # type: ignore[misc,name-defined]
        ConnectionCls = Connection

    class OverFile(HTTPAdapter):  # type: ignore[misc,name-defined]
        def get_connection(self, url: str, proxies: Any = None) -> Any:
            return Pool("localhost")

        def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
            return Pool("localhost")

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as listener:
        patch.chdir(tmp_path)  # a long name is none
        listener.bind("socket")
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        with promptecho.use_cassette(path, mode="none") as cassette, new_session() as session:
            session.mount("http+unix://", OverFile())
            with session.get("http+unix://socket/version") as response:
                assert response.text == "ok"
            response.raw.release_conn()
            response.raw._pool.close()
        thread.join()
    assert cassette.sent == []


def test_requests_mock_is_left_alone(upstream: Upstream, path: Path) -> None:
    requests_mock = pytest.importorskip("requests_mock", reason="requests_mock is not installed")
    with promptecho.use_cassette(path, mode="none") as cassette:
        adapter = requests_mock.Adapter()
        adapter.register_uri("GET", "http://x/", text="mounted")
        with new_session(adapter) as session:
            assert session.get("http://x/").text == "mounted"
        with requests_mock.Mocker() as mocker, new_session() as session:
            mocker.get("http://x/", text="mocked")
            assert session.get("http://x/").text == "mocked"
    assert cassette.sent == []
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            with requests_mock.Mocker(real_http=True), new_session() as session:
                post_requests(session, upstream.url, "hello")


def test_responses_is_left_alone(upstream: Upstream, path: Path) -> None:
    responses = pytest.importorskip("responses", reason="responses is not installed")
    with promptecho.use_cassette(path, mode="none") as cassette:
        with responses.RequestsMock() as mocked, new_session() as session:
            mocked.get("http://x/", body="mocked")
            assert session.get("http://x/").text == "mocked"
    assert cassette.sent == []
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            with responses.RequestsMock() as mocked, new_session() as session:
                mocked.add_passthru(upstream.url)
                post_requests(session, upstream.url, "hello")


# One library on another


def test_httpx_over_requests_is_recorded_once(http: Any, path: Path) -> None:
    class OverRequests(http.BaseTransport):  # type: ignore[misc,name-defined]
        def handle_request(self, request: Any) -> Any:
            with new_session() as session:
                url, body = str(request.url), request.read()
                got = session.request(request.method, url, data=body, headers=dict(request.headers))
            return http.Response(got.status_code, content=got.content)

    def story(url: str) -> str:
        with http.Client(transport=OverRequests(), timeout=60) as client:
            return reply(client.post(url + CHAT, json=question("hello")))

    assert record_and_replay(echo, path, story) == "hello"


def test_requests_over_httpx_is_recorded_once(http: Any, path: Path) -> None:
    class OverHttpx(ByItself):
        def send(self, request: Any, **options: Any) -> Any:
            with http.Client(trust_env=False, verify=False) as client:
                got = client.request(
                    request.method, request.url, content=request.body, headers=request.headers
                )
            response = requests.Response()
            response.status_code, response._content = got.status_code, got.content
            return response

    def story(url: str) -> str:
        with new_session(OverHttpx("")) as session:
            return post_requests(session, url, "hello")

    assert record_and_replay(echo, path, story) == "hello"
