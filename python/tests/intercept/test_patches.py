"""Which calls a cassette sees: every one that would reach the network, each of them once."""

from __future__ import annotations

import asyncio
import contextvars
import gzip
import json
import pickle
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from support.clients import CHAT, PLAIN, question, reply
from support.failing import RECORDS_FAILURES, kinds
from support.paths import TESTS
from support.record_replay import prompts, record_and_replay
from support.upstream import Answer, Call, Upstream, echo, json_answer, sse_answer

# Clients


def test_a_client_made_before_the_cassette_is_seen(
    http: Any, upstream: Upstream, path: Path
) -> None:
    with http.Client(base_url=upstream.url, **PLAIN) as client:
        assert reply(client.post(CHAT, json=question("before"))) == "before"
        with promptecho.use_cassette(path):
            client.post(CHAT, json=question("hello"))
        client.post(CHAT, json=question("after"))
        upstream.close()
        with promptecho.use_cassette(path, mode="none"):
            assert reply(client.post(CHAT, json=question("hello"))) == "hello"
    assert prompts(path) == ["hello"]


def test_an_async_client_made_before_the_cassette_is_seen(
    http: Any, run: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    async def story() -> None:
        async with http.AsyncClient(base_url=upstream.url, **PLAIN) as client:
            await client.post(CHAT, json=question("before"))
            async with promptecho.use_cassette(path):
                await client.post(CHAT, json=question("hello"))
            upstream.close()
            async with promptecho.use_cassette(path, mode="none"):
                assert reply(await client.post(CHAT, json=question("hello"))) == "hello"

    run(story)
    assert prompts(path) == ["hello"]


def test_a_client_made_in_the_cassette_is_free_again_after_it(
    http: Any, upstream: Upstream, path: Path
) -> None:
    with promptecho.use_cassette(path):
        client = http.Client(base_url=upstream.url, **PLAIN)
        client.post(CHAT, json=question("hello"))
    client.post(CHAT, json=question("after"))
    client.close()
    assert len(upstream.calls) == 2
    assert prompts(path) == ["hello"]


def test_functions_without_a_client_are_seen(
    http: Any, upstream: Upstream, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def story(url: str) -> list[Any]:
        posted = http.post(url + CHAT, json=question("posted"))
        with http.stream("POST", url + CHAT, json=question("streamed")) as response:
            response.read()
        return [reply(posted), reply(response)]

    assert record_and_replay(upstream, path, story) == ["posted", "streamed"]


def test_the_library_that_stands_in_for_another_is_patched_once(path: Path) -> None:
    httpx2 = pytest.importorskip("httpx2", reason="httpx2 is not installed here")
    if not hasattr(httpx2, "alias_httpx"):
        pytest.skip("this httpx2 has no alias")
    story = f"""
        import httpx2
        httpx2.alias_httpx()
        import httpx
        import promptecho
        from support.upstream import Upstream, json_answer

        assert httpx is httpx2
        with Upstream([json_answer(1)]) as upstream:
            with promptecho.use_cassette({str(path)!r}) as cassette:
                httpx.get(upstream.url, trust_env=False, timeout=60)
        assert len(cassette.recorded) == 1, cassette.recorded
        assert httpx.Client._transport_for_url.__module__ == "httpx2._client"
    """
    in_a_new_process(story)


def test_an_alias_made_while_a_cassette_is_open_is_seen(path: Path) -> None:
    httpx2 = pytest.importorskip("httpx2", reason="httpx2 is not installed here")
    if not hasattr(httpx2, "alias_httpx"):
        pytest.skip("this httpx2 has no alias")
    story = f"""
        import promptecho
        from support.upstream import Upstream, json_answer

        with Upstream([json_answer(1)]) as upstream:
            with promptecho.use_cassette({str(path)!r}) as cassette:
                import httpx2
                httpx2.alias_httpx()
                import httpx
                httpx.get(upstream.url, trust_env=False, timeout=60)
        assert len(cassette.recorded) == 1, cassette.recorded
    """
    in_a_new_process(story)


def test_a_library_imported_after_the_cassette_was_opened_is_seen(http: Any, path: Path) -> None:
    name = http.__name__
    story = f"""
        import sys
        import warnings
        import promptecho
        from support.upstream import Upstream, json_answer

        warnings.simplefilter("ignore", promptecho.PromptechoOwnServerWarning)
        with Upstream([json_answer(1), json_answer(2), json_answer(3)]) as upstream:
            with promptecho.use_cassette({str(path)!r}) as cassette:
                assert {name!r} not in sys.modules
                import {name}
                {name}.get(upstream.url, trust_env=False)
            assert len(cassette.recorded) == 1
            {name}.get(upstream.url, trust_env=False)
            with promptecho.use_cassette({str(path)!r}, mode="none"):
                assert {name}.get(upstream.url, trust_env=False).json() == 1
        assert len(upstream.calls) == 2
        assert {name}.__spec__.loader is {name}.__loader__
        assert type({name}.__loader__).__module__.startswith(("importlib", "_frozen_importlib"))
        finders = [type(each).__module__ for each in sys.meta_path]
        assert not [each for each in finders if each.startswith("promptecho._intercept")]
    """
    in_a_new_process(story)


def in_a_new_process(story: str) -> None:
    import textwrap

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(story)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


# Threads and loops


def test_a_thread_that_the_block_did_not_start_is_seen(
    http: Any, upstream: Upstream, path: Path
) -> None:
    opened, asked = threading.Event(), threading.Event()

    def ask() -> None:
        with http.Client(**PLAIN) as client:
            assert opened.wait(60)
            client.post(upstream.url + CHAT, json=question("from a thread"))
        asked.set()

    thread = threading.Thread(target=ask)
    thread.start()
    with promptecho.use_cassette(path):
        opened.set()
        assert asked.wait(60)
    thread.join()
    assert prompts(path) == ["from a thread"]


def test_a_loop_in_another_thread_is_seen(http: Any, upstream: Upstream, path: Path) -> None:
    async def ask() -> str:
        async with http.AsyncClient(**PLAIN) as client:
            return reply(await client.post(upstream.url + CHAT, json=question("from a loop")))

    def story(url: str) -> str:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, ask()).result()

    assert record_and_replay(upstream, path, story) == "from a loop"


COUNT = 200


def test_two_hundred_calls_of_a_thread_pool_are_each_answered_with_their_own(
    http: Any, upstream: Upstream, path: Path
) -> None:
    def story(url: str) -> list[str]:
        with http.Client(**PLAIN) as client, ThreadPoolExecutor(16) as pool:

            def ask(number: int) -> str:
                return reply(client.post(url + CHAT, json=question(str(number))))

            return list(pool.map(ask, range(COUNT)))

    assert record_and_replay(upstream, path, story) == [str(number) for number in range(COUNT)]
    assert sorted(map(int, prompts(path))) == list(range(COUNT))


def test_two_hundred_calls_gathered_are_each_answered_with_their_own(
    http: Any, upstream: Upstream, path: Path
) -> None:
    async def gather(url: str) -> list[str]:
        async with http.AsyncClient(**PLAIN) as client:

            async def ask(number: int) -> str:
                return reply(await client.post(url + CHAT, json=question(str(number))))

            return await asyncio.gather(*map(ask, range(COUNT)))

    told = record_and_replay(upstream, path, gather)
    assert told == [str(number) for number in range(COUNT)]
    assert prompts(path) == [str(number) for number in range(COUNT)]


def test_recordings_stand_in_the_order_in_which_their_requests_started(
    http: Any, path: Path
) -> None:
    second_done = threading.Event()

    def script(call: Call) -> Answer:
        if call.json["messages"][0]["content"] == "first":
            assert second_done.wait(60)
        return echo(call)

    async def story(url: str) -> None:
        async with http.AsyncClient(**PLAIN) as client:

            async def ask(number: str) -> None:
                await client.post(url + CHAT, json=question(number))
                second_done.set()

            await asyncio.gather(ask("first"), ask("second"))

    with Upstream(script) as upstream, promptecho.use_cassette(path):
        asyncio.run(story(upstream.url))
    assert prompts(path) == ["first", "second"]


# Transports


def test_transports_that_reach_no_network_are_left_alone(http: Any, path: Path) -> None:
    def handle(request: Any) -> Any:
        return http.Response(200, json={"from": "a function"})

    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("content-type", "application/json")])
        return [b'{"from": "wsgi"}']

    class Mock(http.MockTransport):  # type: ignore[misc,name-defined]
        pass

    told = []
    with promptecho.use_cassette(path, mode="none") as cassette:
        for transport in (
            http.MockTransport(handle),
            Mock(handle),
            http.WSGITransport(app=application),
        ):
            with http.Client(transport=transport, timeout=60) as client:
                told.append(client.get("http://local/").json()["from"])
    assert told == ["a function", "a function", "wsgi"]
    assert cassette.sent == []


