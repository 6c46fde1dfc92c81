"""Calls that fail in the network: each client gets the exception on replay that it got while it was
recorded, and the warnings say what happened.

The faults are real: a port that nobody listens on, a name without an address, a server that resets,
closes, stalls, or speaks no TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

import promptecho
from promptecho._base.spec_data import data, failure_kinds
from promptecho._intercept.failures import os_error
from promptecho._intercept.live_bodies import CUT
from support.clients import PLAIN
from support.failing import READS_PAST_THE_END, RECORDS_FAILURES, kinds

aiohttp = pytest.importorskip("aiohttp")
requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")
httpx2 = importlib.import_module("httpx2") if importlib.util.find_spec("httpx2") else None
needs_httpx2 = pytest.mark.skipif(httpx2 is None, reason="httpx2 needs Python 3.10")

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "q"}], "stream": true}'
JSON = {"content-type": "application/json"}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"9\r\ndata: 1\n\n\r\n"
#: How long a client waits for a server that stalls: it never answers, so any time is long enough.
SHORT = 0.3


class Faults:
    """A server whose connections are handled by a function."""

    def __init__(self, handle: Callable[[socket.socket, threading.Event], None]) -> None:
        self._handle = handle
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        return "{}:{}".format(*self._listener.getsockname())

    def __enter__(self) -> Faults:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # A thread that waits in `accept` would wait on, and take a connection of a later server
        # whose listener gets the number of this one.
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._handle(connection, self._over)


def asked(connection: socket.socket) -> None:
    """Read the request, so that closing the connection does not reset it."""
    got = b""
    while BODY not in got and not got.startswith(b"\x16"):  # a TLS hello
        got += connection.recv(65536)


def reset(connection: socket.socket, _: threading.Event) -> None:
    asked(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket, _: threading.Event) -> None:
    asked(connection)


def stall(connection: socket.socket, over: threading.Event) -> None:
    asked(connection)
    over.wait(60)


def not_http(connection: socket.socket, _: threading.Event) -> None:
    asked(connection)
    connection.sendall(b"this is no HTTP\r\n\r\n")


def stall_in_the_body(connection: socket.socket, over: threading.Event) -> None:
    asked(connection)
    connection.sendall(HEAD + EVENT)
    over.wait(60)


def close_in_the_body(connection: socket.socket, _: threading.Event) -> None:
    asked(connection)
    connection.sendall(HEAD + EVENT)


#: The kind that each fault has for each client.
FAULTS = {"closed": close, "reset": reset, "read-timeout": stall, "protocol": not_http}


@contextlib.contextmanager
def faulty(kind: str) -> Iterator[str]:
    """The URL of a server with a fault."""
    if kind == "connect":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = "http://{}:{}".format(*unused.getsockname())
        yield url
    elif kind == "dns":
        yield "http://no-such-name.invalid"
    elif kind == "tls":
        with Faults(not_http) as server:
            yield f"https://{server.address}"
    else:
        with Faults(FAULTS[kind]) as server:
            yield f"http://{server.address}"


# The clients: each makes one call, and reads the whole response


def with_httpx(module: Any) -> Callable[[str], None]:
    def call(url: str) -> None:
        timeout = module.Timeout(60, read=SHORT)
        with module.Client(**{**PLAIN, "timeout": timeout}) as client:
            client.post(url, content=BODY, headers=JSON)

    return call


def with_httpx_async(module: Any) -> Callable[[str], None]:
    async def story(url: str) -> None:
        timeout = module.Timeout(60, read=SHORT)
        async with module.AsyncClient(**{**PLAIN, "timeout": timeout}) as client:
            await client.post(url, content=BODY, headers=JSON)

    return lambda url: asyncio.run(story(url))


def with_requests(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.post(url, data=BODY, headers=JSON, timeout=(60, SHORT), verify=False)


def with_urllib3(url: str) -> None:
    timeout = urllib3.Timeout(connect=60, read=SHORT)
    with urllib3.PoolManager(retries=False, timeout=timeout, cert_reqs="CERT_NONE") as pool:
        pool.request("POST", url, body=BODY, headers=JSON)


def with_urllib(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, BODY, JSON), timeout=SHORT) as response:
        response.read()


def with_aiohttp(**limits: float) -> Callable[[str], None]:
    async def story(url: str) -> None:
        timeout = aiohttp.ClientTimeout(**limits)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            async with session.post(url, data=BODY, headers=JSON, ssl=False) as response:
                await response.read()

    return lambda url: asyncio.run(story(url))


CLIENTS = {
    "httpx": with_httpx(httpx),
    "httpx-async": with_httpx_async(httpx),
    "httpx2": with_httpx(httpx2),
    "httpx2-async": with_httpx_async(httpx2),
    "requests": with_requests,
    "urllib3": with_urllib3,
    "urllib": with_urllib,
    "aiohttp-total": with_aiohttp(total=SHORT),
    "aiohttp-sock_read": with_aiohttp(sock_read=SHORT),
}
every_client = pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, marks=needs_httpx2 if name.startswith("httpx2") else (), id=name)
        for name, call in CLIENTS.items()
    ],
)
#: httpx, and httpx2 where it is installed.
MODULES = [
    pytest.param(httpx, id="httpx"),
    pytest.param(httpx2, marks=needs_httpx2, id="httpx2"),
]


def outcome(call: Callable[[str], None], url: str) -> list[str]:
    """The class of the exception that a call raises, and those of its reasons."""
    with pytest.raises(Exception) as caught:  # noqa: PT011, each client has its own
        call(url)
    reason = getattr(caught.value, "reason", None)
    found = [caught.value, *([reason] if isinstance(reason, BaseException) else [])]
    return [f"{type(each).__module__}.{type(each).__qualname__}" for each in found]


def other_call(url: str) -> None:
    """A call that gets an answer: a session with failures only saves nothing."""
    with httpx.Client(**PLAIN) as client:
        client.get(url)


def answer(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")


def recorded_and_replayed(path: Path, kind: str, call: Callable[[str], None]) -> list[Any]:
    """Check that a call fails alike without a cassette, recorded and replayed; its kinds."""
    with faulty(kind) as url, Faults(answer) as good:
        alone = outcome(call, url)
        with promptecho.use_cassette(path) as cassette:
            assert outcome(call, url) == alone
            other_call(f"http://{good.address}")
    with promptecho.use_cassette(path, mode="none") as replayed:
        assert outcome(call, url) == alone
    assert [each.failure for each in replayed.played] == [
        each.failure for each in cassette.recorded[: len(replayed.played)]
    ]
    return kinds(cassette)[:-1]


@RECORDS_FAILURES
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@every_client
@pytest.mark.parametrize("kind", ["connect", "dns", "tls", "protocol", "closed", "read-timeout"])
def test_a_call_without_an_answer_fails_alike_on_replay(
    path: Path, kind: str, call: Callable[[str], None]
) -> None:
    if kind == "tls" and call is with_urllib:
        pytest.skip(
            "its default context is covered by urllib3; a certificate is not the point here"
        )
    if kind == "tls" and call is CLIENTS["httpx-async"]:
        with faulty(kind) as url:
            if outcome(call, url) == ["ssl.SSLError"]:
                pytest.skip("httpx 0.24 does not convert the error of ssl: SUPPORT.md")
    found = recorded_and_replayed(path, kind, call)
    assert found == [kind]


@RECORDS_FAILURES
@every_client
def test_a_reset_connection_fails_alike_on_replay(path: Path, call: Callable[[str], None]) -> None:
    """A client may notice the reset while it sends or while it reads."""
    found = recorded_and_replayed(path, "reset", call)
    assert set(found) <= {"reset", "write"}


@RECORDS_FAILURES
@every_client
@pytest.mark.parametrize("fault", [stall_in_the_body, close_in_the_body])
def test_a_response_that_breaks_off_fails_alike_on_replay(
    path: Path, fault: Callable[..., None], call: Callable[[str], None]
) -> None:
    with Faults(fault) as server:
        url = f"http://{server.address}"
        alone = outcome(call, url)
        with promptecho.use_cassette(path) as cassette:
            assert outcome(call, url) == alone
    (recorded,) = cassette.recorded
    assert (recorded.response.truncated, recorded.response.body.events) == (True, ("data: 1",))
    wanted = {"read-timeout"} if fault is stall_in_the_body else {"closed", "reset"}
    assert recorded.failure.kind in wanted
    with promptecho.use_cassette(path, mode="none"):
        assert outcome(call, url) == alone


# Every kind of the specification, also those that a loopback cannot bring about


@pytest.mark.parametrize("kind", failure_kinds())
@pytest.mark.parametrize("module", MODULES)
def test_httpx_raises_what_the_specification_lists(path: Path, module: Any, kind: str) -> None:
    if kind == "cancelled":
        pytest.skip("a blocking client cannot be cancelled")
    assert listed(module.__name__, kind) == [raised_for(path, kind, with_httpx(module))]


@pytest.mark.parametrize("kind", [kind for kind in failure_kinds() if kind != "decode"])
def test_requests_raises_what_the_specification_lists(path: Path, kind: str) -> None:
    """It raises `ContentDecodingError` for a body only, which it decodes on replay as well."""
    assert listed("requests", kind) == [raised_for(path, kind, with_requests)]


@pytest.mark.parametrize("kind", failure_kinds())
def test_urllib_raises_what_the_specification_lists(path: Path, kind: str) -> None:
    assert listed("urllib.request", kind) == [raised_for(path, kind, with_urllib)]


@pytest.mark.parametrize("kind", [kind for kind in failure_kinds() if kind != "cancelled"])
def test_aiohttp_raises_what_the_specification_lists(path: Path, kind: str) -> None:
    found = raised_for(path, kind, with_aiohttp(sock_read=SHORT))
    name = listed("aiohttp", kind)[0]
    assert found == (name if hasattr(aiohttp, name) else OLDER.get(name, name))


#: Classes that older versions of aiohttp do not have, and what these raise.
OLDER = {
    "ClientConnectorDNSError": "ClientConnectorError",
    "ConnectionTimeoutError": "ServerTimeoutError",
    "SocketTimeoutError": "ServerTimeoutError",
}


@pytest.mark.parametrize("kind", failure_kinds())
def test_the_exceptions_of_python_are_those_of_the_specification(kind: str) -> None:
    error = os_error("read-timeout" if kind == "cancelled" else kind)
    assert [type(error).__name__.replace("timeout", "TimeoutError")] == listed("http.client", kind)


def listed(client: str, kind: str) -> list[str]:
    """The names of the exceptions of a client in the specification, without their modules."""
    row = next(row for row in data("failure-kinds")["kinds"] if row["kind"] == kind)
    return [name.rpartition(".")[2] for name in row["clients"][client].split(", ")]


def raised_for(path: Path, kind: str, call: Callable[[str], None]) -> str:
    """The name of what a call raises that replays a failure of this kind."""
    with faulty("closed") as url, Faults(answer) as good:
        with promptecho.use_cassette(path, on_record_error="record"):
            outcome(call, url)
            other_call(f"http://{good.address}")
    text = path.read_text().replace("kind: closed", f"kind: {kind}")
    assert f"kind: {kind}" in text
    path.write_text(text)
    with promptecho.use_cassette(path, mode="none"):
        return outcome(call, url)[0].rpartition(".")[2].replace("timeout", "TimeoutError")


# What is no failure of the network


class Refusing(httpx.BaseTransport):
    """A transport of a test that injects a fault."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("not today", request=request)


