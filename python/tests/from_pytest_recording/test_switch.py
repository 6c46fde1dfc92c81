"""A project of pytest-recording, switched by one line of its ini file.

pytest-recording and vcrpy themselves record its cassettes against the loopback. Then the server is
gone, and promptecho plays the same files in CI: `-p no:recording` is as if the
package was removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from support.paths import TESTS
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

PROJECT = TESTS / "from_pytest_recording" / "project"
TESTS_OF_THE_PROJECT = 21  # and one of them has no cassette

INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
LINE = "promptecho_vcr_aliases = true\n"

_calls = count(1)


def answer(call: Call) -> Answer:
    """An answer that no other call gets."""
    number, path = next(_calls), call.path.partition("?")[0]
    if path == "/missing":
        return Answer((b"not here",), 404, (("content-type", "text/plain"),), reason="Not Found")
    if path == "/moved":
        return Answer((b"",), 302, (("location", "/there"),))
    if path == "/image":
        return Answer((b"\x89PNG\r\n\x00\xff" * 50,), headers=(("content-type", "image/png"),))
    if path == "/gzip":
        return json_answer({"number": number, "text": "long " * 100})._replace(gzip=True)
    if path != "/v1/chat/completions":
        return json_answer({"number": number, "path": path})
    if call.json.get("stream"):
        events = (
            f'data: {{"id":{number},"choices":[{{"delta":{{"content":"{w}"}}}}]}}' for w in "ab"
        )
        return sse_answer(*events, "data: [DONE]")
    text = call.json["messages"][-1]["content"]
    message = {"role": "assistant", "content": f"echo {number}: {text}"}
    return json_answer({"id": f"chatcmpl-{number}", "choices": [{"message": message}]})


def run(folder: Path, *arguments: str, **environ: str) -> str:
    """Run the tests of the project in a process of its own; returns the output."""
    ours = ("CI", "PROMPTECHO", "PYTEST", "NOTE_ANSWERS")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments)
    done = subprocess.run(
        command, cwd=folder, env={**inherited, **environ}, capture_output=True, text=True
    )
    print(done.stdout, done.stderr)
    return done.stdout + done.stderr


def cassettes(folder: Path) -> dict[str, bytes]:
    found = sorted(folder.rglob("cassettes/**/*.yaml"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The project, recorded by pytest-recording, and the URL of the server that is gone."""
    folder = tmp_path_factory.mktemp("recorded") / "project"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text(INI)
    with Upstream(answer) as upstream:
        options = ("-p", "no:promptecho", "--record-mode=once")
        output = run(folder, *options, UPSTREAM=upstream.url, NOTE_ANSWERS="1")
    assert f"{TESTS_OF_THE_PROJECT} passed" in output
    files = cassettes(folder)
    assert len(files) == TESTS_OF_THE_PROJECT - 1
    assert all(b"\nversion: 1" in data for data in files.values())  # vcrpy's own
    return folder, upstream.url


@pytest.fixture
def project(recorded: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "project"
    shutil.copytree(recorded[0], folder)
    return folder, recorded[1]


def test_pytest_recording_itself_plays_its_cassettes(project: tuple[Path, str]) -> None:
    folder, url = project
    assert f"{TESTS_OF_THE_PROJECT} passed" in run(folder, "-p", "no:promptecho", UPSTREAM=url)


def test_the_line_in_the_ini_file_is_enough(project: tuple[Path, str]) -> None:
    folder, url = project
    before = cassettes(folder)
    (folder / "pytest.ini").write_text(INI + LINE)
    for options in ((), ("--block-network",)):
        output = run(folder, "-p", "no:recording", *options, CI="true", UPSTREAM=url)
        assert f"{TESTS_OF_THE_PROJECT} passed" in output
        # 12 calls of test_chat.py, and 12 of test_http.py: one redirects, and one repeats.
        assert "promptecho: 0 recorded, 24 replayed, 0 missed, 0 unplayed" in output
    assert cassettes(folder) == before


def test_an_answer_that_is_gone_is_a_miss(project: tuple[Path, str]) -> None:
    folder, url = project
    (folder / "pytest.ini").write_text(INI + LINE)
    test = folder / "test_chat.py"
    test.write_text(test.read_text().replace('ask(url, "plain")', 'ask(url, "other")'))
    output = run(folder, "-p", "no:recording", "-k", "plain", CI="true", UPSTREAM=url)
    assert "1 failed" in output
    assert "no recording for POST" in output


def test_both_packages_are_an_error_at_the_start(project: tuple[Path, str]) -> None:
    folder, url = project
    (folder / "pytest.ini").write_text(INI + LINE)
    output = run(folder, UPSTREAM=url)
    assert "pytest-recording is installed too" in output
    assert "pip uninstall pytest-recording" in output
    assert "passed" not in output