def test_asgi_applications_are_left_alone(http: Any, run: Callable[..., Any], path: Path) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"asgi"})

    async def handle(request: Any) -> Any:
        return http.Response(200, text="mock")

    async def story() -> list[str]:
        told = []
        async with promptecho.use_cassette(path, mode="none") as cassette:
            for transport in (http.ASGITransport(app=application), http.MockTransport(handle)):
                async with http.AsyncClient(transport=transport, timeout=60) as client:
                    told.append((await client.get("http://local/")).text)
        assert cassette.sent == []
        return told

    assert run(story) == ["asgi", "mock"]


def retrying(http: Any) -> Any:
    """A transport of the kind that retry libraries are: it wraps a real one."""

    class Retrying(http.BaseTransport):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            self.wrapped = http.HTTPTransport(verify=False)
            self.tries = 0

        def handle_request(self, request: Any) -> Any:
            while True:
                self.tries += 1
                response = self.wrapped.handle_request(request)
                if response.status_code != 503:
                    return response
                response.close()

        def close(self) -> None:
            self.wrapped.close()

    return Retrying()


def test_a_transport_around_a_real_one_is_recorded_once_with_what_it_returned(
    http: Any, path: Path
) -> None:
    script = [json_answer({}, status=503), json_answer({"ok": True})]
    with Upstream(script) as upstream:
        with promptecho.use_cassette(path) as cassette:
            with http.Client(transport=retrying(http), timeout=60) as client:
                assert client.post(upstream.url, json={}).json() == {"ok": True}
        assert (len(upstream.calls), len(cassette.recorded)) == (2, 1)
    transport = retrying(http)
    with promptecho.use_cassette(path, mode="none"):
        with http.Client(transport=transport, timeout=60) as client:
            assert client.post(upstream.url, json={}).json() == {"ok": True}
    assert transport.tries == 0


