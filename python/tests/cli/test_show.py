"""`promptecho show` prints a cassette as conversations, and nothing that drives a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promptecho._base.model import CassetteFile, Failure, Interaction, RecordedResponse
from promptecho._bodies import forms
from promptecho._cli import main
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support import hostile
from support.session_builders import chat, recorded, sent

QUESTION = {
    "model": "gpt-4o-mini",
    "temperature": 0,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it warm\nin Paris?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "The weather of a city.",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
            },
        }
    ],
}
EVENTS = (
    {"choices": [{"index": 0, "delta": {"content": "It is "}}]},
    {"choices": [{"index": 0, "delta": {"content": "warm."}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}},
)
STREAM = "".join(f"data: {json.dumps(each)}\n\n" for each in EVENTS)


def streamed() -> Interaction:
    kind = "text/event-stream"
    headers = (("content-type", (kind,)),)
    response = RecordedResponse(200, headers, forms.encode(kind, STREAM.encode()))
    where = ("request.headers.authorization",)
    return Interaction(sent(QUESTION).request, response, "2026-01-02T03:04:05Z", where)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    items = (streamed(), recorded(chat("b"), "plain"))
    path.write_bytes(dump(CassetteFile(default_match_on(), items)).encode())
    return path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main(["show", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_recording_is_a_conversation(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = streamed().request.match_key
    assert shown(capsys, path, "1") == (
        "1: POST https://api.example.com/v1/chat/completions\n"
        f"    200, gpt-4o-mini, {len(STREAM)} bytes in 3 events, key {key}, recorded at"
        " 2026-01-02T03:04:05Z\n"
        "system\n"
        "    Be brief.\n"
        "user\n"
        "    Is it warm\n"
        "    in Paris?\n"
        "tools\n"
        "    weather(city): The weather of a city.\n"
        "settings\n"
        "    temperature: 0\n"
        "answer\n"
        "    It is warm.\n"
        "stopped: stop, 9 tokens in, 4 out\n"
        "redacted: request.headers.authorization\n"
    )


def test_all_recordings_are_shown_without_a_number(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = [line for line in shown(capsys, path).splitlines() if re.match(r"\d+: ", line)]
    assert [head[:2] for head in heads] == ["1:", "2:"]
    assert shown(capsys, path, "2").startswith("2:")


def test_a_call_that_failed_has_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = recorded(chat("b"))._replace(response=None, failure=Failure("read-timeout"))
    path = tmp_path / "a.yaml"
    path.write_bytes(dump(CassetteFile(default_match_on(), (item,))).encode())
    out = shown(capsys, path)
    assert "    failed: read-timeout, m, key " in out
    assert "answer" not in out


def test_json_holds_the_view(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = json.loads(shown(capsys, path, "--json"))
    first, second = value["recordings"]
    assert value["file"] == str(path)
    assert first["asked"]["settings"] == {"temperature": 0}
    (turn,) = first["answered"]["turns"]
    assert turn["parts"] == [{"type": "text", "text": "It is warm."}]
    assert turn["finish"] == "stop"
    assert first["answered"]["usage"]["output"] == 4
    assert (second["number"], second["status"], second["size"]) == (2, 200, 5)


def test_a_number_beyond_the_last_is_an_error(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(path), "3"]) == 2
    assert capsys.readouterr().err == (
        f"promptecho show: {path} has 2 recordings, so there is no 3.\n"
    )


@pytest.mark.parametrize("option", ["--plain", "--json"])
def test_a_broken_cassette_is_an_error_and_nothing_is_printed(
    path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(path.read_bytes()[:-20])
    assert main(["show", option, str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{path}")
    assert "[cassette.truncated]" in printed.err


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_a_number_that_is_none_is_wrong_usage(path: Path, number: str) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["show", str(path), number])
    assert raised.value.code == 2


def test_long_vectors_and_data_are_shown_by_their_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = {"data": [{"embedding": [0.5] * 1536}, {"b64_json": "A" * 4000}]}
    body = forms.encode("application/json", json.dumps(value).encode())
    item = recorded({"model": "e", "input": "a"}, url="https://api.example.com/v1/embeddings")
    response = RecordedResponse(200, (), body)
    path = tmp_path / "a.yaml"
    items = (item._replace(response=response),)
    path.write_bytes(dump(CassetteFile(default_match_on(), items)).encode())
    out = shown(capsys, path)
    assert '"[1536 numbers]"' in out
    assert f'"{"A" * 40}... (4000 characters)"' in out
    assert max(map(len, out.splitlines())) < 150


# --- hostile content ----------------------------------------------------------------------------


@pytest.mark.parametrize("option", [[], ["--plain"], ["--json"]])
def test_nothing_in_a_cassette_drives_a_terminal(
    tmp_path: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(hostile.cassette())
    out = shown(capsys, *option, path)
    assert hostile.DRIVES.search(out) is None
    assert "owned" in out


@pytest.mark.skipif(os.name == "nt", reason="no such file names")
@pytest.mark.parametrize("content", [None, b"broken: [", hostile.cassette()])
def test_no_name_of_a_file_drives_a_terminal(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    name = hostile.EVIL.replace("\x00", "").replace("/", "")
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    main(["show", "--json", str(path)])
    main(["show", str(path), "99"])
    printed = capsys.readouterr()
    assert hostile.DRIVES.search(printed.out + printed.err) is None
    assert "owned" in printed.err


# --- terminals ----------------------------------------------------------------------------------

PAGER = "import sys; text = sys.stdin.read(); sys.stdout.write('<' + text + '>')"
SHOW = (sys.executable, "-m", "promptecho", "show")


def on_terminal(path: Path, *options: str, **environ: str) -> str:
    """What a terminal gets from the command."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "PAGER", "LESS")}
    command = (*SHOW, *options, str(path))
    with subprocess.Popen(
        command, stdout=theirs, env={**clean, "TERM": "xterm", "PAGER": "cat", **environ}
    ) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux says so that the other side is closed
                break
            if not piece:
                break
            out += piece
    os.close(ours)
    assert process.returncode == 0
    return out.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colors(path: Path) -> None:
    out = on_terminal(path)
    assert "\x1b[36muser\x1b[0m\n    Is it warm\n" in out
    assert re.sub("\x1b\\[[0-9]+m", "", out) == on_terminal(path, "--plain")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_gets_no_color_where_none_is_wanted(path: Path, environ: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal(path, **environ)


def test_a_terminal_has_a_pager(path: Path, tmp_path: Path) -> None:
    program = tmp_path / "pager.py"
    program.write_text(PAGER, encoding="utf-8")
    command = f"'{sys.executable}' '{program}'"
    out = on_terminal(path, PAGER=command)
    assert out.startswith("<\x1b[1m1: POST")
    assert out.endswith(">")
    assert "<" not in on_terminal(path, "--plain", PAGER=command)


@pytest.mark.parametrize("command", ["no-such-pager-anywhere", "'", ""])
def test_without_a_pager_the_text_is_printed(path: Path, command: str) -> None:
    assert "It is warm." in on_terminal(path, PAGER=command)


def test_a_pager_that_ends_early_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    item = recorded(chat("b"), "line\n" * 100_000)
    path.write_bytes(dump(CassetteFile(default_match_on(), (item,))).encode())
    assert on_terminal(path, PAGER=f"'{sys.executable}' -c pass") == ""


def test_only_our_colors_reach_a_pager(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(hostile.cassette())
    out = re.sub("\x1b\\[(?:0|1|2|36)m", "", on_terminal(path))
    assert hostile.DRIVES.search(out) is None


def test_a_reader_may_leave_early(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    item = recorded(chat("b"), "line\n" * 100_000)
    path.write_bytes(dump(CassetteFile(default_match_on(), (item,))).encode())
    with subprocess.Popen(
        (*SHOW, str(path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_console_of_a_small_encoding_gets_escapes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(
        dump(CassetteFile(default_match_on(), (recorded(chat("b"), "\u4f60"),))).encode()
    )
    environ = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run((*SHOW, str(path)), env=environ, capture_output=True, check=True)
    assert b"    \\u4f60\n" in done.stdout.replace(b"\r\n", b"\n")


# --- git ----------------------------------------------------------------------------------------


def test_git_diff_shows_conversations(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        command = ("git", "-c", "user.name=a", "-c", "user.email=a@example.invalid", *arguments)
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        return done.stdout

    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git("init", "-q")
    Path("other.yaml").write_text("- 1\n", encoding="utf-8")
    assert main(["git-setup", "--yes", "--diff", "*.yaml"]) == 0
    assert main(["git-setup", "--check", "--diff", "*.yaml"]) == 0
    git("add", ".")
    git("commit", "-q", "-m", "a")
    path.write_bytes(path.read_bytes().replace(b"warm.", b"cold."))
    Path("other.yaml").write_text("- 2\n", encoding="utf-8")
    shown = git("diff")
    assert "\n-    It is warm.\n+    It is cold.\n" in shown
    assert "\n-- 1\n+- 2\n" in shown  # no cassette, so it is shown as it is