def test_what_the_code_of_a_test_raises_is_not_recorded(path: Path) -> None:
    with promptecho.use_cassette(path) as cassette, httpx.Client(transport=Refusing()) as client:
        with pytest.raises(httpx.ConnectError, match="not today"):
            client.get("http://api.example.com/")
    assert (len(cassette.sent), cassette.recorded) == (1, [])


def test_what_a_mock_raises_is_not_recorded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unittest import mock

    monkeypatch.setattr(socket, "create_connection", mock.Mock(side_effect=OSError("blocked")))
    with promptecho.use_cassette(path) as cassette:
        with pytest.raises(httpx.ConnectError):
            with_httpx(httpx)("http://127.0.0.1:9/")
    assert (len(cassette.sent), cassette.recorded) == (1, [])


def test_what_a_blocker_raises_is_not_recorded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(*_: Any, **__: Any) -> Any:
        raise OSError("the network is off limits")

    monkeypatch.setattr(socket.socket, "connect", blocked)
    with promptecho.use_cassette(path) as cassette:
        with pytest.raises(OSError, match="off limits"):
            with_urllib("http://127.0.0.1:9/")
    assert (len(cassette.sent), cassette.recorded) == (1, [])


@RECORDS_FAILURES
def test_an_error_of_the_application_is_no_cause_of_a_failure(path: Path) -> None:
    """A fallback is called while another exception is handled."""
    with faulty("connect") as url, promptecho.use_cassette(path) as cassette:
        try:
            raise ValueError("of the application")
        except ValueError:
            with pytest.raises(httpx.ConnectError):
                with_httpx(httpx)(url)
    assert kinds(cassette) == ["connect"]


