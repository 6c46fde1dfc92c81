"""The command `promptecho run`: a program with a cassette, and its end."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptecho._serve.addresses import Upstreams
from promptecho._serve.variables import environment
from support.record_replay import prompts
from support.upstream import Upstream, echo

SDK = """
import sys
import openai
client = openai.OpenAI()
messages = [{"role": "user", "content": sys.argv[1]}]
print(client.chat.completions.create(model="m", messages=messages).choices[0].message.content)
"""
DIRECT = """
import sys
import httpx
body = {"model": "m", "messages": [{"role": "user", "content": sys.argv[2]}]}
answer = httpx.post(sys.argv[1] + "/v1/chat/completions", json=body, timeout=60)
print(answer.json()["choices"][0]["message"]["content"])
"""
TEST = """
import httpx
import promptecho

def ask(prompt):
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    answer = httpx.post("URL/v1/chat/completions", json=body, timeout=60)
    return answer.json()["choices"][0]["message"]["content"]

def test_one():
    assert ask("outer") == "outer"

def test_two(promptecho_cassette):
    assert ask("own") == "own"
    assert len(promptecho_cassette.sent) == 1
"""


def run(*arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """`promptecho run` in an environment without keys."""
    environ = {k: v for k, v in os.environ.items() if not k.endswith(("_KEY", "_BASE_URL"))}
    environ.pop("CI", None)
    return subprocess.run(
        [sys.executable, "-m", "promptecho", "run", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**environ, "PYTHONIOENCODING": "utf-8", **more},
    )


def test_a_program_is_recorded_and_replayed_without_a_key(path: Path) -> None:
    command = ["--", sys.executable, "-c", SDK]
    with Upstream(echo) as upstream:
        to = ["--upstream", upstream.url]
        live = run(str(path), *to, *command, "hi", OPENAI_API_KEY="sk-of-a-test")
        assert (live.returncode, live.stdout) == (0, "hi\n"), live.stderr
        (call,) = upstream.calls
        assert dict(call.headers)["authorization"] == "Bearer sk-of-a-test"
    replayed = run(str(path), "--mode", "none", *command, "hi")
    assert (replayed.returncode, replayed.stdout) == (0, "hi\n"), replayed.stderr
    missed = run(str(path), "--mode", "none", *command, "other")
    assert missed.returncode == 1
    assert 'recorded "hi" / incoming "other"' in missed.stderr


def test_a_miss_that_the_program_swallows_is_status_1(path: Path) -> None:
    code = f"try:\n    exec({SDK!r})\nexcept Exception: pass"
    done = run(str(path), "--mode", "none", "--", sys.executable, "-c", code, "hi")
    assert done.returncode == 1
    assert "1 missed" in done.stderr


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ([sys.executable, "-c", "raise SystemExit(7)"], 7),
        ([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], 137),
        (["no-program-of-this-name"], 127),
        (["/"], 126),
        (["sh", "-c", "exit $#", "sh", "--", "--mode", "x"], 3),
    ],
)
def test_the_status_is_that_of_the_program(path: Path, command: list[str], status: int) -> None:
    assert run(str(path), "--", *command).returncode == status


def test_a_program_has_to_be_named(path: Path) -> None:
    for arguments in ([], ["--"]):
        done = run(str(path), *arguments)
        assert done.returncode == 2
        assert "name the program after --" in done.stderr


def test_signals_are_passed(path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def stop(*_): print('stopped', flush=True); sys.exit(5)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.1)\n"
    )
    command = [
        sys.executable,
        "-m",
        "promptecho",
        "run",
        str(path),
        "--",
        sys.executable,
        "-c",
        code,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 5


needs_memory_files = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="only Linux has files in memory that a program inherits"
)


@needs_memory_files
@pytest.mark.parametrize("shell", [False, True])
def test_a_python_program_needs_no_base_url(path: Path, shell: bool) -> None:
    with Upstream(echo) as upstream:
        command = [sys.executable, "-c", DIRECT, upstream.url]
        if shell:
            command = ["sh", "-c", f'{shlex.join(command)} "$1"', "sh"]
        live = run(str(path), "--", *command, "hi")
        assert (live.returncode, live.stdout) == (0, "hi\n"), live.stderr
    assert prompts(path) == ["hi"]
    replayed = run(str(path), "--mode", "none", "--", *command, "hi")
    assert (replayed.returncode, replayed.stdout) == (0, "hi\n"), replayed.stderr
    missed = run(str(path), "--mode", "none", "--", *command, "other")
    assert missed.returncode == 1
    assert 'recorded "hi" / incoming "other"' in missed.stderr


@needs_memory_files
def test_pytest_in_a_program_has_the_cassettes_of_its_tests(tmp_path: Path) -> None:
    path = tmp_path / "outer.yaml"
    with Upstream(echo) as upstream:
        (tmp_path / "test_it.py").write_text(TEST.replace("URL", upstream.url), encoding="utf-8")
        command = ["--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        live = run(str(path), *command, cwd=tmp_path)
        assert live.returncode == 0, live.stdout + live.stderr
    assert prompts(path) == ["outer"]
    assert prompts(tmp_path / "cassettes" / "test_two.yaml") == ["own"]
    replayed = run(str(path), "--mode", "none", *command, cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


@needs_memory_files
def test_the_sitecustomize_of_the_program_is_imported_too(path: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.own = 1\n", encoding="utf-8")
    code = "import sys; print(sys.own, sum('python_child' in each for each in sys.path))"
    done = run(
        str(path),
        "--",
        sys.executable,
        "-c",
        code,
        PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
    )
    assert done.stdout == "1 0\n", done.stderr


def paths(*upstreams: str, **environ: str) -> Any:
    """The variables, and the named upstreams."""
    found = environment(Upstreams.of(upstreams), environ)
    return found.at("S"), found.upstreams


def test_base_urls_are_those_of_the_server() -> None:
    values, _ = paths(NO_PROXY="example.com")
    assert values == {
        "OPENAI_BASE_URL": "S/v1",
        "OPENAI_API_BASE": "S/v1",
        "ANTHROPIC_BASE_URL": "S",
        "GOOGLE_GEMINI_BASE_URL": "S",
        "OLLAMA_HOST": "S",
        "CO_API_URL": "S",
        "GROQ_BASE_URL": "S",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "S",
        "NO_PROXY": "example.com,127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def test_a_gateway_of_the_environment_stays_the_upstream() -> None:
    values, upstreams = paths(OPENAI_BASE_URL="https://gateway.example/llm/v1/")
    assert values["OPENAI_BASE_URL"] == "S/_upstream/gateway.example/llm/v1"
    assert upstreams.at("gateway.example") == "https://gateway.example"
    assert upstreams.default is None
    values, _ = paths("https://other.example", OPENAI_BASE_URL="https://gateway.example/v1")
    assert values["OPENAI_BASE_URL"] == "S/v1"
    values, _ = paths("openai=https://other.example", OPENAI_BASE_URL="https://gateway.example/v1")
    assert values["OPENAI_BASE_URL"] == "S/v1"


def test_a_base_url_that_is_none_is_replaced() -> None:
    values, _ = paths(
        OPENAI_BASE_URL="https://user:password@gateway.example", OLLAMA_HOST="0.0.0.0"
    )
    assert values["OPENAI_BASE_URL"] == "S/v1"
    assert values["OLLAMA_HOST"] == "S"
