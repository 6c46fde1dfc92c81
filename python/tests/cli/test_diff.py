"""`promptecho diff` compares two cassettes recording by recording."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from promptecho._base.model import CassetteFile, Failure, Interaction, RecordedResponse
from promptecho._bodies import forms
from promptecho._cli import main
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support import hostile
from support.session_builders import CHAT, chat, recorded, sent


def answered(
    prompt: str, words: str, *, finish: str = "stop", answer_id: str = "x", **more: Any
) -> Interaction:
    """A recording of a chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": words}}
    value = {"id": answer_id, "choices": [{**choice, "finish_reason": finish}], **more}
    body = forms.encode("application/json", json.dumps(value).encode())
    headers = (("content-type", ("application/json",)),)
    return Interaction(sent(chat(prompt)).request, RecordedResponse(200, headers, body))


class Files:
    """The two files that are compared."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.old, self.new = folder / "old.yaml", folder / "new.yaml"
        self._capsys = capsys

    def write(self, old: list[Interaction], new: list[Interaction]) -> None:
        for path, items in ((self.old, old), (self.new, new)):
            path.write_bytes(dump(CassetteFile(default_match_on(), tuple(items))).encode())

    def compare(self, old: list[Interaction], new: list[Interaction], status: int = 1) -> str:
        """What the command prints."""
        self.write(old, new)
        assert main(["diff", str(self.old), str(self.new)]) == status
        return self._capsys.readouterr().out


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Files:
    return Files(tmp_path, capsys)


A = answered("What is warm?", "The sun.")
B = answered("Who came in?", "A cat.")


def key(item: Interaction) -> str:
    return item.request.match_key


def test_the_same_recordings_are_no_difference(files: Files) -> None:
    assert files.compare([A, B], [A, B], 0) == ""
    assert files.compare([A, B], [B, A], 0) == ""  # their order has no effect on each other


def test_ids_times_and_headers_of_an_answer_are_no_difference(files: Files) -> None:
    assert A.response is not None
    other = answered("What is warm?", "The sun.", answer_id="y", created=5)
    first = answered("What is warm?", "The sun.", answer_id="z", created=4)
    response = A.response._replace(headers=(("x-served-by", ("b",)),))
    assert files.compare([first], [other], 0) == ""
    assert files.compare([A], [A._replace(response=response, recorded_at=None)], 0) == ""


def test_a_recording_is_new_or_gone(files: Files) -> None:
    assert files.compare([A], [A, B]) == (f"new: 2: POST {CHAT}\n    key {key(B)}\n\n1 new\n")
    assert files.compare([B, A], [A]) == (f"gone: 1: POST {CHAT}\n    key {key(B)}\n\n1 gone\n")


def test_an_answer_in_other_words_is_reworded(files: Files) -> None:
    new = answered("What is warm?", "The sun.\nAnd you.")
    assert files.compare([B, A], [new, B]) == (
        f"reworded: 1: POST {CHAT}\n"
        f"    recording 2 of the old file, key {key(A)}\n"
        "  answer\n"
        "     answer\n"
        "         The sun.\n"
        "    +    And you.\n"
        "     stopped: stop\n"
        "\n"
        "1 reworded\n"
    )


def test_a_prompt_in_other_words_is_reworded(files: Files) -> None:
    new = answered("What is so warm?", "The sun.")
    assert files.compare([B, A], [new, B]) == (
        f"reworded: 1: POST {CHAT}\n"
        f"    recording 2 of the old file, key {key(A)} -> {key(new)}\n"
        "  prompt\n"
        "     model m\n"
        "     user\n"
        "    -    What is warm?\n"
        "    +    What is so warm?\n"
        "\n"
        "1 reworded\n"
    )


def test_a_prompt_of_other_words_is_another_call(files: Files) -> None:
    out = files.compare([A], [B])
    assert out.endswith("\n1 gone, 1 new\n")


def test_an_answer_of_another_shape_is_changed(files: Files) -> None:
    new = answered("What is warm?", "The sun.", finish="length")
    assert files.compare([A], [new]) == (
        f"changed in shape: 1: POST {CHAT}\n"
        f"    key {key(A)}\n"
        '    choices[].finish_reason: old "stop" / new "length"\n'
        "  answer\n"
        "     answer\n"
        "         The sun.\n"
        "    -stopped: stop\n"
        "    +stopped: length\n"
        "\n"
        "1 changed in shape\n"
    )


def test_a_failure_and_a_status_are_of_the_shape(files: Files) -> None:
    failed = A._replace(response=None, failure=Failure("connect"))
    assert "    failure: old none / new connect\n" in files.compare([A], [failed])
    assert files.compare([failed], [failed], 0) == ""
    refused = recorded(chat("a"), "no", status=429)
    given = recorded(chat("a"), "yes")
    assert "    status: old 200 / new 429\n" in files.compare([given], [refused])


def test_members_that_are_not_shown_are_named_so(files: Files) -> None:
    new = answered("What is warm?", "The sun.", service_tier="a")
    old = answered("What is warm?", "The sun.", service_tier="b")
    assert "    the words are the same, other members of the answer differ\n" in files.compare(
        [old], [new]
    )


def test_another_key_of_the_same_call_is_a_change(files: Files) -> None:
    other = sent(chat("What is warm?"), match_on=("model",)).request
    out = files.compare([A], [A._replace(request=other)])
    assert f"    key: old {key(A)} / new {other.match_key}\n" in out


def test_of_answers_of_one_key_the_same_are_pairs(files: Files) -> None:
    first, second, third = (answered("a", words) for words in ("One.", "Two.", "Three."))
    out = files.compare([first, second], [third, first, second])
    assert out == f"new: 1: POST {CHAT}\n    key {key(first)}\n\n1 new\n"


def test_json_has_the_views_of_both(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write([A], [answered("What is warm?", "You."), B])
    assert main(["diff", "--json", str(files.old), str(files.new)]) == 1
    first, second = json.loads(capsys.readouterr().out)["changes"]
    assert (first["kind"], second["kind"]) == ("reworded", "new")
    assert first["answer"][1:3] == ["-    The sun.", "+    You."]
    assert first["old"]["answered"]["turns"][0]["parts"][0]["text"] == "The sun."
    assert second["old"] is None
    files.write([A], [A])
    assert main(["diff", "--json", str(files.old), str(files.new)]) == 0
    assert json.loads(capsys.readouterr().out) == {"changes": []}


@pytest.mark.parametrize("option", ["--plain", "--json"])
def test_a_file_that_cannot_be_used_is_trouble(
    files: Files, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write([A], [B])
    files.new.write_bytes(files.new.read_bytes()[:-10])
    assert main(["diff", option, str(files.old), str(files.new)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{files.new}")
    assert main(["diff", str(files.old), str(files.new) + "x"]) == 2
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("option", [[], ["--plain"], ["--json"]])
def test_nothing_in_a_cassette_drives_a_terminal(
    tmp_path: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_bytes(hostile.cassette())
    new.write_bytes(hostile.cassette("more words"))
    for first, second in ((old, new), (new, old)):
        assert main(["diff", *option, str(first), str(second)]) == 1
    empty = tmp_path / "empty.yaml"
    empty.write_bytes(dump(CassetteFile(default_match_on())).encode())
    assert main(["diff", *option, str(old), str(empty)]) == 1
    printed = capsys.readouterr()
    assert hostile.DRIVES.search(printed.out + printed.err) is None
    assert "more words" in printed.out


# --- revisions of git ---------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    path = folder / "inner" / "a.yaml"
    path.parent.mkdir()
    path.write_bytes(dump(CassetteFile(default_match_on(), (A,))).encode())
    who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "a")):
        subprocess.run(("git", *command), check=True)
    path.write_bytes(dump(CassetteFile(default_match_on(), (A, B))).encode())
    return folder


def test_a_revision_is_a_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "HEAD:inner/a.yaml", "inner/a.yaml"]) == 1
    assert capsys.readouterr().out.endswith("\n1 new\n")
    assert main(["diff", "inner/a.yaml", "HEAD:inner/a.yaml"]) == 1
    assert capsys.readouterr().out.endswith("\n1 gone\n")
    assert main(["diff", "HEAD:inner/a.yaml", "HEAD:inner/a.yaml"]) == 0


def test_a_path_of_a_revision_may_begin_with_a_dot(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "inner")
    assert main(["diff", "HEAD:./a.yaml", "a.yaml"]) == 1


@pytest.mark.skipif(os.name == "nt", reason="no such file names")
def test_a_file_that_exists_is_no_revision(repository: Path) -> None:
    Path("HEAD:inner").mkdir()
    Path("HEAD:inner/a.yaml").write_bytes(Path("inner/a.yaml").read_bytes())
    assert main(["diff", "HEAD:inner/a.yaml", "inner/a.yaml"]) == 0


@pytest.mark.parametrize(
    "name", ["HEAD:other.yaml", "no-such-revision:inner/a.yaml", "--output=x:y", "HEAD:\x1b[31m"]
)
def test_a_revision_that_is_none_is_trouble(
    repository: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--", name, "inner/a.yaml"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("promptecho diff: ")
    assert hostile.DRIVES.search(error) is None
    assert not Path("x").exists()
