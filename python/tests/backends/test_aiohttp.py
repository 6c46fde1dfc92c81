"""Calls through aiohttp: each is seen once, by whatever connector, and is played by aiohttp."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import zlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from support.clients import CHAT, post_aiohttp, question, reply_in
from support.failing import READS_PAST_THE_END, RECORDS_FAILURES, kinds
from support.paths import TESTS
from support.record_replay import only, prompts, record_and_replay
from support.upstream import Answer, Call, Upstream, echo, json_answer, sse_answer

aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed here")

EVENTS = ("data: 1", "data: 2", "data: [DONE]")
VERSION = tuple(int(part) for part in aiohttp.__version__.split(".")[:2])

Story = Callable[[], Coroutine[Any, Any, Any]]


def answered(path: Path, answer: Answer, read: Callable[[Any], Any], **more: Any) -> Any:
    """What is read of an answer, the same from the upstream and from the cassette."""

    async def story(url: str) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.post(url + "/v1/x", json={}, **more) as response:
                return await read(response)

    with Upstream([answer]) as upstream:
        return record_and_replay(upstream, path, story)


@asynccontextmanager
async def serving(serve: Any, file: str | None = None) -> AsyncIterator[int]:
    """A server of a function of a reader and a writer: its port, or 0 at a Unix socket."""
    tasks: list[Any] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        with closing(writer):
            await serve(reader, writer)
            await writer.drain()

    if file is not None:
        server = await asyncio.start_unix_server(handle, file)
    else:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield 0 if file is not None else server.sockets[0].getsockname()[1]
        await asyncio.gather(*tasks)
        await asyncio.sleep(0)  # its connections are closed


def headers_of(call: Call) -> dict[str, str]:
    return {name.lower(): value for name, value in call.headers}


# Sessions and connectors


def test_a_call_is_recorded_once_and_replayed_for_ever(upstream: Upstream, path: Path) -> None:
    async def story(url: str) -> list[Any]:
        async with aiohttp.ClientSession() as session:
            async with session.post(url + CHAT, json=question("hello")) as response:
                return [
                    (response.status, response.reason, response.method, str(response.url)),
                    (response.content_type, response.ok, response.version),
                    reply_in(await response.json()),
                    await response.text(),
                    response.closed,
                ]

    told = record_and_replay(upstream, path, story)
    assert told[0] == (200, "OK", "POST", upstream.url + CHAT)
    assert told[1] == ("application/json", True, aiohttp.HttpVersion11)
    assert told[2] == "hello"


def test_a_session_made_before_the_cassette_is_seen_and_is_free_again_after_it(
    upstream: Upstream, path: Path
) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession(base_url=upstream.url) as session:
            assert await post_aiohttp(session, CHAT, "before") == "before"
            with promptecho.use_cassette(path):
                assert await post_aiohttp(session, CHAT, "hello") == "hello"
            assert await post_aiohttp(session, CHAT, "after") == "after"
            upstream.close()
            with promptecho.use_cassette(path, mode="none"):
                assert await post_aiohttp(session, CHAT, "hello") == "hello"

    asyncio.run(story())
    assert prompts(path) == ["hello"]
    assert len(upstream.calls) == 3


def test_a_miss_comes_out_of_the_call_though_a_connection_is_kept_alive(
    upstream: Upstream, path: Path
) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            await post_aiohttp(session, upstream.url + CHAT, "before")
            with promptecho.use_cassette(path, mode="none"):
                await session.post(upstream.url + CHAT, json=question("hello"))
                raise AssertionError("the call must not return")

    with pytest.raises(promptecho.CassetteMiss):
        asyncio.run(story())
    assert len(upstream.calls) == 1


def test_the_function_without_a_session_is_seen(upstream: Upstream, path: Path) -> None:
    async def story(url: str) -> str:
        url = url + CHAT
        async with aiohttp.request("POST", url, json=question("no session")) as response:
            return reply_in(await response.json())

    assert record_and_replay(upstream, path, story) == "no session"


def test_aiohttp_imported_after_the_cassette_was_opened_is_seen(path: Path) -> None:
    story = f"""
        import asyncio, sys, warnings
        import promptecho
        from support.upstream import Upstream, json_answer

        warnings.simplefilter("ignore", promptecho.PromptechoOwnServerWarning)

        async def get(url):
            async with aiohttp.ClientSession() as session:
                async with session.get(url) as response:
                    return await response.json()

        with Upstream([json_answer(1), json_answer(2)]) as upstream:
            with promptecho.use_cassette({str(path)!r}) as cassette:
                assert "aiohttp" not in sys.modules
                import aiohttp
                assert asyncio.run(get(upstream.url)) == 1
            assert len(cassette.recorded) == 1
            assert asyncio.run(get(upstream.url)) == 2
            with promptecho.use_cassette({str(path)!r}, mode="none"):
                assert asyncio.run(get(upstream.url)) == 1
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(story)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_everything_is_put_back_when_the_cassette_is_closed(upstream: Upstream, path: Path) -> None:
    class Own(aiohttp.TCPConnector):  # type: ignore[misc,name-defined]
        async def connect(self, *args: Any, **more: Any) -> Any:
            return await super().connect(*args, **more)

    async def story() -> None:
        async with aiohttp.ClientSession(connector=Own()) as session:
            await post_aiohttp(session, upstream.url + CHAT, "hello")

    def found() -> list[Any]:
        owners = (aiohttp.ClientSession, aiohttp.ClientRequest, aiohttp.BaseConnector, Own)
        names = ("_request", "send", "connect")
        return [vars(owner).get(name) for owner in owners for name in names]

    before = found()
    with promptecho.use_cassette(path):
        asyncio.run(story())
        assert found() != before
    assert found() == before


def test_a_connector_that_connects_in_its_own_way_is_never_asked_in_mode_none(
    upstream: Upstream, path: Path
) -> None:
    connected: list[str] = []

    class ByItself(aiohttp.TCPConnector):  # type: ignore[misc,name-defined]
        async def connect(self, req: Any, *args: Any, **more: Any) -> Any:
            socket.create_connection(upstream.address).close()
            connected.append(str(req.url))
            return await super().connect(req, *args, **more)

    class Inheriting(ByItself):
        pass

    async def story(connector: type) -> str:
        async with aiohttp.ClientSession(connector=connector()) as session:
            return await post_aiohttp(session, upstream.url + CHAT, "hello")

    async def late() -> None:
        async with aiohttp.ClientSession(connector=Inheriting()) as session:
            with promptecho.use_cassette(path.with_name("other.yaml"), mode="none"):
                await post_aiohttp(session, upstream.url + CHAT, "hello")

    assert record_and_replay(upstream, path, lambda _: story(ByItself)) == "hello"
    assert connected == [upstream.url + CHAT]
    with pytest.raises(promptecho.CassetteMiss):
        asyncio.run(late())
    assert connected == [upstream.url + CHAT]


def test_a_connector_whose_connect_was_replaced_is_seen(upstream: Upstream, path: Path) -> None:
    connected: list[str] = []

    async def story(url: str) -> str:
        connector = aiohttp.TCPConnector()
        connect = connector.connect

        def noted(req: Any, *args: Any, **more: Any) -> Any:
            connected.append(str(req.url))
            return connect(req, *args, **more)

        connector.connect = noted  # type: ignore[method-assign]
        async with aiohttp.ClientSession(connector=connector) as session:
            return await post_aiohttp(session, url + CHAT, "hello")

    assert record_and_replay(upstream, path, story) == "hello"
    assert connected == [upstream.url + CHAT]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")
def test_a_unix_socket_is_seen(tmp_path: Path, path: Path) -> None:
    file = str(tmp_path / "s")
    served: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")

    async def get() -> str:
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(file)) as session:
            async with session.get("http://unix/v1/models") as response:
                return str(await response.text())

    async def live() -> str:
        async with serving(serve, file):
            return await get()

    with promptecho.use_cassette(path):
        assert asyncio.run(live()) == "hello"
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(get()) == "hello"
    assert len(served) == 1


def test_a_call_by_way_of_a_proxy_is_recorded_with_its_own_url(path: Path) -> None:
    async def story(url: str) -> str:
        async with aiohttp.ClientSession() as session:
            async with session.post(
                "http://proxied.example" + CHAT, json=question("hello"), proxy=url
            ) as response:
                return reply_in(await response.json())

    with Upstream(echo) as upstream:
        assert record_and_replay(upstream, path, story) == "hello"
        assert upstream.calls[0].path == "http://proxied.example" + CHAT
    with promptecho.use_cassette(path, mode="none") as cassette:
        assert cassette.interactions[0].request.url == "http://proxied.example" + CHAT


@RECORDS_FAILURES
def test_a_tunnel_through_a_proxy_is_dug_only_for_a_live_call(path: Path) -> None:
    """The proxy refuses, as only a live call can find out."""

    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get("https://secure.example/", proxy=upstream.url)

    with Upstream([json_answer({}, status=407)]) as upstream:
        with pytest.raises(promptecho.CassetteMiss):
            with promptecho.use_cassette(path, mode="none"):
                asyncio.run(story())
        assert upstream.calls == []
        with promptecho.use_cassette(path) as cassette:
            with pytest.raises(aiohttp.ClientError):
                asyncio.run(story())
    assert kinds(cassette) == ["proxy"]


def test_httpx_over_aiohttp_is_recorded_once(upstream: Upstream, path: Path) -> None:
    httpx = pytest.importorskip("httpx")
    httpx_aiohttp = pytest.importorskip("httpx_aiohttp", reason="httpx-aiohttp is not installed")

    async def story(url: str) -> str:
        transport = httpx_aiohttp.AiohttpTransport()
        async with httpx.AsyncClient(transport=transport) as client:
            return reply_in((await client.post(url + CHAT, json=question("hello"))).json())

    assert record_and_replay(upstream, path, story) == "hello"
    assert len(upstream.calls) == 1


def test_a_host_that_passes_is_called_and_not_recorded(upstream: Upstream, path: Path) -> None:
    async def story() -> str:
        async with aiohttp.ClientSession() as session:
            return await post_aiohttp(session, upstream.url + CHAT, "hello")

    with promptecho.use_cassette(path, mode="none", passthrough=["127.0.0.1"]) as cassette:
        assert asyncio.run(story()) == "hello"
    assert cassette.sent == []
    assert len(upstream.calls) == 1


def test_a_blocked_network_holds_what_no_cassette_allows(upstream: Upstream, path: Path) -> None:
    async def story() -> str:
        async with aiohttp.ClientSession() as session:
            return await post_aiohttp(session, upstream.url + CHAT, "hello")

    with pytest.raises(promptecho.NetworkBlocked, match=upstream.url):
        with promptecho.block_network():
            asyncio.run(story())
    assert upstream.calls == []
    with promptecho.block_network(), promptecho.use_cassette(path):
        assert asyncio.run(story()) == "hello"
    assert len(upstream.calls) == 1


# Many at once


COUNT = 200


def test_two_hundred_calls_gathered_are_each_answered_with_their_own(
    upstream: Upstream, path: Path
) -> None:
    async def story(url: str) -> list[str]:
        async with aiohttp.ClientSession() as session:
            calls = (post_aiohttp(session, url + CHAT, str(number)) for number in range(COUNT))
            return list(await asyncio.gather(*calls))

    assert record_and_replay(upstream, path, story) == [str(number) for number in range(COUNT)]
    assert prompts(path) == [str(number) for number in range(COUNT)]