# Warnings, and `on_record_error`


def test_a_failure_warns_with_its_kind_while_it_is_recorded(path: Path) -> None:
    with faulty("connect") as url, Faults(answer) as good:
        with pytest.warns(promptecho.PromptechoRecordingWarning) as told:  # noqa: PT031
            with promptecho.use_cassette(path):
                outcome(with_requests, url)
                other_call(f"http://{good.address}")
    (warning,) = (each for each in told if each.category is promptecho.PromptechoRecordingWarning)
    assert f"recorded a failed call: POST {url}/ failed (connect)" in str(warning.message)
    assert warning.filename == __file__


def test_a_session_with_failures_only_saves_nothing_and_names_the_call(path: Path) -> None:
    with faulty("connect") as url, pytest.warns(promptecho.PromptechoRecordingWarning) as told:
        with promptecho.use_cassette(path, on_record_error="record"):
            outcome(with_requests, url)
    (warning,) = told
    assert f"nothing was saved, because no call got an answer: POST {url}/" in str(warning.message)
    assert list(path.parent.iterdir()) == []


@every_client
def test_a_failure_can_be_refused(path: Path, call: Callable[[str], None]) -> None:
    with faulty("connect") as url, pytest.raises(promptecho.RecordedErrorResponse) as caught:
        with promptecho.use_cassette(path, on_record_error="raise"):
            call(url)
    assert (caught.value.failure, caught.value.status) == ("connect", None)
    assert "failed (connect)" in str(caught.value)
    assert list(path.parent.iterdir()) == []