def test_an_async_transport_around_a_sync_one_in_a_thread_is_recorded_once(
    http: Any, upstream: Upstream, path: Path
) -> None:
    class InThread(http.AsyncBaseTransport):  # type: ignore[misc,name-defined]
        async def handle_async_request(self, request: Any) -> Any:
            def call() -> Any:
                with http.HTTPTransport(verify=False) as wrapped:
                    response = wrapped.handle_request(request)
                    response.read()
                    return http.Response(response.status_code, content=response.content)

            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, contextvars.copy_context().run, call)

    async def ask(url: str) -> str:
        async with http.AsyncClient(transport=InThread(), timeout=60) as client:
            return reply(await client.post(url + CHAT, json=question("hello")))

    assert record_and_replay(upstream, path, ask) == "hello"


def by_itself(http: Any, called: list[str]) -> Any:
    """A transport that needs nobody to reach the network."""

    class ByItself(http.BaseTransport):  # type: ignore[misc,name-defined]
        def handle_request(self, request: Any) -> Any:
            called.append(str(request.url))
            live = urllib.request.Request(
                str(request.url), request.read(), {"content-type": "application/json"}
            )
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(live) as got:
                headers = [*got.getheaders(), ("content-encoding", "gzip")]
                content = gzip.compress(got.read())
                return http.Response(got.status, headers=headers, content=content)

    return ByItself()


