"""Nothing that an opening has read of a file is used by the next: an edit counts at once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import httpx
import pytest

import promptecho
from promptecho._format import lazy_reader
from support.cassette_strategies import EXAMPLE

URL = "https://api.anthropic.com/v1/messages"
BODY = {
    "model": "claude-opus-4-8",
    "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
    "max_tokens": 100,
}


def answer(path: Path, mode: Literal["none", "once", "new_episodes"]) -> str:
    with promptecho.use_cassette(path, mode=mode):
        with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
            text: str = client.post(URL, json=BODY).json()["content"][0]["text"]
            return text


@pytest.fixture(params=["as it is", "compressed"])
def path(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "compressed":
        monkeypatch.setattr(lazy_reader, "_LARGE", 0)
    path = tmp_path / "a.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize("mode", ["none", "once"])
def test_an_edited_answer_is_played(path: Path, mode: Literal["none", "once"]) -> None:
    assert answer(path, mode) == "A cat sat."
    edit(path, "A cat sat.", "A dog sat.")
    assert answer(path, mode) == "A dog sat."


def test_an_edited_request_is_a_miss(path: Path) -> None:
    assert answer(path, "none") == "A cat sat."
    edit(path, "the cat sat on", "the dog sat on")
    with pytest.raises(promptecho.CassetteMiss) as caught:
        answer(path, "none")
    assert caught.value.reason == "stale-key"


def test_an_edit_during_a_session_counts_at_the_next_opening(path: Path) -> None:
    with promptecho.use_cassette(path, mode="new_episodes"):
        edit(path, "A cat sat.", "A dog sat.")
        with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
            played = client.post(URL, json=BODY).json()["content"][0]["text"]
    assert played == "A cat sat."
    assert answer(path, "none") == "A dog sat."
