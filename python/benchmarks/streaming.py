"""When does the client see the first event of a stream that is being recorded?

An upstream on loopback sends EVENTS events, one every GAP seconds. The same stream is read bare and
while it is recorded; a recorder that buffers would show the first event at the end.
"""

from __future__ import annotations

import asyncio
import importlib
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import promptecho

EVENTS = 20
GAP = 0.05  # seconds


class Upstream(BaseHTTPRequestHandler):
    """Sends server-sent events at a steady pace."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number in range(EVENTS):
            self._chunk(f"data: {number}\n\n".encode())
            time.sleep(GAP)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


def sync_times(library: Any, url: str) -> tuple[float, float]:
    """Seconds until the first event, and until the end."""
    start = time.perf_counter()
    with library.Client() as client, client.stream("POST", url, json={}) as response:
        first = 0.0
        for _ in response.iter_lines():
            first = first or time.perf_counter() - start
    return first, time.perf_counter() - start


async def async_times(library: Any, url: str) -> tuple[float, float]:
    """As `sync_times`, with the asynchronous client."""
    start = time.perf_counter()
    async with library.AsyncClient() as client:
        async with client.stream("POST", url, json={}) as response:
            first = 0.0
            async for _ in response.aiter_lines():
                first = first or time.perf_counter() - start
    return first, time.perf_counter() - start


def rows(url: str) -> Iterator[str]:
    """One line of the table for each library, client and way of reading."""
    folder = Path(tempfile.mkdtemp())
    for name in ("httpx", "httpx2"):
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        for kind in ("sync", "async"):
            for way in ("bare", "recorded", "replayed"):
                first, whole = measured(library, kind, way, url, folder / f"{name}-{kind}.yaml")
                yield f"| {name} {kind} | {way} | {first * 1000:.0f} | {whole * 1000:.0f} |"


def measured(library: Any, kind: str, way: str, url: str, cassette: Path) -> tuple[float, float]:
    """The times of one stream, read in one way."""
    if way == "bare":
        return read(library, kind, url)
    with promptecho.use_cassette(cassette):
        return read(library, kind, url)


def read(library: Any, kind: str, url: str) -> tuple[float, float]:
    """Read the stream once."""
    if kind == "sync":
        return sync_times(library, url)
    return asyncio.run(async_times(library, url))


def main() -> None:
    """Print the table."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("| client | stream | first event (ms) | whole stream (ms) |\n|---|---|---|---|")
    for row in rows(f"http://127.0.0.1:{server.server_port}/v1/chat/completions"):
        print(row, flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()
