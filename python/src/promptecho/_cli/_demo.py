"""The proof, on this machine alone: record, shut the upstream down, replay, compare every byte."""

from __future__ import annotations

import importlib
import json
import os
import platform
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from promptecho import CassetteError, CassetteMiss, __version__, use_cassette

Write = Callable[[str], object]

_QUESTION = "Summarize: the cat sat on the mat."
_ANSWER = ("A ", "cat ", "sat ", "on ", "a ", "mat.")


def demo(write: Write, *, keep: Path | None = None) -> int:
    """Record a plain and a streamed call, then replay both without an upstream.

    Args:
        write: takes the text that tells what happened.
        keep: folder for the cassette; without it a temporary one, gone afterwards.

    Returns:
        0 if every byte replayed is the byte recorded, else 1.
    """
    try:
        with _folder(keep) as folder, _mode_of_its_own():
            return _prove(write, folder / "promptecho-demo.yaml", keep is not None)
    except (CassetteError, CassetteMiss) as error:
        write(f"\n{error}\n")
        return 1


def _prove(write: Write, path: Path, kept: bool) -> int:
    http = _http_library()
    write(f"promptecho {__version__}, Python {platform.python_version()}, ")
    write(f"{http.__name__} {http.__version__}; no key, no network beyond this machine\n\n")

    with _Upstream() as upstream:
        write(f"1. A model's server, OpenAI chat as JSON and SSE, listens on {upstream.url}\n")
        with use_cassette(path, mode="all"):
            recorded = _two_calls(http, upstream.url)
        write(f"2. Recorded: it was called {upstream.calls} times\n")
        _tell(write, recorded)

    refusal = _refusal(upstream.address)
    if refusal is None:
        write("3. FAILED: something still answers on that port\n")
        return 1
    write(f"3. The server is shut down; a connection to it now fails: {refusal}\n")

    with use_cassette(path, mode="none"):
        replayed = _two_calls(http, upstream.url)
    write(f"4. Replayed from {path}\n")
    _tell(write, replayed)

    same = [old.body for old in recorded] == [new.body for new in replayed]
    size = sum(len(call.body) for call in replayed)
    write(f"5. {'Equal' if same else 'FAILED: not equal'}, byte for byte: {size} bytes\n")
    write(f"\nThe cassette{f', {path},' if kept else ''} is plain text:\n\n")
    write(path.read_text(encoding="utf-8"))
    return 0 if same else 1


class _Call(NamedTuple):
    kind: str
    status: int
    chunks: tuple[bytes, ...]
    said: str

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


def _tell(write: Write, calls: tuple[_Call, ...]) -> None:
    for call in calls:
        parts = f" in {len(call.chunks)} parts" if len(call.chunks) > 1 else ""
        size = f"{len(call.body)} bytes{parts}"
        write(f"     {call.kind:8}  {call.status}  {size:22}  {call.said!r}\n")


def _two_calls(http: Any, url: str) -> tuple[_Call, ...]:
    with http.Client(trust_env=False, timeout=5) as client:
        return _call(client, url, stream=False), _call(client, url, stream=True)


def _call(client: Any, url: str, *, stream: bool) -> _Call:
    body: dict[str, Any] = {
        "model": "demo-1",
        "messages": [{"role": "user", "content": _QUESTION}],
    }
    if stream:
        body["stream"] = True
    with client.stream("POST", url, json=body) as response:
        chunks = tuple(response.iter_bytes())
    kind = "streamed" if stream else "plain"
    said = _said_in_stream(chunks) if stream else _said(b"".join(chunks))
    return _Call(kind, response.status_code, chunks, said)


def _said(data: bytes) -> str:
    return str(json.loads(data)["choices"][0]["message"]["content"])


def _said_in_stream(chunks: tuple[bytes, ...]) -> str:
    lines = b"".join(chunks).decode().splitlines()
    events = [line[len("data: ") :] for line in lines if line.startswith("data: {")]
    return "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in events)


def _http_library() -> Any:
    name = next(name for name in ("httpx", "httpx2") if find_spec(name))
    return importlib.import_module(name)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="promptecho-demo-") as folder:
        yield Path(folder)


@contextmanager
def _mode_of_its_own() -> Iterator[None]:
    # The variable would override the modes of the demo as well.
    mode = os.environ.pop("PROMPTECHO_MODE", None)
    try:
        yield
    finally:
        if mode is not None:
            os.environ["PROMPTECHO_MODE"] = mode


def _refusal(address: tuple[str, int]) -> str | None:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError as error:
        return str(error)
    return None


class _Upstream:
    """A server that speaks as much of OpenAI's chat API as the demo needs."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> _Upstream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.server_port

    @property
    def url(self) -> str:
        return "http://{}:{}/v1/chat/completions".format(*self.address)

    @property
    def calls(self) -> int:
        return self._server.calls


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    calls = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls += 1
        if request.get("stream"):
            self._stream()
        else:
            self._plain()

    def _plain(self) -> None:
        message = {"role": "assistant", "content": "".join(_ANSWER)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 14, "completion_tokens": len(_ANSWER)}
        body = {**_head("chat.completion"), "choices": [choice], "usage": usage}
        data = json.dumps(body, indent=2).encode()
        self._start("application/json", ("content-length", str(len(data))))
        self.wfile.write(data)

    def _stream(self) -> None:
        self._start("text/event-stream", ("transfer-encoding", "chunked"))
        for delta, reason in [*(({"content": word}, None) for word in _ANSWER), ({}, "stop")]:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            body = {**_head("chat.completion.chunk"), "choices": [choice]}
            self._event(json.dumps(body, separators=(",", ":")))
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, text: str) -> None:
        data = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _start(self, content_type: str, length: tuple[str, str]) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header(*length)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The demo tells its own story."""


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-demo", "object": kind, "created": 1735689600, "model": "demo-1"}