def test_recordings_stand_in_the_order_in_which_their_requests_started(path: Path) -> None:
    second_done = threading.Event()

    def script(call: Call) -> Answer:
        if call.json["messages"][0]["content"] == "first":
            assert second_done.wait(60)
        return echo(call)

    async def story() -> None:
        async with aiohttp.ClientSession() as session:

            async def one(text: str) -> None:
                await post_aiohttp(session, upstream.url + CHAT, text)
                second_done.set()

            await asyncio.gather(one("first"), one("second"))

    with Upstream(script) as upstream, promptecho.use_cassette(path):
        asyncio.run(story())
    assert prompts(path) == ["first", "second"]


# What a session makes of one call


def redirecting(call: Call) -> Answer:
    if call.path == "/old":
        return Answer((b"",), 307, (("location", "/new"),))
    if call.path == "/new":
        return Answer((b"",), 302, (("location", "/last?alt=sse"), ("set-cookie", "a=1; path=/")))
    return json_answer({"path": call.path, "method": call.method})


def test_each_hop_of_a_redirect_is_recorded_and_replayed(path: Path) -> None:
    async def story(url: str) -> list[Any]:
        async with aiohttp.ClientSession() as session:
            async with session.post(url + "/old", json=question("hello")) as response:
                hops = [(hop.status, hop.url.path) for hop in response.history]
                return [*hops, await response.json(), str(response.url)]

    with Upstream(redirecting) as upstream:
        assert record_and_replay(upstream, path, story) == [
            (307, "/old"),
            (302, "/new"),
            {"path": "/last?alt=sse", "method": "GET"},
            upstream.url + "/last?alt=sse",
        ]
    assert upstream.calls[1].json == question("hello")


def test_cookies_are_received_when_recording_and_replayed_without_their_values(path: Path) -> None:
    cookies = (("set-cookie", "a=1; path=/"), ("set-cookie", "b=2; path=/"))

    async def story() -> list[Any]:
        jar = aiohttp.CookieJar(unsafe=True)  # 127.0.0.1 has no name
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            async with session.post(upstream.url, json={"n": 1}) as response:
                set_cookies = response.headers.getall("set-cookie")
            async with session.post(upstream.url, json={"n": 2}) as response:
                await response.read()
            return [set_cookies, {cookie.key: cookie.value for cookie in jar}]

    with Upstream([json_answer({}, *cookies), json_answer({})]) as upstream:
        with promptecho.use_cassette(path):
            assert asyncio.run(story()) == [
                ["a=1; path=/", "b=2; path=/"],
                {"a": "1", "b": "2"},
            ]
    assert "a=1" in headers_of(upstream.calls[1])["cookie"]
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(story())[0] == [
            "a=REDACTED; path=/",
            "b=REDACTED; path=/",
        ]


def test_an_error_status_raises_alike(path: Path) -> None:
    async def story(url: str) -> list[Any]:
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            with pytest.raises(aiohttp.ClientResponseError) as caught:
                await session.post(url + "/v1/x", json={})
        error = caught.value
        return [error.status, error.message, str(error.request_info.url)]

    with Upstream([json_answer({"error": "busy"}, status=429)]) as upstream:
        assert record_and_replay(upstream, path, story) == [
            429,
            "Too Many Requests",
            upstream.url + "/v1/x",
        ]


def test_an_error_answer_and_what_comes_after_it_are_replayed_in_order(path: Path) -> None:
    async def story(url: str) -> list[int]:
        async with aiohttp.ClientSession() as session:
            statuses = []
            for _ in range(2):
                async with session.post(url + "/v1/x", json={}) as response:
                    await response.read()
                    statuses.append(response.status)
            return statuses

    script = [json_answer({"error": "busy"}, status=429), json_answer({"ok": True})]
    with Upstream(script) as upstream:
        assert record_and_replay(upstream, path, story) == [429, 200]


def test_credentials_are_sent_and_not_stored(upstream: Upstream, path: Path) -> None:
    secret = "-".join(["open", "sesame"])

    async def story(url: str) -> str:
        headers = {"Authorization": f"Bearer {secret}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            return await post_aiohttp(session, url + CHAT, "hello")

    assert record_and_replay(upstream, path, story) == "hello"
    assert headers_of(upstream.calls[0])["authorization"] == f"Bearer {secret}"
    assert secret not in path.read_text()


def test_traces_see_live_and_replayed_calls_alike(upstream: Upstream, path: Path) -> None:
    async def story(url: str) -> list[str]:
        seen: list[str] = []

        def seeing(name: str) -> Callable[..., Coroutine[Any, Any, None]]:
            async def see(session: Any, context: Any, params: Any) -> None:
                seen.append(name)

            return see

        trace = aiohttp.TraceConfig()
        for name in ("request_start", "request_chunk_sent", "response_chunk_received"):
            getattr(trace, f"on_{name}").append(seeing(name))
        trace.on_request_end.append(seeing("request_end"))
        async with aiohttp.ClientSession(trace_configs=[trace]) as session:
            await post_aiohttp(session, url + CHAT, "hello")
        return seen

    told = record_and_replay(upstream, path, story)
    assert told[0] == "request_start"
    assert sorted(told) == [
        "request_chunk_sent",
        "request_end",
        "request_start",
        "response_chunk_received",
    ]


@pytest.mark.skipif(VERSION < (3, 12), reason="middlewares came with aiohttp 3.12")
def test_each_call_that_a_middleware_makes_is_recorded(path: Path) -> None:
    async def retry(request: Any, handler: Any) -> Any:
        response = await handler(request)
        if response.status == 503:
            response.release()
            response = await handler(request)
        return response

    async def body() -> AsyncIterator[bytes]:
        yield b'{"n":'
        yield b"1}"

    async def story(url: str) -> Any:
        async with aiohttp.ClientSession(middlewares=(retry,)) as session:
            async with session.post(url, data=body()) as response:
                return await response.json()

    with Upstream([json_answer({}, status=503), json_answer({"ok": True})]) as upstream:
        assert record_and_replay(upstream, path, story) == {"ok": True}
        assert [call.body for call in upstream.calls] == [b'{"n":1}', b'{"n":1}']


@RECORDS_FAILURES
@pytest.mark.skipif(VERSION < (3, 10), reason="aiohttp 3.10 began to try again")
def test_a_connection_that_turns_out_dead_is_tried_again_on_replay_too(path: Path) -> None:
    """The server answers one request a connection, and hangs up at the second."""
    answers = iter(range(9))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n%d" % next(answers))
        await reader.read(1)

    async def get(port: int) -> list[str]:
        async with aiohttp.ClientSession() as session:
            told = []
            for _ in range(2):
                async with session.get(f"http://127.0.0.1:{port}/v1/models") as response:
                    told.append(await response.text())
            return told

    async def live() -> list[str]:
        async with serving(serve) as port:
            return await get(port)

    with promptecho.use_cassette(path) as cassette:
        assert asyncio.run(live()) == ["0", "1"]
    assert kinds(cassette) == [None, "closed", None]
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(get(1)) == ["0", "1"]


# aiobotocore, which is botocore over aiohttp


def frame(kind: str, payload: str) -> bytes:
    """A message of an AWS event stream."""
    fields = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        b"%c%b\x07%b%b" % (len(name), name.encode(), struct.pack(">H", len(value)), value.encode())
        for name, value in fields.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload.encode()
    return whole + struct.pack(">I", zlib.crc32(whole))


FRAMES = (
    frame("messageStart", '{"role":"assistant"}'),
    frame("contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":"hel"}}'),
    frame("contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":"lo"}}'),
    frame("messageStop", '{"stopReason":"end_turn"}'),
)


