"""`promptecho synth` writes an answer that no server has sent, for a request, marked as such."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho._checks.validate import findings
from promptecho._cli import main
from promptecho._format.reader import load
from support.clients import PLAIN

CHAT = "https://api.openai.com/v1/chat/completions"
MESSAGES = "https://api.anthropic.com/v1/messages"
RESPONSES = "https://api.openai.com/v1/responses"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent"
GEMINI_STREAM = GEMINI.replace(":generateContent", ":streamGenerateContent?alt=sse")
TURNS = [{"role": "user", "content": "Summarize: the cat sat on the mat."}]
BODIES: dict[str, Any] = {
    CHAT: {"model": "gpt-4o-mini", "messages": TURNS},
    MESSAGES: {"model": "claude-opus-4-8", "max_tokens": 9, "messages": TURNS},
    RESPONSES: {"model": "gpt-4o-mini", "input": "Summarize: the cat sat on the mat."},
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": "Summarize."}]}]},
}


def synth(path: Path, url: str, body: Any, *arguments: str) -> int:
    request = path.with_name("request.json")
    request.write_text(json.dumps(body), encoding="utf-8")
    return main(["synth", str(path), "--url", url, "--request", str(request), *arguments])


def items(path: Path) -> Any:
    data = path.read_bytes()
    assert findings(data, path.name) == []
    return load(data, path.name).interactions


def replayed(path: Path, url: str, body: Any) -> httpx.Response:
    with promptecho.use_cassette(path, mode="none"), httpx.Client(**PLAIN) as client:
        return client.post(url, json=body)


@pytest.mark.parametrize("url", [CHAT, MESSAGES, RESPONSES, GEMINI])
def test_the_request_gets_the_synthetic_answer(
    path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synth(path, url, BODIES[url], "--text", "A cat sat.") == 0
    assert capsys.readouterr().out == f"{path} written\n"
    (item,) = items(path)
    assert (item.provenance.origin, item.provenance.recorded_by) == ("synthetic", None)
    answer = replayed(path, url, BODIES[url])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert "A cat sat." in json.dumps(answer.json())


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (CHAT, {**BODIES[CHAT], "stream": True}),
        (MESSAGES, {**BODIES[MESSAGES], "stream": True}),
        (RESPONSES, {**BODIES[RESPONSES], "stream": True}),
        (GEMINI_STREAM, BODIES[GEMINI]),
    ],
)
def test_a_stream_is_written_event_by_event(path: Path, url: str, body: Any) -> None:
    assert synth(path, url, body, "--text", "A cat sat.", "--stream") == 0
    (item,) = items(path)
    assert item.response.body.framing == "sse-lf"
    assert item.response.truncated is False
    text = replayed(path, url, body).text
    assert [word in text for word in ('"A "', '"cat "', '"sat."')] == [True] * 3


def test_a_second_answer_goes_behind_the_first(path: Path) -> None:
    body = BODIES[CHAT]
    other = {**body, "model": "gpt-4o"}
    assert synth(path, CHAT, body, "--text", "one") == 0
    first = path.read_text(encoding="utf-8")
    assert synth(path, CHAT, other, "--text", "two") == 0
    assert path.read_text(encoding="utf-8").startswith(first.removesuffix("...\n"))
    assert [each.response.body.value["model"] for each in items(path)] == ["gpt-4o-mini", "gpt-4o"]


def test_a_secret_is_not_written(path: Path) -> None:
    secret = "sk-" + "Qm7xT2pL9" * 4
    body = {"model": "m", "messages": [{"role": "user", "content": f"my key is {secret}"}]}
    with pytest.warns(promptecho.PromptechoSecretWarning):
        assert synth(path, CHAT, body, "--text", f"your key is {secret}") == 0
    assert secret not in path.read_text(encoding="utf-8")


def test_the_body_can_come_from_standard_input(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO(json.dumps(BODIES[CHAT]).encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(data))
    assert main(["synth", str(path), "--url", CHAT, "--request", "-", "--text", "Yes."]) == 0
    assert len(items(path)) == 1


def test_a_request_with_an_answer_is_refused_and_nothing_changes(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synth(path, CHAT, BODIES[CHAT], "--text", "one") == 0
    before = path.read_bytes()
    assert synth(path, CHAT, BODIES[CHAT], "--text", "two") == 1
    assert "has an answer to this request" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, "request.json"]


def test_a_file_that_is_no_cassette_is_an_error(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(b"- no")
    assert synth(path, CHAT, BODIES[CHAT], "--text", "one") == 1
    assert str(path) in capsys.readouterr().err
    assert path.read_bytes() == b"- no"


@pytest.mark.parametrize(
    ("url", "body", "arguments", "text"),
    [
        (CHAT, BODIES[CHAT], [], "pass --text or --tool-call"),
        (CHAT, BODIES[CHAT], ["--text", "a", "--stream"], "Leave out --stream"),
        (CHAT, {**BODIES[CHAT], "stream": True}, ["--text", "a"], "Pass --stream"),
        (CHAT, [1], ["--text", "a"], "must hold a JSON object"),
        (CHAT, BODIES[CHAT], ["--tool-call", "f", "{"], "--tool-call f are not JSON"),
        (CHAT, BODIES[CHAT], ["--tool-call", "f", "[]"], "--tool-call f must be a JSON object"),
        (
            "https://h/v1/embeddings",
            {"input": "a"},
            ["--text", "a"],
            "/v1/embeddings have no known",
        ),
        ("ftp://h/v1/messages", BODIES[MESSAGES], ["--text", "a"], "must begin with https"),
    ],
)
def test_wrong_usage_is_an_error_that_says_what_to_do(
    path: Path,
    url: str,
    body: Any,
    arguments: list[str],
    text: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert synth(path, url, body, *arguments) == 2
    assert text in capsys.readouterr().err
    assert not path.exists()


# lint --require-origin


def lint(path: Path, kinds: str) -> int:
    return main(["lint", "--require-origin", kinds, str(path.parent)])


@pytest.fixture
def in_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)


@pytest.mark.usefixtures("in_folder")
def test_lint_reports_what_was_not_recorded(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert synth(path, CHAT, BODIES[CHAT], "--text", "one") == 0
    assert lint(path, "recorded,synthetic") == 0
    assert lint(path, "recorded") == 1
    out = capsys.readouterr().out
    assert "cassette.yaml:" in out
    assert "recording 1 is synthetic; only these are allowed: recorded [lint.origin]" in out


@pytest.mark.usefixtures("in_folder")
def test_lint_reports_an_answer_that_was_edited(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synth(path, CHAT, BODIES[CHAT], "--text", "one") == 0
    text = path.read_text(encoding="utf-8").replace("    origin: synthetic\n", "")
    path.write_text(text, encoding="utf-8")
    assert lint(path, "recorded") == 0
    path.write_text(text.replace("content: one", "content: two"), encoding="utf-8")
    assert lint(path, "recorded") == 1
    assert "recording 1 is edited" in capsys.readouterr().out


def test_an_unknown_kind_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["lint", "--require-origin", "bought"])
    assert caught.value.code == 2
    assert (
        "the kinds are recorded, accepted, edited, synthetic, imported" in capsys.readouterr().err
    )
