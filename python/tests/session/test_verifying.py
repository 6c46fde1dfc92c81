"""Mode `verify` with each HTTP library, and with streams and failures."""

from __future__ import annotations

import asyncio
import http.client
import inspect
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

import promptecho
from promptecho._base.model import EventStream, JsonBody, RecordedResponse
from promptecho._checks.answer_shape import compared
from sdk import answers
from support.clients import (
    post_aiohttp,
    post_http_client,
    post_httpx,
    post_httpx_async,
    post_requests,
    post_urllib3,
)
from support.upstream import Upstream

pytestmark = pytest.mark.filterwarnings("ignore::promptecho.PromptechoOwnServerWarning")


def by_requests(url: str) -> str:
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        return post_requests(session, url, "hello")


def by_urllib3(url: str) -> str:
    urllib3 = pytest.importorskip("urllib3")
    with urllib3.PoolManager() as pool:
        return post_urllib3(pool, url, "hello")


def by_http_client(url: str) -> str:
    connection = http.client.HTTPConnection(url.partition("//")[2])
    try:
        return post_http_client(connection, "hello")
    finally:
        connection.close()


async def by_aiohttp(url: str) -> str:
    aiohttp = pytest.importorskip("aiohttp")
    async with aiohttp.ClientSession() as session:
        return await post_aiohttp(session, url, "hello")


STORIES: dict[str, Callable[[str], Any]] = {
    "httpx": lambda url: post_httpx(url, "hello"),
    "httpx-async": lambda url: post_httpx_async(url, "hello"),
    "requests": by_requests,
    "urllib3": by_urllib3,
    "http.client": by_http_client,
    "aiohttp": by_aiohttp,
}


def played(path: Path, story: Callable[[str], Any], url: str, mode: Any) -> tuple[Any, Any]:
    with promptecho.use_cassette(path, mode=mode) as cassette:
        result = story(url)
        answer = asyncio.run(result) if inspect.iscoroutine(result) else result
    return answer, cassette.verified


@pytest.mark.parametrize("name", STORIES)
def test_each_library_plays_the_recording_and_asks_the_upstream(name: str, tmp_path: Path) -> None:
    story, path = STORIES[name], tmp_path / "a.yaml"
    texts: Iterator[str] = iter(("first", "second"))
    with Upstream(lambda _: answers.chat(next(texts))) as upstream:
        assert played(path, story, upstream.url, "once") == ("first", [])
        before = path.read_bytes()
        answer, (found,) = played(path, story, upstream.url, "verify")
        assert (answer, found.result, found.changes) == ("first", "reworded", ())
        assert len(upstream.calls) == 2
        assert upstream.calls[0].body == upstream.calls[1].body
    answer, (found,) = played(path, story, upstream.url, "verify")  # nobody listens any more
    assert (answer, found.result, found.changes) == ("first", "unreached", ("connect",))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# --- shapes ---------------------------------------------------------------------------------------


def of_json(value: Any, status: int = 200) -> RecordedResponse:
    return RecordedResponse(status, (), JsonBody(value))


def of_events(*events: str) -> RecordedResponse:
    return RecordedResponse(200, (), EventStream("sse-lf", events))


def chunk(**delta: Any) -> str:
    return "data: " + json.dumps({"id": "1", "choices": [{"index": 0, "delta": delta}]})


CALL = {"type": "tool_use", "id": "1", "name": "weather", "input": {"city": "Rome"}}


