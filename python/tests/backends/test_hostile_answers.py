"""A recording is one response: no header ends a line, and no client hangs."""

from __future__ import annotations

import asyncio
import http.client
from contextlib import closing
from pathlib import Path
from typing import Callable

import httpx
import pytest

import promptecho
from promptecho._checks.validate import findings
from support.clients import PLAIN

aiohttp = pytest.importorskip("aiohttp")
requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")

URL = "http://api.example.com/v1/x"
KEY = promptecho.fingerprint("GET", URL, {})

Seen = tuple[int, dict[str, str], bytes]


def with_httpx() -> Seen:
    with httpx.Client(**PLAIN) as client:
        answer = client.get(URL)
    return answer.status_code, dict(answer.headers), answer.content


def with_requests() -> Seen:
    answer = requests.get(URL, timeout=60)
    return answer.status_code, dict(answer.headers), answer.content


def with_urllib3() -> Seen:
    answer = urllib3.PoolManager().request("GET", URL, retries=False)
    return answer.status, dict(answer.headers), answer.data


def with_http_client() -> Seen:
    with closing(http.client.HTTPConnection("api.example.com")) as connection:
        connection.request("GET", "/v1/x")
        with connection.getresponse() as answer:
            return answer.status, dict(answer.getheaders()), answer.read()


def with_aiohttp() -> Seen:
    async def get() -> Seen:
        async with aiohttp.ClientSession() as session, session.get(URL) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    return asyncio.run(get())


CLIENTS = [with_httpx, with_requests, with_urllib3, with_http_client, with_aiohttp]
each_client = pytest.mark.parametrize("ask", CLIENTS)


def cassette(
    headers: str = "{}", status: int = 200, body: str = 'body: "hello"', reason: str = ""
) -> str:
    told = f"      reason: {reason}\n" if reason else ""
    return (
        "version: 2\nminor: 1\nmatch_on: [model]\ninteractions:\n  - request:\n"
        f'      method: GET\n      url: "{URL}"\n      match_key: "{KEY}"\n'
        "      matched_on: []\n      body: {}\n    response:\n"
        f"      status: {status}\n{told}      headers: {headers}\n"
        f"      streaming: false\n      {body}\n...\n"
    )


REFUSED = {
    "value CRLF": cassette(r'{a: "1\r\ninjected: yes"}'),
    "value LF": cassette(r'{a: "1\ninjected: yes"}'),
    "value CR": cassette(r'{a: "1\rinjected: yes"}'),
    "value NUL": cassette(r'{a: "x\0y"}'),
    "value of a list": cassette(r'{a: [b, "1\r\ninjected: yes"]}'),
    "value beyond latin-1": cassette(r'{a: "\u4e2d"}'),
    "head ends": cassette(r'{a: "1\r\n\r\nHTTP/1.1 200 OK"}'),
    "name CRLF": cassette(r'{"a: 1\r\ninjected": "yes"}'),
    "name with a space": cassette(r'{"a b": "x"}'),
    "name with a colon": cassette(r'{"a:b": "x"}'),
    "name beyond latin-1": cassette(r'{"\u4e2d": "x"}'),
    "name empty": cassette(r'{"": "x"}'),
    "reason CRLF": cassette(reason=r'"OK\r\ninjected: yes"'),
    "reason LF": cassette(reason=r'"OK\ninjected: yes"'),
    "reason NUL": cassette(reason=r'"O\0K"'),
    "reason beyond latin-1": cassette(reason=r'"\u4e2d"'),
    "status 100": cassette(status=100),
    "status 101": cassette(status=101),
    "status 103": cassette(status=103),
    "status 199": cassette(status=199),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
@each_client
def test_what_is_not_one_response_is_never_played(
    path: Path, ask: Callable[[], Seen], text: str
) -> None:
    path.write_bytes(text.encode())
    with pytest.raises(promptecho.CassetteError) as caught:
        with promptecho.use_cassette(path, mode="none"):
            ask()
    assert caught.value.code == "cassette.value"


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_validate_says_the_same(text: str) -> None:
    found = findings(text.encode(), "x.yaml")
    assert [each.code for each in found if each.severity == "error"] == ["cassette.value"]


ODD = {
    "status 204": cassette(status=204),
    "status 205": cassette(status=205),
    "status 304": cassette(status=304),
    "status 999": cassette(status=999),
    "content-length": cassette('{content-length: "1"}'),
    "content-length, longer": cassette('{content-length: "100"}'),
    "chunked": cassette("{transfer-encoding: chunked}"),
    "both": cassette('{transfer-encoding: "chunked", content-length: "3"}'),
    "upgrade": cassette("{upgrade: websocket, connection: upgrade}"),
    "close": cassette("{connection: keep-alive}"),
    "trailer": cassette("{trailer: a}"),
    "latin-1": cassette(r'{a: "\xe9"}', reason=r'"\xe9"'),
    "controls": cassette(r'{a: "\x01\x0b\x0c\x1c\x85\x7f"}'),
    "no body": cassette(body="x-a: 1"),
    "truncated": cassette(body='body: "hello"\n      truncated: true'),
}


LIBRARIES_OWN = (
    httpx.HTTPError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    aiohttp.ClientError,
    ConnectionError,
)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@each_client
def test_no_client_hangs_and_no_header_is_added(
    path: Path, ask: Callable[[], Seen], text: str
) -> None:
    path.write_bytes(text.encode())
    promised = ("content-length", "transfer-encoding", "a")
    try:
        with promptecho.use_cassette(path, mode="none"):
            status, headers, body = ask()
    except LIBRARIES_OWN:
        if text not in (ODD["truncated"], ODD["controls"]):
            raise
    else:
        assert f"status: {status}\n" in text
        stored = text.partition("headers: ")[2].partition("\n")[0]
        for name in headers:
            assert name.lower() in promised or name.lower() in stored
        assert body in (b"hello", b"")


# What is recorded


class Answering(httpx.BaseTransport):
    """A transport of the user's own, which may answer what no server can."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.answer


def answering(answer: httpx.Response) -> httpx.Client:
    return httpx.Client(transport=Answering(answer))


def test_an_answer_that_changes_the_protocol_is_not_recorded(path: Path) -> None:
    for status in (101, 200):
        with promptecho.use_cassette(path):
            with answering(httpx.Response(status, headers={"upgrade": "websocket"})) as client:
                assert client.get(URL).status_code == status
        assert path.exists() == (status == 200)


def test_a_header_that_no_reader_would_take_is_not_recorded(path: Path) -> None:
    headers = [(b"a b", b"1"), (b"a", b"1\r\nb: 2"), (b"c", b"3\x00"), (b"d", b"\xe9"), (b"", b"")]
    extensions = {"reason_phrase": b"O\r\nK"}
    with promptecho.use_cassette(path, mode="all"):
        with answering(httpx.Response(200, headers=headers, extensions=extensions)) as client:
            client.get(URL)
    with promptecho.use_cassette(path, mode="none") as cassette:
        with httpx.Client(**PLAIN) as client:
            assert client.get(URL).reason_phrase == "OK"
    (recording,) = cassette.interactions
    assert recording.response.headers == (("d", ("\xe9",)),)