def test_a_transport_that_reaches_the_network_by_itself_is_seen(
    http: Any, upstream: Upstream, path: Path
) -> None:
    called: list[str] = []

    def story(url: str) -> str:
        with http.Client(transport=by_itself(http, called), timeout=60) as client:
            return reply(client.post(url + CHAT, json=question("hello")))

    assert record_and_replay(upstream, path, story) == "hello"
    assert len(called) == 1


def test_in_mode_none_no_transport_is_ever_asked(http: Any, upstream: Upstream, path: Path) -> None:
    called: list[str] = []

    class Socket(http.AsyncBaseTransport):  # type: ignore[misc,name-defined]
        async def handle_async_request(self, request: Any) -> Any:
            called.append("socket")
            socket.create_connection(upstream.address).close()

    async def ask() -> None:
        async with http.AsyncClient(transport=Socket(), timeout=60) as client:
            await client.post(upstream.url + CHAT, json=question("hello"))

    for transport in (by_itself(http, called), http.HTTPTransport(verify=False), retrying(http)):
        with pytest.raises(promptecho.CassetteMiss):
            with promptecho.use_cassette(path, mode="none"):
                with http.Client(transport=transport, timeout=60) as client:
                    client.post(upstream.url + CHAT, json=question("hello"))
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            asyncio.run(ask())
    assert called == upstream.calls == []


def test_a_transport_without_a_client_is_seen(http: Any, upstream: Upstream, path: Path) -> None:
    def story(url: str) -> str:
        request = http.Request("POST", url + CHAT, json=question("no client"))
        with http.HTTPTransport(verify=False) as transport:
            response = transport.handle_request(request)
            response.read()
            response.close()
        return reply(response)

    assert record_and_replay(upstream, path, story) == "no client"


