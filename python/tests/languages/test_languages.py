"""Programs in other languages, with the HTTP client of each: recorded, and replayed offline.

Each program tells the same story: a chat, a stream, bytes, and a request that has no recording. It
asks for `/v1/gate` when it has the first event of the stream, and the upstream sends the others
only then. So a server that collects a stream would never end.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from support.serving import Served
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

HERE = Path(__file__).parent
BINARY = bytes(range(256)) * 10
STORY = """\
{"answer":"hi"}200
data: first
data: second
data: [DONE]
2560 bytes
"""


class Language(NamedTuple):
    """How the program of a language is built and run.

    Attributes:
        name: of the language.
        package: of Debian.
        run: the command; ``{here}`` is this folder, and ``{program}`` what `build` made.
        build: a command before it, or nothing.
    """

    name: str
    package: str
    run: str
    build: str = ""


LANGUAGES = (
    Language("curl", "curl", "sh {here}/client.sh"),
    Language("node", "nodejs", "node {here}/client.mjs"),
    Language("go", "golang", "{program}", "go build -o {program} {here}/client.go"),
    Language("java", "default-jdk-headless", "java {here}/Client.java"),
    Language("rustc", "rustc", "{program}", "rustc --edition 2021 -o {program} {here}/client.rs"),
    Language("ruby", "ruby", "ruby {here}/client.rb"),
)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_a_program_is_recorded_and_replayed(language: Language, path: Path, tmp_path: Path) -> None:
    if shutil.which(language.name) is None:
        pytest.fail(f"{language.name} is missing: apt-get install -y {language.package}")
    places = {"here": str(HERE), "program": str(tmp_path / "program")}
    if language.build:
        subprocess.run(language.build.format(**places).split(), check=True, cwd=tmp_path)
    command = language.run.format(**places).split()
    gate = threading.Event()

    def answer(call: Call) -> Answer:
        if call.path == "/v1/gate":
            gate.set()
            return json_answer({})
        if call.path == "/v1/binary":
            return Answer((BINARY,), headers=(("content-type", "application/octet-stream"),))
        if call.json.get("stream"):
            return sse_answer("data: first", "data: second", "data: [DONE]", gate=gate)
        prompt = call.json["messages"][0]["content"]
        return json_answer({"answer": prompt}, status=500 if prompt == "missing" else 200)

    with Upstream(answer) as upstream:
        with Served(path, upstream.url, on_record_error="raise") as server:
            live = story(command, server.url)
    assert gate.is_set()
    assert upstream.refuses()
    with Served(path, upstream.url, mode="none") as server:
        replayed = story(command, server.url)
    assert server.report.missed == 1
    assert live == replayed == f"{STORY}400\n"


def story(command: list[str], url: str) -> str:
    """What the program prints, with the URL of the server as its argument."""
    done = subprocess.run([*command, url], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout
