"""`promptecho serve`: what a client of any language sends is recorded and replayed."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

import promptecho
from support.record_replay import recordings
from support.serving import CLIENT, Served
from support.upstream import Answer, Upstream, compact, echo, json_answer, sse_answer

CHAT = "/v1/chat/completions"
BINARY = bytes(range(256)) * 4


def ask(url: str, prompt: str = "hi", **more: Any) -> httpx.Response:
    """A chat request of a client that promptecho does not see."""
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **more}
    return CLIENT.post(f"{url}{CHAT}", json=body, headers={"authorization": "Bearer k"})


def test_an_answer_is_replayed_with_the_upstream_shut_down(path: Path) -> None:
    with Upstream(echo) as upstream, Served(path, upstream.url) as server:
        live = ask(server.url)
    assert server.report[2:] == (1, 0, 1, 0, None)
    assert upstream.refuses()
    with Served(path, upstream.url, mode="none") as server:
        replayed = ask(server.url)
    assert server.report[2:] == (1, 1, 0, 0, None)
    assert replayed.content == live.content == upstream.sent[0].body
    assert replayed.status_code == 200
    assert replayed.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (json_answer({"a": 1}), 200),
        (json_answer({"a": [1, 2.50]}, indent=2), 200),
        (Answer((BINARY,), headers=(("content-type", "audio/mpeg"),)), 200),
        (Answer((BINARY, BINARY), headers=(("content-type", "audio/mpeg"),)), 200),
        (sse_answer('data: {"a": 1}', "data: [DONE]"), 200),
        (sse_answer("event: x\ndata: 1", "data: 2", line_end="\r\n"), 200),
        (Answer((b"",), 204, ()), 204),
        (json_answer({"a": "é" * 500})._replace(gzip=True), 200),
        (sse_answer("data: 1", "data: 2")._replace(gzip=True), 200),
    ],
)
def test_bytes_are_those_of_the_upstream(path: Path, answer: Answer, status: int) -> None:
    found = []
    with Upstream([answer]) as upstream, Served(path, upstream.url) as server:
        found.append(ask(server.url))
    with Served(path, upstream.url, mode="none") as server:
        found.append(ask(server.url))
    for response in found:
        assert (response.status_code, response.content) == (status, answer.body)
    assert found[0].headers.get("content-encoding") == ("gzip" if answer.gzip else None)


def events(url: str, go_on: threading.Event) -> list[str]:
    """Read a stream with openai; the upstream goes on when the first event is there."""
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)
    found = []
    messages: Any = [{"role": "user", "content": "hi"}]
    for event in client.chat.completions.create(model="m", messages=messages, stream=True):
        found.append(event.choices[0].delta.content or "")
        go_on.set()
    return found


def stream_of(*words: str, gate: threading.Event | None = None) -> Answer:
    """A chat stream of OpenAI."""
    chunks = [
        {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}],
        }
        for word in words
    ]
    texts = [f"data: {compact(each)}" for each in chunks]
    return sse_answer(*texts, "data: [DONE]", gate=gate)


def test_the_first_event_comes_while_the_upstream_sends(path: Path) -> None:
    # A server that buffers would never open the gate.
    gate = threading.Event()
    with Upstream([stream_of("a", "b", gate=gate)]) as upstream:
        with Served(path, upstream.url) as server:
            assert events(server.url, gate) == ["a", "b"]
    with Served(path, upstream.url, mode="none") as server:
        assert events(server.url, gate) == ["a", "b"]


def direct(path: Path, upstream: Upstream, **options: Any) -> tuple[Any, list[str]]:
    """Call the upstream in this process, with a cassette."""
    gate = threading.Event()
    with promptecho.use_cassette(path, **options):
        response = ask(upstream.url, temperature=0.5)
        return response.json(), events(upstream.url, gate)


def through(path: Path, upstream: Upstream, **options: Any) -> tuple[Any, list[str]]:
    """The same calls through a server."""
    with Served(path, upstream.url, **options) as server:
        return ask(server.url, temperature=0.5).json(), events(server.url, threading.Event())


def test_python_and_the_server_replay_each_other_with_equal_keys(tmp_path: Path) -> None:
    found, keys = [], []
    for name, record, replay in (("d.yaml", direct, through), ("t.yaml", through, direct)):
        path = tmp_path / name
        with Upstream([json_answer({"choices": []}), stream_of("a", "b")]) as upstream:
            found.append(record(path, upstream))
        found.append(replay(path, upstream, mode="none"))
        keys.append([(each.request.match_key, each.request.body) for each in recordings(path)])
    assert found == [({"choices": []}, ["a", "b"])] * 4
    assert keys[0] == keys[1]
    assert len(keys[0]) == 2


MISSES = [
    ("/v1/chat/completions", {}, "openai", lambda body: body["error"]["message"]),
    ("/v1/messages", {}, "anthropic", lambda body: body["error"]["message"]),
    (
        "/v1/models",
        {"anthropic-version": "2023-06-01"},
        "anthropic",
        lambda b: b["error"]["message"],
    ),
    ("/v1beta/models/g:generateContent", {}, "google", lambda body: body["error"]["message"]),
    ("/model/x/converse", {}, "bedrock", lambda body: body["message"]),
    ("/api/chat", {}, "ollama", lambda body: body["error"]),
    ("/v2/chat", {}, "cohere", lambda body: body["message"]),
    (
        "/_upstream/api.mistral.ai/v1/chat/completions",
        {},
        "openai",
        lambda b: b["error"]["message"],
    ),
]


@pytest.mark.parametrize(("target", "headers", "provider", "text"), MISSES)
def test_a_miss_has_the_shape_of_the_provider(
    path: Path, target: str, headers: dict[str, str], provider: str, text: Any
) -> None:
    with Served(path, mode="none") as server:
        response = CLIENT.post(f"{server.url}{target}", json={"a": 1}, headers=headers)
    assert response.status_code == 400
    assert response.headers["x-should-retry"] == "false"
    message = text(response.json())
    assert message.startswith("no recording for POST http")
    assert "the file does not exist" in message
    assert (response.json().get("type") == "error") == (provider == "anthropic")
    is_google = "status" in json.dumps(response.json().get("error"))
    assert is_google == (provider == "google")
    assert ("x-amzn-errortype" in response.headers) == (provider == "bedrock")
    assert server.report.missed == 1
    assert not server.report.is_good


def test_an_sdk_does_not_retry_a_miss_and_shows_the_difference(path: Path) -> None:
    with Upstream(echo) as upstream, Served(path, upstream.url) as server:
        ask(server.url, "one")
    with Served(path, upstream.url, mode="none") as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=5)
        messages: Any = [{"role": "user", "content": "two"}]
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model="m", messages=messages)
    assert 'messages[0].content: recorded "one" / incoming "two"' in str(caught.value)
    assert server.report[2:6] == (1, 0, 0, 1)


def test_an_sdk_retries_as_it_did(path: Path) -> None:
    busy = json_answer({"error": {"message": "busy"}}, ("retry-after", "0"), status=429)
    with Upstream([busy, json_answer({"choices": [], "id": "c"})]) as upstream:
        with Served(path, upstream.url, on_record_error="record") as server:
            assert create(server.url) == "c"
    with Served(path, upstream.url, mode="none") as server:
        assert create(server.url) == "c"
    assert server.report[2:6] == (2, 2, 0, 0)


def create(url: str) -> str:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=1)
    messages: Any = [{"role": "user", "content": "hi"}]
    return client.chat.completions.create(model="m", messages=messages).id


@pytest.mark.parametrize("fault", ["closed", "reset"])
@pytest.mark.parametrize("chunks", [(), (b"data: 1\n\n",)])
def test_a_broken_connection_is_replayed_as_one(path: Path, fault: Any, chunks: Any) -> None:
    answer = Answer(chunks, headers=(("content-type", "text/event-stream"),), fault=fault)
    with Upstream([json_answer({}), answer]) as upstream:
        with Served(path, upstream.url, on_record_error="record") as server:
            ask(server.url, "first")
            live = what_arrives(server.url)
    with Served(path, upstream.url, mode="none") as server:
        ask(server.url, "first")
        assert what_arrives(server.url) == live == b"".join(chunks)


def what_arrives(url: str) -> bytes:
    """The body of an answer until the connection breaks, which it does."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    arrived = b""
    with pytest.raises(httpx.RemoteProtocolError):
        with CLIENT.stream("POST", f"{url}{CHAT}", json=body) as response:
            for chunk in response.iter_raw():
                arrived += chunk
    return arrived


