"""`promptecho demo` is a proof that anybody can run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import promptecho
from promptecho._cli import _demo, main


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "promptecho", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environ},
    )


def test_the_demo_tells_what_it_proved(tmp_path: Path) -> None:
    began = os.times()
    done = run("demo", "--keep", str(tmp_path))
    ended = os.times()
    assert (done.returncode, done.stderr) == (0, "")
    assert "2. Recorded: the server got 2 requests" in done.stdout
    assert "3. The server is shut down; a connection to it now fails: " in done.stdout
    assert "4. Replayed from " in done.stdout
    assert "5. Equal, byte for byte" in done.stdout
    assert done.stdout.count("'A cat sat on a mat.'") == 4
    assert done.stdout.endswith((tmp_path / "promptecho-demo.yaml").read_text(encoding="utf-8"))
    # Its own time: what else the machine does at the moment is not the demo's doing.
    assert ended.children_user - began.children_user < 5


def test_the_demo_leaves_nothing_behind_unless_told_to(tmp_path: Path) -> None:
    done = run("demo", TMPDIR=str(tmp_path), TEMP=str(tmp_path), TMP=str(tmp_path))
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["none", "all"])
def test_the_demo_has_its_own_mode(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv("PROMPTECHO_MODE", mode)
    assert _demo.demo([].append) == 0
    assert os.environ["PROMPTECHO_MODE"] == mode


def test_a_kept_cassette_is_made_anew_by_the_next_demo(tmp_path: Path) -> None:
    assert main(["demo", "--keep", str(tmp_path)]) == 0
    assert main(["demo", "--keep", str(tmp_path)]) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["promptecho-demo.yaml"]


def test_the_demo_fails_when_the_replay_is_not_what_was_recorded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = _demo._two_calls

    def other_bytes(http: object, url: str) -> tuple[_demo._Call, ...]:
        plain, streamed = calls(http, url)
        return plain, streamed._replace(chunks=(os.urandom(8),))

    monkeypatch.setattr(_demo, "_two_calls", other_bytes)
    assert main(["demo"]) == 1
    assert "5. FAILED: not equal" in capsys.readouterr().out


def test_the_demo_fails_when_the_server_does_not_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_demo, "_refusal", lambda address: None)
    assert main(["demo"]) == 1
    assert "3. FAILED: a server still answers" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"promptecho {promptecho.__version__}\n"


def test_help_names_each_command_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:2] == ["demo", "Record"] for line in lines)


def test_no_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