# Responses that are read after the block


@READS_PAST_THE_END
@pytest.mark.parametrize("module", MODULES)
def test_a_stream_that_is_read_after_the_block_fails_as_on_replay(path: Path, module: Any) -> None:
    with Faults(close_in_the_body) as server, module.Client(**PLAIN) as client:
        seen = []
        for mode in ("once", "none"):
            request = client.build_request(
                "POST", f"http://{server.address}", content=BODY, headers=JSON
            )
            wanted = "the block ended before" if mode == "once" else "read past the end"
            with pytest.warns(promptecho.PromptechoRecordingWarning, match=wanted):  # noqa: PT031
                with promptecho.use_cassette(path, mode=mode):
                    response = client.send(request, stream=True)
                with pytest.raises(module.RemoteProtocolError) as caught:
                    response.read()
            seen.append(str(caught.value))
    assert seen == [CUT, CUT]


# Cancelled calls


def test_a_call_that_was_cancelled_is_cancelled_again_on_replay(path: Path) -> None:
    async def story(stalling: str, good: str) -> str:
        async with httpx.AsyncClient(**PLAIN) as client:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.post(stalling, content=BODY, headers=JSON), SHORT)
            return (await client.get(good)).text

    with Faults(stall) as server, Faults(answer) as fine:
        urls = f"http://{server.address}", f"http://{fine.address}"
        with promptecho.use_cassette(path) as cassette:
            assert asyncio.run(story(*urls)) == "ok"
    assert kinds(cassette) == ["cancelled", None]
    with promptecho.use_cassette(path, mode="none") as cassette:
        assert asyncio.run(story(*urls)) == "ok"
        # An event of a stream may still wait for the request after the cancelled one [AFTER-4].
        assert cassette._opened._parts.starts.quiet_since > time.monotonic()


def test_a_cancelled_call_that_nobody_cancels_again_times_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_a_call_that_was_cancelled_is_cancelled_again_on_replay(path)
    monkeypatch.setattr("promptecho._session.turns.LIMIT", 0.01)
    url = next(line.split('"')[1] for line in path.read_text().splitlines() if " url: " in line)
    with promptecho.use_cassette(path, mode="none"), pytest.raises(httpx.ReadTimeout):
        with_httpx_async(httpx)(url)