def test_an_upstream_that_cannot_be_reached_breaks_the_connection_and_is_named(path: Path) -> None:
    with Upstream([]) as upstream:
        pass
    with Served(path, upstream.url, on_record_error="record") as server:
        assert what_arrives(server.url) == b""
    assert any("127.0.0.1: ConnectError" in line for line in server.said)


def test_a_stream_that_the_client_leaves_is_recorded_as_far_as_it_came(path: Path) -> None:
    gate = threading.Event()
    try:
        with Upstream([stream_of("a", "b", gate=gate)]) as upstream:
            with Served(path, upstream.url) as server:
                first_event(server.url)
                while not recorded(server.url):
                    pass
    finally:
        gate.set()
    with Served(path, upstream.url, mode="none") as server:
        first_event(server.url)
    (interaction,) = recordings(path)
    assert interaction.response.truncated
    assert len(interaction.response.body.events) == 1


def first_event(url: str) -> None:
    """Read the first event of a stream, and leave."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    with CLIENT.stream("POST", f"{url}{CHAT}", json=body) as response:
        assert next(response.iter_raw()).startswith(b"data: ")


def recorded(url: str) -> int:
    return sum(each["recorded"] for each in CLIENT.get(f"{url}/_promptecho/report").json())


def test_head_keep_alive_and_chunked_requests_pass(path: Path) -> None:
    def story(url: str) -> list[Any]:
        with httpx.Client(base_url=url, timeout=60) as client:
            head = client.head("/v1/models")
            chunked = client.post("/v1/files", content=iter([b"a" * 70_000, b"b" * 70_000]))
            got = client.get("/v1/models")
            assert [each.is_closed for each in (head, chunked, got)] == [True] * 3
            connections = {id(c) for c in client._transport._pool.connections}  # type: ignore[attr-defined]
            assert len(connections) == 1
            return [head.content, chunked.content, got.content]

    def answer(call: Any) -> Answer:
        return json_answer({"method": call.method, "size": len(call.body)})

    with Upstream(answer) as upstream, Served(path, upstream.url) as server:
        live = story(server.url)
    with Served(path, upstream.url, mode="none") as server:
        assert story(server.url) == live
    assert live == [b"", b'{"method":"POST","size":140000}', b'{"method":"GET","size":0}']
    assert server.report.is_good


def test_two_hundred_clients_get_their_own_answers(path: Path) -> None:
    found: dict[int, str] = {}

    def one(url: str, number: int) -> None:
        text = ask(url, f"prompt {number}").json()["choices"][0]["message"]["content"]
        found[number] = text

    def all_at_once(url: str) -> None:
        found.clear()
        threads = [threading.Thread(target=one, args=(url, number)) for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {number: f"prompt {number}" for number in range(200)}

    with Upstream(echo) as upstream, Served(path, upstream.url) as server:
        all_at_once(server.url)
    with Served(path, upstream.url, mode="none") as server:
        all_at_once(server.url)
    assert server.report[2:6] == (200, 200, 0, 0)


def test_authorization_goes_to_the_upstream_and_nowhere_else(path: Path) -> None:
    secret = "sk-proj-" + "Abc123" * 8
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    headers = {
        "authorization": f"Bearer {secret}",
        "x-promptecho-token": "t",
        "connection": "x-own, keep-alive",
        "x-own": "1",
        "x-other": "2",
        "te": "trailers",
    }
    with Upstream(echo) as upstream, Served(path, upstream.url) as server:
        CLIENT.post(f"{server.url}{CHAT}", json=body, headers=headers)
        shown = CLIENT.get(f"{server.url}/_promptecho/sent").text
    arrived = {name.lower(): value for name, value in upstream.calls[0].headers}
    assert arrived["authorization"] == f"Bearer {secret}"
    assert arrived["host"] == upstream.url.partition("//")[2]
    assert arrived["x-other"] == "2"
    assert arrived.keys().isdisjoint({"x-promptecho-token", "x-own", "te"})
    assert secret not in path.read_text(encoding="utf-8") + shown + "".join(server.said)


def test_an_error_that_must_not_be_recorded_is_refused(path: Path) -> None:
    bad = json_answer({"error": {"message": "bad key"}}, status=401)
    with Upstream([bad]) as upstream:
        with Served(path, upstream.url, on_record_error="raise") as server:
            response = ask(server.url)
    assert response.status_code == 400
    assert "bad key" in response.json()["error"]["message"]
    assert server.report.problem is not None
    assert not path.exists()


def test_calls_that_pass_through_are_made_and_not_recorded(path: Path) -> None:
    with Upstream(echo) as upstream:
        with Served(path, upstream.url, mode="none", passthrough=["127.0.0.1"]) as server:
            assert ask(server.url).status_code == 200
    assert len(upstream.calls) == 1
    assert server.report.is_good
    assert not path.exists()