def bedrock(call: Call) -> Answer:
    if call.path.endswith("/converse-stream"):
        kind = ("content-type", "application/vnd.amazon.eventstream")
        return Answer(FRAMES, headers=(kind,))
    message = {"role": "assistant", "content": [{"text": "hello"}]}
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    return json_answer(
        {
            "output": {"message": message},
            "stopReason": "end_turn",
            "usage": usage,
            "metrics": {"latencyMs": 1},
        }
    )


def test_aiobotocore_is_recorded_once_and_streams_event_by_event(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = pytest.importorskip(
        "aiobotocore.session", reason="aiobotocore is not installed here"
    ).get_session()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    asked: dict[str, Any] = {
        "modelId": "m",
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
    }

    async def story(url: str) -> list[Any]:
        async with session.create_client(
            "bedrock-runtime", region_name="us-east-1", endpoint_url=url
        ) as client:
            whole = await client.converse(**asked)
            stream = (await client.converse_stream(**asked))["stream"]
            return [whole["output"], [event async for event in stream]]

    with Upstream(bedrock) as upstream:
        told = record_and_replay(upstream, path, story)
    assert told[0]["message"]["content"] == [{"text": "hello"}]
    texts = [event["contentBlockDelta"]["delta"]["text"] for event in told[1][1:3]]
    assert (len(told[1]), texts) == (4, ["hel", "lo"])
    assert len(upstream.calls) == 2


# Request bodies


def kept(call: Call) -> Answer:
    return json_answer({"bytes": len(call.body)})


async def pieces() -> AsyncIterator[bytes]:
    text = json.dumps(question("in pieces")).encode()
    yield text[:20]
    yield text[20:]


def form() -> Any:
    data = aiohttp.FormData()
    data.add_field("model", "whisper")
    data.add_field("file", io.BytesIO(b"RIFF" * 400), filename="a.wav", content_type="audio/wav")
    return data


def multipart() -> Any:
    writer = aiohttp.MultipartWriter("form-data", boundary="made-up")
    part = writer.append("hello")
    part.set_content_disposition("form-data", name="text")
    return writer


BODIES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b"hello",
    "text": lambda: "Grüße",
    "form": lambda: {"a": "1", "b": "ö"},
    "multipart form": form,
    "multipart writer": multipart,
    "file": lambda: io.BytesIO(b"hello" * 100_000),
    "text file": lambda: io.StringIO("Grüße"),
    "generator": pieces,
    "none": lambda: None,
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_of_any_kind_reaches_the_upstream_as_it_would_without_a_cassette(
    path: Path, kind: str
) -> None:
    async def story(url: str) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.post(url + "/v1/x", data=BODIES[kind]()) as response:
                return await response.json()

    def framed(call: Call) -> list[Any]:
        body = call.body
        headers = headers_of(call)
        if kind == "multipart form":  # its boundary is made up each time
            body = body.replace(headers["content-type"].partition("boundary=")[2].encode(), b"")
            headers["content-type"] = headers["content-type"].partition("boundary=")[0]
        headers.pop("host")
        return [body, headers]

    with Upstream(kept) as upstream:
        asyncio.run(story(upstream.url))
    (without,) = upstream.calls
    with Upstream(kept) as upstream:
        record_and_replay(upstream, path, story)
    (within,) = upstream.calls
    assert framed(within) == framed(without)


@pytest.mark.parametrize("in_form", [False, True])
def test_a_file_is_sent_and_closed_as_without_a_cassette(
    tmp_path: Path, path: Path, in_form: bool
) -> None:
    file = tmp_path / "speech.wav"
    file.write_bytes(bytes(range(256)) * 40)

    async def post(data: Any) -> int:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, data=data) as response:
                return int((await response.json())["bytes"])

    def is_closed() -> bool:
        with file.open("rb") as handle:
            assert asyncio.run(post({"file": handle} if in_form else handle)) >= 10240
            return handle.closed

    with Upstream(kept) as upstream:
        closed_without = is_closed()  # aiohttp 3.9 closes it in time, or not
        with promptecho.use_cassette(path):
            assert is_closed() or not closed_without
    assert file.read_bytes() in upstream.calls[1].body
    with promptecho.use_cassette(path, mode="none"):
        assert is_closed() or not closed_without
    file.write_bytes(b"another recording" * 1000)
    with pytest.raises(promptecho.CassetteMiss), promptecho.use_cassette(path):
        is_closed()


@pytest.mark.parametrize("data", [b'{"model":"m"}', zlib.compress(b"packed before")])
def test_a_body_that_is_packed_on_its_way_is_matched_by_what_it_says(
    path: Path, data: bytes
) -> None:
    async def post(**more: Any) -> Any:
        async with aiohttp.ClientSession() as session:
            headers = {"content-type": "application/json"}
            async with session.post(
                upstream.url + CHAT, data=data, headers=headers, **more
            ) as response:
                return await response.json()

    with Upstream([json_answer({"ok": True})]) as upstream, promptecho.use_cassette(path):
        asyncio.run(post(compress="deflate"))
    assert zlib.decompress(upstream.calls[0].body) == data
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(post(compress="deflate")) == asyncio.run(post()) == {"ok": True}


def test_a_generated_body_that_fails_makes_no_call(upstream: Upstream, path: Path) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        raise ValueError("no more")

    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(ValueError, match="no more"):
                await session.post(upstream.url, data=body())

    with promptecho.use_cassette(path) as cassette:
        asyncio.run(story())
    assert cassette.sent == upstream.calls == []


def test_a_client_that_expects_a_go_ahead_gets_its_recorded_answer(path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"100-continue" in head
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(2) == b"{}"
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")

    async def post(port: int) -> str:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}/v1/x"
            async with session.post(url, json={}, expect100=True) as response:
                return str(await response.text())

    async def live() -> str:
        async with serving(serve) as port:
            return await post(port)

    with promptecho.use_cassette(path):
        assert asyncio.run(live()) == "hello"
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(post(1)) == "hello"


# Answers


@pytest.mark.parametrize(
    ("status", "reason"), [(200, "Fine"), (529, "Overloaded"), (299, ""), (599, "Ärger")]
)
def test_a_reason_phrase_is_replayed(path: Path, status: int, reason: str) -> None:
    async def read(response: Any) -> list[Any]:
        return [response.status, response.reason.encode("utf-8", "surrogateescape")]

    answer = json_answer({}, status=status)._replace(reason=reason)
    assert answered(path, answer, read) == [status, reason.encode("latin-1")]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_may_have_no_body_has_none(path: Path, status: int) -> None:
    async def read(response: Any) -> list[Any]:
        return [response.status, await response.read(), "content-length" in response.headers]

    answer = Answer((), status, (("x-a", "1"),))
    assert answered(path, answer, read) == [status, b"", False]


def test_the_answer_to_head_is_a_head(path: Path) -> None:
    async def story(url: str) -> list[Any]:
        async with aiohttp.ClientSession() as session:
            async with session.head(url + "/model.bin") as response:
                return [response.status, response.headers["etag"], await response.read()]

    with Upstream([Answer((b"x" * 1000,), headers=(("etag", '"1"'),))]) as upstream:
        assert record_and_replay(upstream, path, story) == [200, '"1"', b""]


ANSWERS = {
    "empty": Answer((b"",)),
    "JSON": json_answer({"z": 1.50, "a": [1, "ö", None]}),
    "latin-1": Answer(
        ("Grüße".encode("latin-1"),), headers=(("content-type", "text/plain; charset=latin-1"),)
    ),
    "binary": Answer((bytes(range(256)) * 900,), headers=(("content-type", "audio/mpeg"),)),
    "binary stream": Answer(
        (bytes(range(256)), b"\xff" * 300_000, b"."), headers=(("content-type", "audio/mpeg"),)
    ),
    "untyped": Answer((b"\xff\x00",), headers=()),
    "chunked JSON": Answer((b'{"a":', b"1}")),
    "SSE": sse_answer(*EVENTS),
    "SSE in odd pieces": Answer(
        (b"da", b"ta: \xc3", b"\xa4\n", b"\ndata: 2\n\n: bye"),
        headers=(("content-type", "text/event-stream"),),
    ),
    "many events": sse_answer(*(f"data: {number}" for number in range(500))),
}


@pytest.mark.parametrize("buffer", [8, 2**16])
@pytest.mark.parametrize("kind", ANSWERS)
def test_every_byte_is_replayed_whether_it_fits_the_buffer_or_not(
    path: Path, kind: str, buffer: int
) -> None:
    async def read(response: Any) -> bytes:
        return bytes(await response.read())

    told = answered(path, ANSWERS[kind], read, read_bufsize=buffer)
    assert told == ANSWERS[kind].body
    assert not only(path).truncated


def packed(encoding: str, data: bytes) -> bytes:
    if encoding == "gzip":
        return gzip.compress(data)
    if encoding == "deflate":
        return zlib.compress(data)
    brotli = pytest.importorskip("brotli", reason="no brotli here")
    return bytes(brotli.compress(data))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_packed_answer_is_stored_unpacked(path: Path, encoding: str) -> None:
    data = packed(encoding, b'{"said":"hello"}')
    answer = Answer(
        (data,), headers=(("content-type", "application/json"), ("content-encoding", encoding))
    )

    async def read(response: Any) -> Any:
        return await response.json()

    assert answered(path, answer, read) == {"said": "hello"}
    assert only(path).body.value == {"said": "hello"}
    assert "content-encoding" not in dict(only(path).headers)


def test_an_answer_that_its_client_wants_packed_is_stored_unpacked(path: Path) -> None:
    """Decoding is the library's business, so the client of a replay gets plain bytes."""
    answer = json_answer({"said": "hello"})._replace(gzip=True)

    async def post() -> bytes:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            async with session.post(upstream.url, json={}) as response:
                return bytes(await response.read())

    with Upstream([answer]) as upstream, promptecho.use_cassette(path):
        assert gzip.decompress(asyncio.run(post())) == answer.body
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(post()) == answer.body


