"""A `promptecho serve` in a thread of the test, or in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable

import httpx

from promptecho._session.options import options

if TYPE_CHECKING:
    from promptecho._serve.cassettes import Report
    from promptecho._serve.server import Running


#: A client that promptecho does not see; a client for each call would read certificates each time.
CLIENT = httpx.Client(
    trust_env=False, timeout=60, verify=False, limits=httpx.Limits(max_connections=200)
)


class Served:
    """A server that runs from entry to exit of a ``with`` block.

    Args:
        path: the cassette.
        upstreams: the values of ``--upstream``.
        server: members of `Settings`.
        given: options of the cassette.

    Attributes:
        url: of the server.
        said: what it printed.
        reports: what happened, after the block.
    """

    def __init__(
        self, path: Path, *upstreams: str, server: dict[str, Any] | None = None, **given: Any
    ) -> None:
        from promptecho._serve.addresses import Upstreams
        from promptecho._serve.server import Settings

        more = server or {}
        self._settings = Settings(str(path), options(given), Upstreams.of(upstreams), **more)
        self._thread = threading.Thread(target=self._run)
        self._ready = threading.Event()
        self._stop: Callable[[], None] = lambda: None
        self.url = ""
        self.said: list[str] = []
        self.reports: list[Report] = []

    def __enter__(self) -> Served:
        self._thread.start()
        self._ready.wait()
        assert self.url, "the server did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join()

    @property
    def report(self) -> Report:
        """What happened in the only cassette."""
        (report,) = self.reports
        return report

    def _run(self) -> None:
        from promptecho._serve.server import serve

        try:
            self.reports = serve(self._settings, self._started, self.said.append)
        finally:
            self._ready.set()

    def _started(self, server: Running) -> None:
        self.url, self._stop = server.url, server.stop
        self._ready.set()


class Process:
    """A server in a process of its own."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self._file = folder / "ready"
        self._file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "promptecho", "serve", *arguments]
        self._popen = subprocess.Popen(
            [*command, "--ready-file", str(self._file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        self.errors = ""

    @property
    def pid(self) -> int:
        return self._popen.pid

    def url(self) -> str:
        """The URL, once the server is ready."""
        while not self._file.exists():
            if self._popen.poll() is not None:
                raise AssertionError(self._popen.communicate()[1])
            time.sleep(0.02)
        return self._file.read_text(encoding="utf-8").strip()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status."""
        if self._popen.poll() is None:
            self._popen.send_signal(number)
        self.errors = self._popen.communicate()[1]
        return self._popen.returncode


@contextmanager
def served_process(folder: Path, *arguments: str) -> Iterator[Process]:
    """A server in a process, which is ended in any case."""
    process = Process(folder, arguments)
    try:
        yield process
    finally:
        process.end()
