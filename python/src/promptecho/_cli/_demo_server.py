"""The server of the demo: as much of OpenAI's chat API as the demo needs, on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ANSWER = ("A ", "cat ", "sat ", "on ", "a ", "mat.")


class DemoServer:
    """A server in a thread, from entry to exit of a ``with`` block."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> DemoServer:
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
        """Print nothing: the demo prints what happens."""


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-demo", "object": kind, "created": 1735689600, "model": "demo-1"}
