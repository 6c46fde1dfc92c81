"""Run a program in any language with a cassette: a local server, and the base URLs that SDKs read.

The server is that of `promptecho serve`. It ends when the program ends.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from promptecho._serve.server import Running, Settings

#: Signals that are passed to the program, where the system has them.
_PASSED = ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2")
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126  # as of a shell
_BY_SIGNAL = 128


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "example:\n"
        "  promptecho run cassettes/chat.yaml --mode none -- cargo test\n"
        "\n"
        "The program gets OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL,\n"
        "OLLAMA_HOST and others, and placeholder keys if nothing can be recorded.\n"
        "\n"
        "Exit status: that of the program; 1 if it is 0 and a request had no recording or a\n"
        "file was not saved, 2 if the server could not start, 126 or 127 if the program could\n"
        "not, 128 and the number of the signal that ended the program."
    )
    from . import _serving

    _serving.add_server(parser)
    parser.usage = "promptecho run CASSETTE [options] -- COMMAND..."


def run(arguments: argparse.Namespace) -> int:
    from . import _serving, _write

    if not arguments.program:
        _write.say("promptecho run: name the program after --, as in `-- cargo test`.")
        return 2
    try:
        return _run(_serving.settings(arguments), list(arguments.program))
    except _serving.CannotServe as error:
        _write.say(f"promptecho run: {error}")
        return 2


def _run(settings: Settings, command: list[str]) -> int:
    """Serve in a thread while the program runs; returns the exit status."""
    from promptecho._serve.python_children import joining
    from promptecho._serve.variables import environment

    prepared = environment(settings.upstreams, os.environ)
    settings = settings._replace(upstreams=prepared.upstreams)
    server = _Server(settings)
    running = server.start()
    try:
        environ = _environment(running, prepared.at(running.url))
        with joining(running.ticket(), environ) as joined:
            status = _program(command, {**environ, **joined.variables}, joined.files)
    finally:
        running.stop()
        served = server.wait()
    return status or served


def _environment(running: Running, values: Mapping[str, str]) -> dict[str, str]:
    from promptecho._pytest.placeholder_keys import Placeholders

    environ = {**os.environ, **values}
    if running.only_replays:
        Placeholders(environ).set()
    return environ


class _Server:
    """The server in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread = threading.Thread(target=self._serve)
        self._is_ready = threading.Event()
        self._running: Optional[Running] = None  # noqa: UP045 (evaluated in Python 3.9)
        self._status: int | BaseException = 0

    def start(self) -> Running:
        """Wait until the server is ready.

        Raises:
            CannotServe: it could not start.
        """
        self._thread.start()
        self._is_ready.wait()
        if self._running is None:
            self._thread.join()
            assert isinstance(self._status, BaseException)
            raise self._status
        return self._running

    def wait(self) -> int:
        """Wait for the end of the server; returns its exit status."""
        self._thread.join()
        if isinstance(self._status, BaseException):
            raise self._status
        return self._status

    def _serve(self) -> None:
        from . import _serving

        try:
            self._status = _serving.run_server(self._settings, self._ready)
        except BaseException as error:  # raised again in the main thread
            self._status = error
        finally:
            self._is_ready.set()

    def _ready(self, running: Running) -> None:
        self._running = running
        self._is_ready.set()


def _program(command: list[str], environ: dict[str, str], files: tuple[int, ...]) -> int:
    """Run a program to its end; returns its exit status as a shell does."""
    from . import _write

    with _signals() as waiting:
        try:
            program = subprocess.Popen(command, env=environ, pass_fds=files)
        except OSError as error:
            _write.say(f"promptecho run: cannot run {command[0]}: {error.strerror}")
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        waiting.begin(program)
        status = program.wait()
    return status if status >= 0 else _BY_SIGNAL - status


class _Passing:
    """Passes signals to a program, also those that came before it was started."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def begin(self, program: subprocess.Popen[bytes]) -> None:
        self._program = program
        for number in self._early:
            program.send_signal(number)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and sys.stdin is not None and sys.stdin.isatty():
            return  # the terminal sends Ctrl+C to the program, too
        if self._program is None:
            self._early.append(number)
        else:
            self._program.send_signal(number)


@contextmanager
def _signals() -> Iterator[_Passing]:
    passing = _Passing()
    numbers = [getattr(signal, name) for name in _PASSED if hasattr(signal, name)]
    before = {number: signal.signal(number, passing) for number in numbers}
    try:
        yield passing
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