def test_a_packed_stream_is_stored_event_by_event(path: Path) -> None:
    async def read(response: Any) -> list[bytes]:
        return [line async for line in response.content]

    told = answered(path, sse_answer(*EVENTS, gzip=True), read)
    assert told[0] == b"data: 1\n"
    assert only(path).body.events == EVENTS


# Streams


async def lines(content: Any) -> list[bytes]:
    return [line async for line in content]


async def joined(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def until(content: Any) -> list[bytes]:
    return [await content.readuntil(b"2"), await content.readexactly(4), await content.read()]


async def by_chunk(content: Any) -> bytes:
    return b"".join([chunk async for chunk, _ in content.iter_chunks()])


async def at_once(content: Any) -> list[Any]:
    got = await content.readany()
    while not content.at_eof():
        got += content.read_nowait(3) + await content.read(7)
    return [got, content.read_nowait(), content.is_eof()]


WAYS: dict[str, Callable[[Any], Any]] = {
    "async for": lines,
    "iter_any": lambda content: joined(content.iter_any()),
    "iter_chunked": lambda content: joined(content.iter_chunked(5)),
    "iter_chunks": by_chunk,
    "read": lambda content: content.read(),
    "readline": lambda content: content.readline(),
    "readuntil": until,
    "at_eof": at_once,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_can_be_read_in_every_way(path: Path, way: str) -> None:
    answer = sse_answer(*EVENTS)

    async def read(response: Any) -> Any:
        told = await WAYS[way](response.content)
        return [told, await response.content.read()]

    told = answered(path, answer, read)
    whole = answer.body
    if way in ("iter_any", "iter_chunked", "iter_chunks", "read"):
        assert told == [whole, b""]
    elif way == "readline":
        assert told == [b"data: 1\n", whole[len(b"data: 1\n") :]]
    elif way == "readuntil":
        assert told == [[b"data: 1\n\ndata: 2", b"\n\nda", b"ta: [DONE]\n\n"], b""]
    elif way == "at_eof":
        assert told == [[whole, b"", True], b""]
    else:
        assert told == [whole.splitlines(keepends=True), b""]
    assert only(path).body.events == EVENTS
    assert not only(path).truncated


def test_a_line_that_is_too_long_for_the_session_is_too_long_in_a_recording(path: Path) -> None:
    async def read(response: Any) -> Any:
        try:
            return await response.content.readline()
        except Exception as error:
            return type(error)

    answer = Answer((b"x" * 100 + b"\n",), headers=(("content-type", "text/plain"),))
    assert isinstance(answered(path, answer, read, read_bufsize=8), type)
    assert answered(path.with_name("wide"), answer, read, read_bufsize=80) == answer.body


def test_one_event_is_one_chunk_on_replay_however_slow_the_client(path: Path) -> None:
    async def post(pause: float) -> list[bytes]:
        got = []
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={}) as response:
                async for chunk in response.content.iter_any():
                    got.append(chunk)
                    await asyncio.sleep(pause)
        return got

    with Upstream([ANSWERS["SSE in odd pieces"]]) as upstream, promptecho.use_cassette(path):
        asyncio.run(post(0))
    events = ["data: ä\n\n".encode(), b"data: 2\n\n", b": bye"]
    with promptecho.use_cassette(path, mode="none"):
        for pause in (0, 0.02):
            assert asyncio.run(post(pause)) == events


def test_http_chunks_of_a_live_answer_stay_apart(path: Path) -> None:
    async def post() -> list[bytes]:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={}) as response:
                await response.content.wait_eof()
                return [chunk async for chunk, ends in response.content.iter_chunks() if ends]

    answer = sse_answer(*EVENTS)
    with Upstream([answer]) as upstream, promptecho.use_cassette(path):
        assert [chunk for chunk in asyncio.run(post()) if chunk] == list(answer.chunks)


def test_recording_hands_on_each_event_while_the_upstream_still_sends(path: Path) -> None:
    """The upstream sends the rest only once the client has read the first event."""
    read_first = threading.Event()

    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={"stream": True}) as response:
                chunks = response.content.iter_any()
                assert await chunks.__anext__() == b"data: 1\n\n"
                read_first.set()
                assert await joined(chunks) == b"data: 2\n\ndata: [DONE]\n\n"

    with Upstream([sse_answer(*EVENTS, gate=read_first)]) as upstream:
        with promptecho.use_cassette(path):
            asyncio.run(story())
    assert only(path).body.events == EVENTS


def test_what_has_come_can_be_read_without_waiting(path: Path) -> None:
    read_first = threading.Event()

    async def post() -> list[bytes]:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={"stream": True}) as response:
                while not (first := response.content.read_nowait()):
                    await asyncio.sleep(0.01)
                read_first.set()
                await response.content.wait_eof()
                return [first, response.content.read_nowait()]

    with Upstream([sse_answer(*EVENTS, gate=read_first)]) as upstream:
        with promptecho.use_cassette(path):
            assert asyncio.run(post()) == [b"data: 1\n\n", b"data: 2\n\ndata: [DONE]\n\n"]
    assert only(path).body.events == EVENTS


def test_a_read_that_is_given_up_loses_nothing_of_the_recording(path: Path) -> None:
    read_first = threading.Event()

    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={"stream": True}) as response:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(response.content.read(), 0.1)
                read_first.set()
                await response.content.read()

    with Upstream([sse_answer(*EVENTS, gate=read_first)]) as upstream:
        with promptecho.use_cassette(path):
            asyncio.run(story())
    assert only(path).body.events == EVENTS