@pytest.mark.parametrize(
    ("recorded", "live", "result", "changes"),
    [
        ({"id": "1", "a": 1}, {"id": "2", "a": 1}, "same", ()),
        ({"a": "x"}, {"a": "y"}, "reworded", ()),
        ({"a": 1}, {"a": 1.5}, "reworded", ()),
        ({"a": []}, {"a": []}, "same", ()),
        ({"a": ["x"]}, {"a": ["y", "z"]}, "reworded", ()),
        ({"a": 1}, {"a": "1"}, "changed", ("a: recorded number / live string",)),
        ({"a": 1}, {"a": True}, "changed", ("a: recorded number / live boolean",)),
        ({"a": {"b": 1}}, {"a": {}}, "changed", ("a.b: recorded number / live (absent)",)),
        ({"a": None}, {"a": "x"}, "changed", ("a: recorded null / live string",)),
        (
            {"finish_reason": "stop"},
            {"finish_reason": "length"},
            "changed",
            ('finish_reason: recorded "stop" / live "length"',),
        ),
        ({"content": [CALL]}, {"content": [{**CALL, "input": {"town": 1}}]}, "reworded", ()),
        (
            {"content": [CALL]},
            {"content": [{**CALL, "name": "time"}]},
            "changed",
            ('content[].name: recorded "weather" / live "time"',),
        ),
        ({"name": "Ann"}, {"name": "Bob"}, "reworded", ()),
    ],
)
def test_json_answers_are_compared_by_their_shape(
    recorded: Any, live: Any, result: str, changes: tuple[str, ...]
) -> None:
    assert compared(of_json(recorded), of_json(live)) == (result, changes)


def test_streams_are_compared_by_their_events() -> None:
    hello = [chunk(content="Hel"), chunk(content="lo"), "data: [DONE]"]
    assert compared(of_events(*hello), of_events(*hello)).result == "same"
    other = [chunk(content=text) for text in "other"]
    assert compared(of_events(*hello), of_events(*other, "data: [DONE]")).result == "reworded"
    assert compared(of_events(*hello), of_events(*hello[:2])).changes == (
        "events: recorded message, [DONE] / live message",
        "[DONE]: recorded null / live (absent)",
    )
    tool = chunk(tool_calls=[{"function": {"name": "weather", "arguments": "{}"}}])
    assert compared(of_events(*hello), of_events(tool, hello[2])).result == "changed"


def test_named_events_have_an_order() -> None:
    one, two = 'event: start\ndata: {"a": 1}', 'event: stop\ndata: {"b": 1}'
    assert compared(of_events(one, two), of_events(one, one, two)).result == "reworded"
    assert compared(of_events(one, two), of_events(two, one)).changes == (
        "events: recorded start, stop / live stop, start",
    )


def test_what_was_removed_is_gone() -> None:
    good = of_json({"a": 1})
    for status, result in ((404, "gone"), (410, "gone"), (400, "changed"), (503, "changed")):
        assert compared(good, of_json({}, status)) == (
            result,
            (f"status: recorded 200 / live {status}",),
        )
    assert compared(of_json({}, 400), of_json({}, 404)).result == "changed"


def test_another_kind_of_body_is_a_change() -> None:
    assert compared(of_json({"a": 1}), of_events("data: 1")).changes == (
        "body: recorded JsonBody / live EventStream",
    )


def test_urllib_is_compared_once(tmp_path: Path) -> None:
    def story(url: str) -> str:
        body = json.dumps({"model": "m", "messages": []}).encode()
        request = urllib.request.Request(url + "/v1/chat/completions", body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as response:
            return str(json.load(response)["choices"][0]["message"]["content"])

    with Upstream(lambda _: answers.chat("hi")) as upstream:
        played(tmp_path / "a.yaml", story, upstream.url, "once")
        _, (found,) = played(tmp_path / "a.yaml", story, upstream.url, "verify")
    assert found.result == "same"


def test_a_stream_is_read_whole_before_the_client_reads_the_recording(tmp_path: Path) -> None:
    def story(url: str) -> str:
        with httpx.Client(trust_env=False) as client:
            body = {"model": "m", "messages": [], "stream": True}
            with client.stream("POST", url + "/v1/chat/completions", json=body) as response:
                return "".join(response.iter_text())

    texts = iter((("Hel", "lo"), ("Good ", "day")))
    with Upstream(lambda _: answers.chat_stream(*next(texts))) as upstream:
        first, _ = played(tmp_path / "a.yaml", story, upstream.url, "once")
        again, (found,) = played(tmp_path / "a.yaml", story, upstream.url, "verify")
    assert again == first
    assert found.result == "reworded"
