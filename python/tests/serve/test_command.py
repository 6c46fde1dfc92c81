"""The command `promptecho serve`: its process, its options and its end."""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from promptecho._cli import main
from promptecho._cli._cassette_options import add_cassette_options, cassette_options
from promptecho._session.options import Options
from support.record_replay import prompts
from support.serving import served_process
from support.upstream import Upstream, echo, sse_answer


def chat(url: str, prompt: str) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60)


def test_sigterm_saves_and_the_answer_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    with (
        Upstream(echo) as upstream,
        served_process(tmp_path, str(path), "--upstream", upstream.url) as server,
    ):
        live = chat(server.url(), "hi").content
        assert server.end(signal.SIGTERM) == 0
    assert server.errors == f"{path} (mode once): 1 requests, 0 replayed, 1 recorded, 0 missed\n"
    with served_process(
        tmp_path, str(path), "--upstream", upstream.url, "--mode", "none"
    ) as server:
        assert chat(server.url(), "hi").content == live
        assert "no recording for POST" in chat(server.url(), "other").text
        assert server.end(signal.SIGINT) == 1
    assert 'recorded "hi" / incoming "other"' in server.errors
    assert server.errors.endswith("2 requests, 1 replayed, 0 recorded, 1 missed\n")


def test_kill_loses_at_most_the_call_under_way(tmp_path: Path) -> None:
    path, gate = tmp_path / "c.yaml", threading.Event()
    slow = sse_answer("data: 1", "data: 2", gate=gate)

    def answer(call):  # type: ignore[no-untyped-def]
        return slow if b"slow" in call.body else echo(call)

    try:
        with (
            Upstream(answer) as upstream,
            served_process(tmp_path, str(path), "--upstream", upstream.url) as server,
        ):
            url = server.url()
            for number in range(3):
                chat(url, f"prompt {number}")
            body = {"model": "m", "messages": [{"role": "user", "content": "slow"}]}
            with httpx.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
                next(response.iter_raw())
                assert server.end(signal.SIGKILL) == -signal.SIGKILL
    finally:
        gate.set()
    with served_process(tmp_path, str(path), "--upstream", upstream.url) as server:
        url = server.url()
        for number in range(3):
            assert chat(url, f"prompt {number}").status_code == 200
        assert server.end() == 0
    assert prompts(path) == ["prompt 0", "prompt 1", "prompt 2"]


def test_only_loopback_is_listened_at_unless_told_otherwise(tmp_path: Path) -> None:
    with served_process(tmp_path, str(tmp_path / "c.yaml")) as server:
        url = server.url()
        assert url.startswith("http://127.0.0.1:")
        port = int(url.rpartition(":")[2])
        for other in ("127.0.0.2", *own_addresses()):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((other, port), timeout=60).close()


def own_addresses() -> list[str]:
    """The addresses of this machine that others can reach."""
    found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    return sorted({str(each[4][0]) for each in found if not str(each[4][0]).startswith("127.")})


def test_the_options_are_those_of_use_cassette() -> None:
    parser = argparse.ArgumentParser()
    add_cassette_options(parser)
    names = {action.dest for action in parser._actions} - {"help"}
    assert names == set(Options._fields) - {"scope"}
    given = ["--match-on", "model", "--match-on", "input", "--no-match-host", "--mode", "all"]
    found = cassette_options(parser.parse_args(given))
    assert found == Options(mode="all", match_on=("model", "input"), match_host=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--upstream", "example.com"], "--upstream is 'example.com'"),
        (["--redact-patterns", "("], "is not a regular expression"),
        (["--host", "192.0.2.1"], "cannot listen at 192.0.2.1:0"),
    ],
)
def test_what_cannot_start_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert main(["serve", str(tmp_path / "c.yaml"), *arguments]) == 2
    assert problem in capsys.readouterr().err


def test_a_file_that_cannot_be_used_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("version: 2\n", encoding="utf-8")
    assert main(["serve", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from promptecho._cli import main; main()"
    command = [sys.executable, "-c", f"{code.replace('main()', 'sys.exit(main())')}", "serve", "c"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'promptecho[serve]'" in done.stderr