@RECORDS_FAILURES
def test_a_stream_that_takes_too_long_is_recorded_as_far_as_it_came(path: Path) -> None:
    gate = threading.Event()

    async def post(timeout: Any) -> None:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            async with session.post(upstream.url, json={"stream": True}) as response:
                chunks = response.content.iter_any()
                assert await chunks.__anext__() == b"data: 1\n\n"
                with pytest.raises(asyncio.TimeoutError):
                    await chunks.__anext__()

    with Upstream([sse_answer(*EVENTS, gate=gate), sse_answer(*EVENTS, gate=gate)]) as upstream:
        for name in ("total", "sock_read"):
            with promptecho.use_cassette(path.with_name(name)):
                asyncio.run(post(aiohttp.ClientTimeout(**{name: 2})))
        gate.set()
    for name in ("total", "sock_read"):
        assert only(path.with_name(name)).truncated
        assert only(path.with_name(name)).body.events == EVENTS[:1]


def test_timing_is_replayed_when_it_is_asked_for(path: Path) -> None:
    async def timed() -> float:
        started = asyncio.get_running_loop().time()
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={"stream": True}) as response:
                assert len(await lines(response.content)) == 2 * len(EVENTS)
        return asyncio.get_running_loop().time() - started

    with Upstream([sse_answer(*EVENTS, pause=0.05)]) as upstream:
        with promptecho.use_cassette(path, record_timing=True):
            asyncio.run(timed())
    seconds = sum(only(path).delays_ms) / 1000
    assert seconds > 0
    with promptecho.use_cassette(path, mode="none", replay_timing=True):
        assert asyncio.run(timed()) > seconds - 0.01  # a loop wakes nobody too early


CUT = (
    "the recording ends here: while it was recorded, the client stopped reading, the block ended, "
    "or the connection broke. To read further, read the whole response inside the block and record "
    "it again (PROMPTECHO_MODE=all)."
)


async def read_to_the_end(
    url: str, size: int | None = None, took: Callable[[], None] = lambda: None
) -> tuple[bytes, str]:
    got = b""
    async with aiohttp.ClientSession() as session:
        async with session.post(url, json={"stream": True}) as response:
            content = response.content
            with pytest.raises(aiohttp.ClientPayloadError) as caught:
                async for chunk in content.iter_chunked(size) if size else content.iter_any():
                    got += chunk
                    took()
    return got, str(caught.value)


@READS_PAST_THE_END
def test_a_client_that_leaves_early_leaves_a_truncated_recording(path: Path) -> None:
    read_first = threading.Event()

    async def leave(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post(url, json={"stream": True}) as response:
                assert await response.content.readany() == b"data: 1\n\n"

    with Upstream([sse_answer(*EVENTS, gate=read_first)]) as upstream:
        with promptecho.use_cassette(path) as cassette:
            asyncio.run(leave(upstream.url + "#part"))
            assert len(cassette.recorded) == 1
            read_first.set()
    assert only(path).truncated
    with promptecho.use_cassette(path, mode="none") as cassette:
        assert cassette.interactions[0].request.url == upstream.url
        asyncio.run(leave(upstream.url))
        for size in (None, 2):
            assert asyncio.run(read_to_the_end(upstream.url, size)) == (b"data: 1\n\n", CUT)


@RECORDS_FAILURES
def test_an_upstream_that_breaks_off_leaves_what_its_client_got(path: Path) -> None:
    """aiohttp may drop what comes together with the end of the connection."""
    read_first = threading.Event()
    answer = sse_answer(*EVENTS[:2], cut=True, gate=read_first)
    with Upstream([answer]) as upstream, promptecho.use_cassette(path):
        got, error = asyncio.run(read_to_the_end(upstream.url, took=read_first.set))
        assert error != CUT
    assert got in (answer.chunks[0], answer.body)
    assert only(path).truncated
    with promptecho.use_cassette(path, mode="none"):
        again, error = asyncio.run(read_to_the_end(upstream.url))
    assert (again, "(closed)" in error) == (got, True)


@pytest.mark.parametrize("kind", ["JSON", "SSE"])
def test_an_answer_that_nobody_reads_is_recorded_as_far_as_it_came(path: Path, kind: str) -> None:
    """With warnings as errors, a connection that is left open fails this test."""

    async def post(live: bool) -> int:
        async with aiohttp.ClientSession() as session:
            response = await session.post(upstream.url, json={})
            while live and not response.closed:
                await asyncio.sleep(0.01)  # the answer comes, unread
            return int(response.status)

    with Upstream([ANSWERS[kind]]) as upstream, promptecho.use_cassette(path):
        assert asyncio.run(post(live=True)) == 200
    assert not only(path).truncated
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(post(live=False)) == 200
        gc.collect()


# What is not recorded


@RECORDS_FAILURES
def test_a_call_that_finds_nobody_alone_is_not_saved(upstream: Upstream, path: Path) -> None:
    upstream.close()

    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.post(upstream.url, json={})

    with promptecho.use_cassette(path) as cassette:
        asyncio.run(story())
    assert kinds(cassette) == ["connect"]
    assert list(path.parent.iterdir()) == []


def test_a_request_that_cannot_be_sent_is_not_recorded_and_leaves_no_connection(
    upstream: Upstream, path: Path
) -> None:
    """With warnings as errors, a connection that is left open fails this test."""

    async def story() -> None:
        async with aiohttp.ClientSession(headers={"x-a": "1\r\nx-b: 2"}) as session:
            with pytest.raises(ValueError, match="header"):
                await session.post(upstream.url, json={})

    with promptecho.use_cassette(path) as cassette:
        asyncio.run(story())
        gc.collect()
    assert cassette.recorded == []


@RECORDS_FAILURES
@pytest.mark.parametrize("timeout", [{"total": 0.1}, {"sock_read": 0.1}])
def test_a_call_that_times_out_before_its_answer_is_a_failure(
    path: Path, timeout: dict[str, float]
) -> None:
    left = threading.Event()

    def script(call: Call) -> Answer:
        left.wait(10)
        return json_answer({})

    async def story() -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(**timeout)) as session:
            with pytest.raises(asyncio.TimeoutError):
                await session.post(upstream.url, json={})
            left.set()

    with Upstream(script) as upstream, promptecho.use_cassette(path) as cassette:
        asyncio.run(story())
    assert kinds(cassette) == ["read-timeout"]