def test_an_async_transport_without_a_client_is_seen(
    http: Any, run: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    async def ask() -> str:
        request = http.Request("POST", upstream.url + CHAT, json=question("no client"))
        async with http.AsyncHTTPTransport(verify=False) as transport:
            response = await transport.handle_async_request(request)
            await response.aread()
            await response.aclose()
        return reply(response)

    assert record_and_replay(upstream, path, lambda _: run(ask)) == "no client"


def test_a_subclassed_transport_is_recorded_once(http: Any, upstream: Upstream, path: Path) -> None:
    class Marking(http.HTTPTransport):  # type: ignore[misc,name-defined]
        def handle_request(self, request: Any) -> Any:
            request.headers["x-marked"] = "yes"
            return super().handle_request(request)

    def story(url: str) -> list[str]:
        with http.Client(transport=Marking(verify=False), timeout=60) as client:
            return [reply(client.post(url + CHAT, json=question("with a client")))]

    assert record_and_replay(upstream, path, story) == ["with a client"]
    assert ("x-marked", "yes") in upstream.calls[0].headers


def test_mounted_transports_and_proxies_are_seen(http: Any, path: Path) -> None:
    def story(url: str) -> list[str]:
        mounts = {
            "http://proxied.example": http.HTTPTransport(proxy=http.Proxy(url)),
            "http://127.0.0.1": retrying(http),
            "http://local": http.MockTransport(lambda _: http.Response(200, json=question(""))),
        }
        with http.Client(mounts=mounts, **PLAIN) as client:
            client.post("http://local/", json={})
            urls = ["http://proxied.example" + CHAT, url + CHAT]
            return [reply(client.post(url, json=question(url))) for url in urls]

    with Upstream(echo) as upstream:
        told = record_and_replay(upstream, path, story)
        assert told == ["http://proxied.example" + CHAT, upstream.url + CHAT]
        assert [call.path for call in upstream.calls] == ["http://proxied.example" + CHAT, CHAT]


# What a client makes of one call


def redirecting(call: Call) -> Answer:
    if call.path == "/old":
        return Answer((b"",), 307, (("location", "/new"),))
    if call.path == "/new":
        return Answer((b"",), 302, (("location", "/last?alt=sse"), ("set-cookie", "a=1; path=/")))
    return json_answer({"path": call.path, "method": call.method})


def test_each_hop_of_a_redirect_is_recorded_and_replayed(http: Any, path: Path) -> None:
    def story(url: str) -> list[Any]:
        with http.Client(follow_redirects=True, **PLAIN) as client:
            response = client.post(url + "/old", json=question("hello"))
        hops = [(hop.status_code, hop.url.path) for hop in response.history]
        return [*hops, response.json(), str(response.url)]

    with Upstream(redirecting) as upstream:
        assert record_and_replay(upstream, path, story) == [
            (307, "/old"),
            (302, "/new"),
            {"path": "/last?alt=sse", "method": "GET"},
            upstream.url + "/last?alt=sse",
        ]
    assert len(upstream.calls) == 3


def test_a_redirect_that_is_not_followed_is_replayed_with_its_next_request(
    http: Any, path: Path
) -> None:
    def story(url: str) -> list[Any]:
        with http.Client(**PLAIN) as client:
            response = client.post(url + "/old", json={})
        return [response.is_redirect, str(response.next_request.url)]

    with Upstream(redirecting) as upstream:
        assert record_and_replay(upstream, path, story) == [True, upstream.url + "/new"]


def test_an_auth_flow_asks_twice_and_is_replayed_twice(http: Any, path: Path) -> None:
    class Challenge(http.Auth):  # type: ignore[misc,name-defined]
        requires_response_body = True

        def auth_flow(self, request: Any) -> Iterator[Any]:
            response = yield request
            assert response.status_code == 401
            request.headers["authorization"] = "Bearer " + response.json()["nonce"]
            yield request

    def script(call: Call) -> Answer:
        if ("authorization", "Bearer n1") in {(k.lower(), v) for k, v in call.headers}:
            return json_answer({"in": True})
        return json_answer({"nonce": "n1"}, status=401)

    def story(url: str) -> Any:
        with http.Client(auth=Challenge(), **PLAIN) as client:
            return client.post(url, json={}).json()

    async def async_story(url: str) -> Any:
        async with http.AsyncClient(auth=Challenge(), **PLAIN) as client:
            return (await client.post(url, json={})).json()

    with Upstream(script) as upstream:
        assert record_and_replay(upstream, path, story) == {"in": True}
    with Upstream(script) as upstream:
        path = path.with_name("async.yaml")
        assert record_and_replay(upstream, path, async_story) == {"in": True}


def test_cookies_are_received_when_recording_and_replayed_without_their_values(
    http: Any, path: Path
) -> None:
    cookies = (("set-cookie", "a=1; path=/"), ("set-cookie", "b=2; path=/"))
    with Upstream([json_answer({}, *cookies), json_answer({})]) as upstream:
        with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
            client.post(upstream.url, json={"n": 1})
            assert dict(client.cookies) == {"a": "1", "b": "2"}
            client.post(upstream.url, json={"n": 2})
    assert ("cookie", "a=1; b=2") in {(k.lower(), v) for k, v in upstream.calls[1].headers}
    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        response = client.post(upstream.url, json={"n": 1})
        assert response.headers.get_list("set-cookie") == [
            "a=REDACTED; path=/",
            "b=REDACTED; path=/",
        ]
        assert client.post(upstream.url, json={"n": 2}).json() == {}


def test_event_hooks_see_live_and_replayed_calls_alike(
    http: Any, upstream: Upstream, path: Path
) -> None:
    def story(url: str) -> list[str]:
        seen: list[str] = []
        hooks: dict[str, Any] = {
            "request": [lambda request: seen.append(request.method)],
            "response": [lambda response: seen.append(str(response.status_code))],
        }
        with http.Client(event_hooks=hooks, **PLAIN) as client:
            client.post(url + CHAT, json=question("hello"))
        return seen

    assert record_and_replay(upstream, path, story) == ["POST", "200"]


# Request bodies


def test_a_generated_body_reaches_the_upstream_and_is_matched(
    http: Any, upstream: Upstream, path: Path
) -> None:
    def body() -> Iterator[bytes]:
        text = json.dumps(question("in pieces")).encode()
        yield text[:20]
        yield text[20:]

    def story(url: str) -> str:
        with http.Client(**PLAIN) as client:
            return reply(client.post(url + CHAT, content=body()))

    assert record_and_replay(upstream, path, story) == "in pieces"
    assert upstream.calls[0].json == question("in pieces")
    assert prompts(path) == ["in pieces"]


def test_an_async_generated_body_too(
    http: Any, run: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    async def body() -> AsyncIterator[bytes]:
        text = json.dumps(question("in pieces")).encode()
        yield text[:20]
        yield text[20:]

    async def ask() -> str:
        async with http.AsyncClient(**PLAIN) as client:
            return reply(await client.post(upstream.url + CHAT, content=body()))

    assert record_and_replay(upstream, path, lambda _: run(ask)) == "in pieces"
    assert upstream.calls[0].json == question("in pieces")


def test_a_generated_body_that_fails_is_the_client_s_own_failure(
    http: Any, upstream: Upstream, path: Path
) -> None:
    def body() -> Iterator[bytes]:
        yield b"{"
        raise ValueError("no more")

    with promptecho.use_cassette(path) as cassette, http.Client(**PLAIN) as client:
        with pytest.raises(ValueError, match="no more"):
            client.post(upstream.url, content=body())
    assert cassette.sent == []
    assert not path.exists()


def test_an_upload_is_matched_by_its_parts_not_by_its_boundary(
    http: Any, tmp_path: Path, path: Path
) -> None:
    audio = tmp_path / "speech.wav"
    audio.write_bytes(bytes(range(256)) * 40)

    def upload(url: str, name: str = "whisper") -> Any:
        with audio.open("rb") as handle, http.Client(**PLAIN) as client:
            response = client.post(
                url + "/v1/audio/transcriptions",
                data={"model": name},
                files={"file": ("speech.wav", handle, "audio/wav")},
            )
        return response.json()

    with Upstream(lambda _: json_answer({"text": "hello"})) as upstream:
        assert record_and_replay(upstream, path, upload) == {"text": "hello"}
    assert audio.read_bytes() in upstream.calls[0].body
    with pytest.raises(promptecho.CassetteMiss), promptecho.use_cassette(path):
        upload(upstream.url, "another model")
    audio.write_bytes(b"another recording")
    with pytest.raises(promptecho.CassetteMiss), promptecho.use_cassette(path):
        upload(upstream.url)


# What is not recorded


@RECORDS_FAILURES
def test_a_call_that_finds_nobody_alone_is_not_saved(
    http: Any, upstream: Upstream, path: Path
) -> None:
    upstream.close()
    with promptecho.use_cassette(path) as cassette, http.Client(**PLAIN) as client:
        with pytest.raises(http.ConnectError):
            client.post(upstream.url + CHAT, json=question("hello"))
    assert (len(cassette.sent), kinds(cassette), cassette.missed) == (1, ["connect"], [])
    assert list(path.parent.iterdir()) == []


@RECORDS_FAILURES
def test_a_call_that_times_out_before_its_answer_is_a_failure(http: Any, path: Path) -> None:
    left = threading.Event()

    def script(call: Call) -> Answer:
        if call.json == {"n": 1}:
            left.wait(10)
        return json_answer({"ok": True})

    async def story() -> None:
        async with http.AsyncClient(**{**PLAIN, "timeout": http.Timeout(60, read=0.05)}) as client:
            with pytest.raises(http.ReadTimeout):
                await client.post(upstream.url, json={"n": 1})
            left.set()

    with Upstream(script) as upstream, promptecho.use_cassette(path) as cassette:
        asyncio.run(story())
        with http.Client(**PLAIN) as client:
            client.post(upstream.url, json={"n": 2})
    assert [each.request.body for each in cassette.recorded] == [{"n": 1}, {"n": 2}]
    assert kinds(cassette) == ["read-timeout", None]


def test_a_websocket_is_handed_on_and_not_recorded(http: Any, path: Path) -> None:
    upgrade = (("connection", "upgrade"), ("upgrade", "websocket"))
    headers = dict(upgrade)
    with Upstream([Answer((), 101, upgrade)]) as upstream:
        with promptecho.use_cassette(path) as cassette, http.Client(**PLAIN) as client:
            with client.stream("GET", upstream.url, headers=headers) as response:
                assert response.status_code == 101
                assert "network_stream" in response.extensions
    assert (len(cassette.sent), cassette.recorded) == (1, [])
    assert not path.exists()
    with pytest.raises(promptecho.CassetteMiss), promptecho.use_cassette(path, mode="none"):
        with http.Client(**PLAIN) as client:
            client.get(upstream.url, headers=headers)


# Error answers


def test_an_error_answer_is_recorded_with_a_warning(http: Any, path: Path) -> None:
    script = [json_answer({"error": "busy"}, status=429), json_answer({"ok": True})]
    with Upstream(script) as upstream, http.Client(**PLAIN) as client:
        url = upstream.url + "/v1/x"
        with pytest.warns(promptecho.PromptechoRecordingWarning) as warned:
            with promptecho.use_cassette(path):
                statuses = [client.post(url, json={}).status_code for _ in range(2)]
    assert statuses == [429, 200]
    assert str(warned[0].message) == (
        f"{path}: recorded an error response: POST {url} returned status 429. If you want to keep "
        "it, pass on_record_error='record'. Otherwise fix the request and record again "
        "(PROMPTECHO_MODE=all)."
    )
    assert warned[0].filename == __file__
    with promptecho.use_cassette(path, mode="none"), http.Client(**PLAIN) as client:
        assert [client.post(url, json={}).status_code for _ in range(2)] == [429, 200]


@pytest.mark.parametrize("packed", [False, True])
def test_a_refused_error_answer_is_shown_redacted_and_leaves_no_file(
    http: Any, path: Path, packed: bool
) -> None:
    key = "sk-" + "ant-api03-" + "x1Y" * 31 + "AA"
    answer = json_answer({"error": f"{key} is not a key"}, status=401)._replace(gzip=packed)
    with Upstream([answer]) as upstream, http.Client(**PLAIN) as client:
        with pytest.raises(promptecho.RecordedErrorResponse) as caught:
            with promptecho.use_cassette(path, on_record_error="raise"):
                client.post(upstream.url + "/v1/messages?key=abc", json={})
    assert caught.value.status == 401
    assert str(caught.value) == (
        f"{path}: POST {upstream.url}/v1/messages?key=REDACTED returned status 401: "
        '{"error":"REDACTED is not a key"}\n'
        "It was not recorded. Fix the request and record again, or pass on_record_error='warn' to "
        "record error responses."
    )
    assert len(upstream.calls) == 1
    assert list(path.parent.iterdir()) == []


def test_a_refused_error_answer_that_breaks_off_is_refused_all_the_same(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    answer = Answer((b"half an ",), 500, (("content-type", "text/plain"),), cut=True)

    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            await client.post(upstream.url, json={})

    with Upstream([answer, answer]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse, match="500: half an "):
            with promptecho.use_cassette(path, on_record_error="raise"):
                run(story)
        with pytest.raises(promptecho.RecordedErrorResponse, match="500: half an "):
            with promptecho.use_cassette(path, on_record_error="raise"):
                with http.Client(**PLAIN) as client:
                    client.post(upstream.url, json={})


def test_a_refused_error_answer_leaves_the_old_file_alone(
    http: Any, upstream: Upstream, path: Path
) -> None:
    with promptecho.use_cassette(path), http.Client(**PLAIN) as client:
        client.post(upstream.url + CHAT, json=question("hello"))
    before = path.read_bytes(), path.stat().st_mtime_ns
    for mode in ("new_episodes", "all"):
        with Upstream([json_answer({}, status=500)]) as failing:
            with pytest.raises(promptecho.RecordedErrorResponse):
                with promptecho.use_cassette(path, mode=mode, on_record_error="raise"):
                    with http.Client(**PLAIN) as client:
                        client.post(failing.url + CHAT, json=question("another"))
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_an_error_answer_that_is_replayed_is_no_error_of_ours(http: Any, path: Path) -> None:
    with Upstream([json_answer({}, status=404)]) as upstream, http.Client(**PLAIN) as client:
        with promptecho.use_cassette(path, on_record_error="record"):
            client.post(upstream.url, json={})
        upstream.close()
        with promptecho.use_cassette(path, on_record_error="raise"):
            assert client.post(upstream.url, json={}).status_code == 404


def test_a_stream_is_refused_before_its_client_sees_it(http: Any, path: Path) -> None:
    answer = sse_answer("data: 1", "data: 2")._replace(status=529, reason="Overloaded")
    with Upstream([answer]) as upstream, http.Client(**PLAIN) as client:
        with pytest.raises(promptecho.RecordedErrorResponse, match="returned status 529: data: 1"):
            with promptecho.use_cassette(path, on_record_error="raise"):
                with client.stream("POST", upstream.url, json={"stream": True}):
                    raise AssertionError("the block must not run")


# What a replayed answer is


def test_a_replayed_stream_has_a_chunk_for_each_event_and_its_lines_are_those_of_the_upstream(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    answer = sse_answer("data: 1", "data: 2", "data: [DONE]")
    events = [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"]
    with Upstream([answer]) as upstream, http.Client(**PLAIN) as client:

        def stream() -> Any:
            return client.stream("POST", upstream.url, json={"stream": True})

        with promptecho.use_cassette(path), stream() as live:
            lines = list(live.iter_lines())
        upstream.close()
        with promptecho.use_cassette(path, mode="none"):
            for read in ("iter_raw", "iter_bytes"):
                with stream() as replayed:
                    assert list(getattr(replayed, read)()) == events
            with stream() as replayed:
                assert list(replayed.iter_lines()) == lines
            assert client.post(upstream.url, json={"stream": True}).content == b"".join(events)

            async def story() -> None:
                async with http.AsyncClient(**PLAIN) as client:

                    def stream() -> Any:
                        return client.stream("POST", upstream.url, json={"stream": True})

                    async with stream() as replayed:
                        assert [chunk async for chunk in replayed.aiter_raw()] == events
                    async with stream() as replayed:
                        assert [line async for line in replayed.aiter_lines()] == lines
                    async with stream() as replayed:
                        assert await replayed.aread() == b"".join(events)

            run(story)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_replayed_answer_is_pickled_as_one_of_its_library(
    http: Any, upstream: Upstream, path: Path, protocol: int
) -> None:
    with http.Client(base_url=upstream.url, **PLAIN) as client:
        with promptecho.use_cassette(path):
            client.post(CHAT, json=question("hello"))
        with promptecho.use_cassette(path, mode="none"):
            replayed = client.post(CHAT, json=question("hello"))
    assert isinstance(replayed, http.Response)
    again = pickle.loads(pickle.dumps(replayed, protocol))
    assert type(again) is http.Response
    assert (again.status_code, again.headers) == (replayed.status_code, replayed.headers)
    assert reply(again) == "hello"
