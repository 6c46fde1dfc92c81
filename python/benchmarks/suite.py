"""Tests with a replay cassette each, run by pytest with each recorder's plugin."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from .race import HOME, finished

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
_INSTALLED = "import sysconfig; print(sysconfig.get_path('purelib'))"
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
    """The tests of one recorder: marked, and the same without cassettes.

    Args:
        python: of the environment of the recorder.
        recorder: its name.
        folder: for the tests.
        files: how many files there are.
        tests: how many tests a file has.
    """

    def __init__(
        self, python: str, recorder: str, folder: Path, files: int = 20, tests: int = 100
    ) -> None:
        self._files = files
        self._tests = tests
        self._plugin = PLUGINS[recorder]
        self._python = python
        self._marked = folder / recorder / "suite" / "marked"
        self._plain = folder / recorder / "suite" / "plain"

    def make(self) -> None:
        """Write the tests, and record their cassettes."""
        shutil.rmtree(self._marked.parent, ignore_errors=True)
        self._write(self._marked, f"pytestmark = pytest.mark.{self._plugin.mark}\n")
        self._write(self._plain, "")
        self._run(self._marked, self._plugin.record, reached=self._total)

    def replayed(self) -> float:
        """Seconds of a run that replays."""
        return self._run(self._marked, self._plugin.replay, reached=0)

    def first(self) -> float:
        """Seconds of a run that replays, where no installed package has bytecode."""
        installed = finished([self._python, "-c", _INSTALLED]).output.strip()
        for folder in (Path(installed), self._marked, HOME / "benchmarks"):
            for each in list(folder.rglob("__pycache__")):
                shutil.rmtree(each)
        return self.replayed()

    def without(self) -> float:
        """Seconds of a run of the same tests without cassettes, and without the plugin."""
        return self._run(self._plain, ("-p", f"no:{self._plugin.name}"), reached=self._total)

    def idle(self) -> float:
        """The same with the plugin, which has nothing to do."""
        return self._run(self._plain, (), reached=self._total)

    @property
    def _total(self) -> int:
        return self._files * self._tests

    def _run(self, folder: Path, options: tuple[str, ...], reached: int) -> float:
        command = [self._python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        seconds, output = finished(command, folder)
        wanted = rf"reached the upstream: {reached}\n(.*\n)*{self._total} passed"
        if not re.search(wanted, output):
            raise RuntimeError(f"{command} in {folder} says\n{output[-3000:]}")
        return seconds

    def _write(self, folder: Path, mark: str) -> None:
        folder.mkdir(parents=True)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "conftest.py").write_text(CONFTEST.format(home=str(HOME), total=self._total))
        for file in range(self._files):
            numbers = range(file * self._tests, (file + 1) * self._tests)
            tests = (TEST.format(number=number) for number in numbers)
            text = f"import conftest\nimport pytest\n\n{mark}{''.join(tests)}"
            (folder / f"test_{file:02}.py").write_text(text)
