"""A suite of 2,000 tests with a replay cassette each, run by pytest with each recorder's plugin."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple

from .race import HOME, output_of

FILES, TESTS = 20, 100

CONFTEST = """
import sys
sys.path.insert(0, {home!r})
from benchmarks.traffic import Upstream, answer, number_of, question, REQUEST_HEADERS, URL
UPSTREAM = Upstream()
CLIENT = UPSTREAM.install("httpx").Client()
ANSWERS = [answer(number, 1000) for number in range({total})]
QUESTIONS = [question(number, 1000) for number in range({total})]
REACHED = 0


def ask(number):
    global REACHED
    UPSTREAM.start([[ANSWERS[number]]])
    got = CLIENT.post(URL, content=QUESTIONS[number], headers=REQUEST_HEADERS)
    REACHED += UPSTREAM.reached
    assert number_of(got.content) == number


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"reached the upstream: {{REACHED}}")
"""
TEST = "\n\ndef test_{number:04}():\n    conftest.ask({number})\n"


class Plugin(NamedTuple):
    """How pytest is told to use a recorder.

    Attributes:
        mark: the marker of a test that has a cassette.
        name: the plugin's name for ``-p no:...``.
        record: options with which a run records.
        replay: options with which a run only replays.
    """

    mark: str
    name: str
    record: tuple[str, ...]
    replay: tuple[str, ...]


PLUGINS = {
    "promptecho": Plugin(
        "promptecho", "promptecho", ("--promptecho-mode=once",), ("--promptecho-mode=none",)
    ),
    "cassetter": Plugin("vcr", "cassetter", ("--record-mode=once",), ("--record-mode=none",)),
    "vcrpy": Plugin("vcr", "recording", ("--record-mode=once",), ("--record-mode=none",)),
}


class Suite:
    """The tests of one recorder: marked, and the same without cassettes."""

    def __init__(self, python: str, recorder: str, folder: Path) -> None:
        self._plugin = PLUGINS[recorder]
        self._python = python
        self._marked = folder / recorder / "suite" / "marked"
        self._plain = folder / recorder / "suite" / "plain"

    def make(self) -> None:
        """Write the tests, and record their cassettes."""
        shutil.rmtree(self._marked.parent, ignore_errors=True)
        _write(self._marked, f"pytestmark = pytest.mark.{self._plugin.mark}\n")
        _write(self._plain, "")
        self._run(self._marked, self._plugin.record, reached=FILES * TESTS)

    def replayed(self) -> float:
        """Seconds of a run that replays."""
        return self._run(self._marked, self._plugin.replay, reached=0)

    def without(self) -> float:
        """Seconds of a run of the same tests without cassettes, and without the plugin."""
        return self._run(self._plain, ("-p", f"no:{self._plugin.name}"), reached=FILES * TESTS)

    def idle(self) -> float:
        """The same with the plugin, which has nothing to do."""
        return self._run(self._plain, (), reached=FILES * TESTS)

    def _run(self, folder: Path, options: tuple[str, ...], reached: int) -> float:
        command = [self._python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        start = time.perf_counter()
        output = output_of(command, folder)
        seconds = time.perf_counter() - start
        wanted = rf"reached the upstream: {reached}\n(.*\n)*{FILES * TESTS} passed"
        if not re.search(wanted, output):
            raise RuntimeError(f"{command} in {folder} says\n{output[-3000:]}")
        return seconds


def _write(folder: Path, mark: str) -> None:
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST.format(home=str(HOME), total=FILES * TESTS))
    for file in range(FILES):
        tests = (TEST.format(number=file * TESTS + number) for number in range(TESTS))
        text = f"import conftest\nimport pytest\n\n{mark}{''.join(tests)}"
        (folder / f"test_{file:02}.py").write_text(text)
