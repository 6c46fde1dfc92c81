"""A scripted server on the loopback that can be shut down for good.

It speaks HTTP/1.1 with keep-alive, keeps every call it received, and gives its answers in order,
or whatever a function makes of the call. An answer of several chunks is sent in chunked encoding,
each in a write of its own, so that a test sees how a stream really arrives. An answer with a fault
is no answer, or one that does not end.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, Union

Header = tuple[str, str]
#: What a server does in place of an answer, or after the chunks that it has sent.
Fault = Literal["closed", "reset", "stalled"]


class Call(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: tuple[Header, ...]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answer(NamedTuple):
    """What to send back: one chunk has a content-length, several are sent one after another."""

    chunks: tuple[bytes, ...]
    status: int = 200
    headers: tuple[Header, ...] = (("content-type", "application/json"),)
    pause: float = 0.0
    gate: threading.Event | None = None
    gzip: bool = False
    cut: bool = False
    reason: str | None = None
    fault: Fault | None = None

    @property
    def body(self) -> bytes:
        """The bytes that a client receives, content-encoding undone."""
        return b"".join(self.chunks)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script = Union[Iterable[Answer], Callable[[Call], Answer]]

#: How long an answer waits at its gate: a client that buffers would wait for ever.
GATE_SECONDS = 60


def compact(value: object) -> str:
    """JSON without white space, as most providers send it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def json_answer(value: object, *headers: Header, status: int = 200, indent: int = 0) -> Answer:
    """A JSON answer, compact or indented."""
    text = json.dumps(value, indent=indent, ensure_ascii=False) if indent else compact(value)
    return Answer((text.encode(),), status, (("content-type", "application/json"), *headers))


def ndjson_answer(*values: object, kind: str = "application/x-ndjson") -> Answer:
    """A JSON value a line, a chunk each."""
    chunks = tuple(f"{compact(value)}\n".encode() for value in values)
    return Answer(chunks, headers=(("content-type", kind),))


def sse_answer(*events: str, line_end: str = "\n", **more: Any) -> Answer:
    """Server-sent events, a chunk each; an event is its text without the blank line."""
    chunks = tuple((e.replace("\n", line_end) + line_end * 2).encode() for e in events)
    return Answer(chunks, headers=(("content-type", "text/event-stream; charset=utf-8"),), **more)


def echo(call: Call) -> Answer:
    """Answer a chat request with its last prompt, so that a test sees whose answer it is."""
    prompt = call.json["messages"][-1]["content"]
    return json_answer({"choices": [{"message": {"role": "assistant", "content": prompt}}]})


class Upstream:
    """The server; it listens from the start of the ``with`` block to its end, or to `close`.

    It listens once: entered again, it goes on until the inner block ends.
    """

    def __init__(self, script: Script) -> None:
        self.calls: list[Call] = []
        self.sent: list[Answer] = []
        self._answer = script if callable(script) else _in_order(script)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.upstream = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Upstream:
        if not self._thread.is_alive():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.server_port

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)

    def answer(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
        answer = self._answer(call)
        with self._lock:
            self.sent.append(answer)
        return answer

    def close(self) -> None:
        """Stop listening and break every connection, those kept alive too. Once is enough."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.close_connections()
            self._server.server_close()

    def refuses(self) -> bool:
        """Whether nobody listens any more."""
        try:
            socket.create_connection(self.address, timeout=60).close()
        except ConnectionRefusedError:
            return True
        return False


def _in_order(answers: Iterable[Answer]) -> Callable[[Call], Answer]:
    remaining = deque(answers)
    nothing_left = json_answer({"error": {"message": "the script has no more answers"}}, status=500)
    return lambda _: remaining.popleft() if remaining else nothing_left


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    upstream: Upstream

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._connections: set[socket.socket] = set()

    def get_request(self) -> Any:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves early is what some tests are about."""


_BODILESS = frozenset({101, 204, 304})  # RFC 9110, 6.4.1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def version_string(self) -> str:
        """The header `server`: the same in every Python, so a recording is the same too."""
        return "loopback"

    def do_POST(self) -> None:
        body = self._body()
        call = Call(self.command, self.path, tuple(self.headers.items()), body)
        self._send(self.server.upstream.answer(call))

    do_GET = do_HEAD = do_PUT = do_POST

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, answer: Answer) -> None:
        whole = len(answer.chunks) <= 1 and not (answer.cut or answer.fault)
        if answer.fault and not answer.chunks:
            self._fail(answer.fault)
            return
        chunks = _gzipped(answer.chunks) if answer.gzip else answer.chunks
        self.send_response(answer.status, answer.reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.gzip:
            self.send_header("content-encoding", "gzip")
        bodiless = answer.status in _BODILESS
        if whole and not bodiless:
            self.send_header("content-length", str(sum(map(len, chunks))))
        elif not whole:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if bodiless or self.command == "HEAD":
            return
        if whole:
            self.wfile.write(b"".join(chunks))
            return
        self._send_slowly(answer, chunks)

    def _send_slowly(self, answer: Answer, chunks: tuple[bytes, ...]) -> None:
        for number, chunk in enumerate(chunks):
            if number == 1 and answer.gate is not None and not answer.gate.wait(GATE_SECONDS):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            time.sleep(answer.pause)
        if answer.cut or answer.fault:
            self._fail(answer.fault or "closed")
            return
        self.wfile.write(b"0\r\n\r\n")

    def _fail(self, fault: Fault) -> None:
        self.close_connection = True
        if fault == "stalled":
            self.rfile.read(1)  # until the client leaves, or the server is shut down
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()  # before socketserver ends the connection in good order

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: a test says what matters."""


def _gzipped(chunks: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if len(chunks) == 1:
        return (gzip.compress(chunks[0]),)
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH) for chunk in chunks]
    return (*packed, packer.flush())
