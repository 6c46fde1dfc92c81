"""An adapter: a process that answers, one line for a line (PROTOCOL.md, section 1)."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

from .cases import INCLUDED, MODULES, OPERATIONS, PROTOCOL, SUITE
from .showing import shown

TIMEOUT = 10.0  # seconds for one answer


class Broken(Exception):
    """No answer came, or something that is none."""


class Died(Broken):
    """The process ended before it answered."""


class Adapter:
    """A process that answers, one line for a line."""

    def __init__(self, command: list[str], timeout: float = TIMEOUT) -> None:
        self._command = command
        self._timeout = timeout
        self._noise: list[bytes] = []
        self._start()
        self.hello = self._greet()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question.

        Raises:
            Died: the process ended.
            Broken: it was silent, or said something else.
        """
        return next(self.ask_all([question]))

    def ask_all(self, questions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The answers to questions that are all put on the pipe before the first is read.

        Raises:
            Died: the process ended.
            Broken: it was silent, or said something else.
        """
        self._noise.clear()
        for each in questions:
            self._send(each)
        for each in questions:
            yield self._answer(each["id"])

    def noise(self) -> str:
        """What it wrote to standard error since the last question."""
        if self._process.poll() is None:
            time.sleep(0.05)
        else:  # all that it said is in the pipe
            self._listener.join(timeout=1)
        return b"".join(self._noise).decode("utf-8", "replace").strip()

    def restart(self) -> None:
        """End the process and start another."""
        self.stop()
        self._start()
        self._greet()

    def stop(self) -> None:
        """End the process."""
        self._questions.put(None)
        try:
            self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise Broken(f"{self._command[0]} cannot be started: {error}") from None
        self._questions: queue.Queue[bytes | None] = queue.Queue()
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._noise = []
        started(write_questions, self._process, self._questions)
        started(read_lines, self._process, self._lines)
        self._listener = started(read_noise, self._process, self._noise)

    def _greet(self) -> dict[str, Any]:
        self._send({"op": "hello", "protocol": PROTOCOL, "suite": SUITE})
        line = b""
        try:
            line = self._line()
            answer = json.loads(line)
            problem = hello_problem(answer)
        except ValueError:
            problem = not_json(line)
        except Died as error:
            problem = with_last_words(str(error), self.noise())
        if problem:
            raise Broken(f"the answer to hello: {problem}")
        return dict(answer)

    def _send(self, question: dict[str, Any]) -> None:
        self._questions.put(json.dumps(question).encode("ascii") + b"\n")

    def _answer(self, number: int) -> dict[str, Any]:
        line = self._line()
        try:
            answer = json.loads(line)
        except ValueError:
            raise Broken(not_json(line)) from None
        kinds = {"ok", "error", "unsupported"} & set(answer if isinstance(answer, dict) else ())
        if len(kinds) != 1 or answer.get("id") != number:
            raise Broken(f"no answer to question {number}: {shown(answer)}")
        if "error" in answer and not isinstance(answer["error"], dict):
            raise Broken(f"an error is an object with a code: {shown(answer)}")
        return dict(answer)

    def _line(self) -> bytes:
        try:
            line = self._lines.get(timeout=self._timeout)
        except queue.Empty:
            raise Broken(f"no answer within {self._timeout:g} seconds") from None
        if line is None:
            raise Died(f"the process died, {self._status()}")
        return line

    def _status(self) -> str:
        try:
            return status(self._process.wait(timeout=1))
        except subprocess.TimeoutExpired:
            return "having closed its standard output"


def status(code: int) -> str:
    """How a process ended."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by the signal {signal.Signals(-code).name}"
    return f"exit status {code}"


def not_json(line: bytes) -> str:
    """What is wrong with a line, and where it may come from."""
    text = shown(line.decode("utf-8", "replace").rstrip("\n"))
    return f"this line is no JSON: {text} (standard output is for answers only)"


def with_last_words(problem: str, noise: str) -> str:
    """A problem, and under it the end of what the process wrote to standard error."""
    if not noise:
        return problem
    return "\n".join([f"{problem}; its last words:", *("    " + line for line in last(noise))])


def last(noise: str, lines: int = 20) -> list[str]:
    """The last lines of what the process wrote to standard error."""
    return noise.splitlines()[-lines:]


# A pipe is filled and emptied in threads: so no side waits for the other without an end.


def started(work: Any, process: subprocess.Popen[bytes], through: Any) -> threading.Thread:
    """A thread that works on one pipe."""
    thread = threading.Thread(target=work, args=(process, through), daemon=True)
    thread.start()
    return thread


def write_questions(process: subprocess.Popen[bytes], lines: queue.Queue[bytes | None]) -> None:
    """Write what is in the queue; None ends it."""
    with contextlib.suppress(OSError), process.stdin as stream:  # type: ignore[union-attr]
        for line in iter(lines.get, None):
            stream.write(line)
            stream.flush()


def read_lines(process: subprocess.Popen[bytes], lines: queue.Queue[bytes | None]) -> None:
    """Put each line into the queue, and None at the end."""
    with process.stdout as stream:  # type: ignore[union-attr]
        for line in stream:
            lines.put(line)
    lines.put(None)


def read_noise(process: subprocess.Popen[bytes], noise: list[bytes]) -> None:
    """Keep each line of standard error."""
    with process.stderr as stream:  # type: ignore[union-attr]
        for line in stream:
            noise.append(line)


def hello_problem(answer: Any) -> str:
    """What is wrong with an answer to hello; empty if nothing is."""
    if not isinstance(answer, dict):
        return "it is no object"
    if answer.get("protocol") != PROTOCOL:
        return f"its protocol is {shown(answer.get('protocol'))}, not {PROTOCOL}"
    for name, known in (("classes", INCLUDED), ("modules", MODULES), ("ops", OPERATIONS)):
        claimed = answer.get(name, [])
        if not isinstance(claimed, list) or not set(map(str, claimed)) <= set(known):
            return f"{name} is {shown(claimed)}, not a list of some of {', '.join(known)}"
    if not answer.get("name"):
        return "it has no name"
    if not all(isinstance(skip, dict) and skip.get("link") for skip in answer.get("skips", ())):
        return "each of skips is an object with a case and a link"
    return ""