@RECORDS_FAILURES
def test_a_connection_that_takes_too_long_fails_as_it_does_without_a_cassette(path: Path) -> None:
    class Slow(aiohttp.TCPConnector):  # type: ignore[misc,name-defined]
        async def connect(self, *args: Any, **more: Any) -> Any:
            await asyncio.sleep(10)

    class SlowInside(aiohttp.TCPConnector):  # type: ignore[misc,name-defined]
        async def _create_connection(self, *args: Any, **more: Any) -> Any:
            await asyncio.sleep(10)

    async def story(connector: type) -> str:
        timeout = aiohttp.ClientTimeout(connect=0.05)
        async with aiohttp.ClientSession(connector=connector(), timeout=timeout) as session:
            with pytest.raises(aiohttp.ServerTimeoutError) as caught:
                await session.get("http://slow.example/")
        return f"{type(caught.value).__name__}: {caught.value}"

    without = asyncio.run(story(SlowInside))
    with promptecho.use_cassette(path) as cassette:
        assert asyncio.run(story(SlowInside)) == asyncio.run(story(Slow)) == without
    # Before aiohttp 3.10 one class stands for both kinds.
    kind = "connect-timeout" if hasattr(aiohttp, "ConnectionTimeoutError") else "read-timeout"
    assert kinds(cassette) == [kind] * 2


def test_a_websocket_is_handed_on_and_not_recorded(path: Path) -> None:
    from aiohttp import web

    async def serve(request: Any) -> Any:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        await websocket.send_str("hello " + await websocket.receive_str())
        await websocket.close()
        return websocket

    async def converse(url: str) -> str:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url) as websocket:
                await websocket.send_str("you")
                return str(await websocket.receive_str())

    async def live() -> str:
        application = web.Application()
        application.router.add_get("/", serve)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            return await converse("http://{}:{}/".format(*runner.addresses[0]))
        finally:
            await runner.cleanup()

    with promptecho.use_cassette(path) as cassette:
        assert asyncio.run(live()) == "hello you"
    assert (len(cassette.sent), cassette.recorded) == (1, [])
    with pytest.raises(promptecho.CassetteMiss), promptecho.use_cassette(path, mode="none"):
        asyncio.run(converse("http://127.0.0.1:1/"))


# Error answers


@pytest.mark.parametrize("packed", [False, True])
def test_a_refused_error_answer_is_shown_and_leaves_no_file(path: Path, packed: bool) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            await session.post(upstream.url + "/v1/messages", json={})
            raise AssertionError("the call must not return")

    answer = json_answer({"error": "not a key"}, status=401)._replace(gzip=packed)
    with Upstream([answer]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse) as caught:
            with promptecho.use_cassette(path, on_record_error="raise"):
                asyncio.run(story())
    assert caught.value.status == 401
    assert caught.value.body == '{"error":"not a key"}'
    assert len(upstream.calls) == 1
    assert list(path.parent.iterdir()) == []


def test_a_refused_error_answer_that_breaks_off_is_refused_all_the_same(path: Path) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            await session.post(upstream.url, json={})

    answer = Answer((b"half an ",), 500, (("content-type", "text/plain"),), cut=True, pause=0.5)
    with Upstream([answer]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse, match="returned status 500: half an "):
            with promptecho.use_cassette(path, on_record_error="raise"):
                asyncio.run(story())


KEY = "sk-" + "ant-api03-" + "x1Y" * 31 + "AA"


@pytest.mark.parametrize(
    "answer", [json_answer({"key": KEY}), sse_answer(f"data: {KEY}", "data: 2", pause=0.1)]
)
def test_a_secret_in_an_answer_is_raised_to_who_reads_it(path: Path, answer: Answer) -> None:
    async def story() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post(upstream.url, json={}) as response:
                await response.read()
                raise AssertionError("the read must not return")

    with Upstream([answer]) as upstream:
        with pytest.raises(promptecho.CassetteError, match="looks like a secret"):
            with promptecho.use_cassette(path, on_secret="raise"):
                asyncio.run(story())


# What a client asks about its connections

SIGNALS = [name for name in dir(aiohttp.TraceConfig) if name.startswith("on_")]


def tracing(told: list[str]) -> Any:
    """A `TraceConfig` that notes each event, and the host of those that name one."""
    config = aiohttp.TraceConfig()

    def note(name: str) -> Callable[..., Any]:
        async def noted(session: Any, context: Any, event: Any) -> None:
            told.append(f"{name} {getattr(event, 'host', '')}".strip())

        return noted

    for name in SIGNALS:
        getattr(config, name).append(note(name))
    return config


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("cached", [True, False])
def test_a_trace_gets_the_events_of_a_new_connection_on_replay(
    upstream: Upstream, path: Path, host: str, cached: bool
) -> None:
    async def story(url: str) -> list[str]:
        told: list[str] = []
        connector = aiohttp.TCPConnector(use_dns_cache=cached)
        async with aiohttp.ClientSession(
            connector=connector, trace_configs=[tracing(told)]
        ) as session:
            async with session.post(url + CHAT, json=question("hello")) as response:
                await response.read()
        return told

    url = upstream.url.replace("127.0.0.1", host)
    with promptecho.use_cassette(path):
        live = asyncio.run(story(url))
    with promptecho.use_cassette(path, mode="none"):
        assert asyncio.run(story(url)) == live
    assert "on_connection_create_end" in live
    assert (f"on_dns_resolvehost_end {host}" in live) is (host == "localhost")
    assert (f"on_dns_cache_miss {host}" in live) is (host == "localhost" and cached)
