"""The demo: record, shut the server down, replay, and compare every byte."""

from __future__ import annotations

import importlib
import json
import os
import platform
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from promptecho import CassetteError, CassetteMiss, __version__, use_cassette

from ._demo_server import DemoServer

Write = Callable[[str], object]

_QUESTION = "Summarize: the cat sat on the mat."


def demo(write: Write, *, keep: Path | None = None) -> int:
    """Record a plain and a streamed call, then replay both without the server.

    Args:
        write: is called with the text to print.
        keep: folder for the cassette; None for a temporary folder, which is deleted.

    Returns:
        0 if the replayed bytes equal the recorded ones, else 1.
    """
    try:
        with _folder(keep) as folder, _without_mode_variable():
            return _run(write, folder / "promptecho-demo.yaml", keep is not None)
    except (CassetteError, CassetteMiss) as error:
        write(f"\n{error}\n")
        return 1


def _run(write: Write, path: Path, kept: bool) -> int:
    http = _http_library()
    write(f"promptecho {__version__}, Python {platform.python_version()}, ")
    write(f"{http.__name__} {http.__version__}; no key, no network beyond this machine\n\n")

    with DemoServer() as server:
        write(f"1. A local server for OpenAI chat, as JSON and SSE, listens on {server.url}\n")
        with use_cassette(path, mode="all"):
            recorded = _two_calls(http, server.url)
        write(f"2. Recorded: the server got {server.calls} requests\n")
        _print_calls(write, recorded)

    refusal = _refusal(server.address)
    if refusal is None:
        write("3. FAILED: a server still answers on that port\n")
        return 1
    write(f"3. The server is shut down; a connection to it now fails: {refusal}\n")

    with use_cassette(path, mode="none"):
        replayed = _two_calls(http, server.url)
    write(f"4. Replayed from {path}\n")
    _print_calls(write, replayed)

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


def _print_calls(write: Write, calls: tuple[_Call, ...]) -> None:
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
def _without_mode_variable() -> Iterator[None]:
    # PROMPTECHO_MODE would override the modes of the demo.
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
