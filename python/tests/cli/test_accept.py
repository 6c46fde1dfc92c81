"""`promptecho accept FILE` takes edits by hand as meant."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import promptecho
from promptecho._base.model import Accepted, CassetteFile, Interaction
from promptecho._bodies.checksum import checksum
from promptecho._checks.validate import findings
from promptecho._cli import main
from promptecho._format.reader import load
from promptecho._format.request_digest import digest
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support.session_builders import CHAT, chat, recorded, sent

NAMES = default_match_on()


def with_checksum(item: Interaction) -> Interaction:
    assert item.response is not None
    return item._replace(response=item.response._replace(checksum=checksum(item.response.body)))


A = with_checksum(recorded(chat("the cat sat"), "A cat sat."))
B = with_checksum(recorded(chat("the dog lay"), "A dog lay."))


@pytest.fixture(autouse=True)
def _not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    from promptecho._base.spec_data import data

    for row in data("ci-variables")["variables"]:
        monkeypatch.delenv(row["name"], raising=False)


def write(path: Path, *items: Interaction, edit: tuple[str, str] | None = None) -> Path:
    text = dump(CassetteFile(NAMES, items))
    if edit:
        assert text.count(edit[0]) == 1
        text = text.replace(*edit)
    path.write_bytes(text.encode())
    return path


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    return write(tmp_path / "a.yaml", A, B, edit=("the cat sat", "that cat sat"))


def test_an_edited_request_gets_its_key_and_says_so(
    edited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accept", "--yes", str(edited)]) == 0
    first, second = load(edited.read_bytes(), "").interactions
    expected = sent(chat("that cat sat")).request
    assert first.request == expected
    assert first.response == A.response
    accepted = first.provenance.accepted
    assert isinstance(accepted, Accepted)
    assert accepted.from_key == A.request.match_key
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", accepted.at)
    assert second == B
    assert findings(edited.read_bytes(), "a") == []
    assert capsys.readouterr().out == (
        f"{edited}: recording 1, POST {CHAT}\n"
        f'  request.match_key: "{A.request.match_key}" -> "{expected.match_key}"\n'
        f"{edited} written\n"
    )


def test_a_second_run_has_nothing_to_accept(
    edited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accept", "--yes", str(edited)]) == 0
    before = edited.read_bytes()
    capsys.readouterr()
    assert main(["accept", "--yes", str(edited)]) == 0
    assert capsys.readouterr().out == "there is nothing to accept\n"
    assert edited.read_bytes() == before


def test_a_file_without_an_edit_is_not_rewritten(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", A, edit=("minor: 1\n", "minor: 1  # a comment\n"))
    before = path.read_bytes()
    assert main(["accept", "--yes", str(path)]) == 0
    assert path.read_bytes() == before


def test_an_edited_answer_gets_its_checksum_and_keeps_its_key(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", A, edit=("A cat sat.", "That cat sat."))
    assert main(["accept", "--yes", str(path)]) == 0
    (item,) = load(path.read_bytes(), "").interactions
    assert item.request == A.request
    assert item.provenance.accepted is None
    assert item.response is not None
    # SHA-256 of the 13 bytes "That cat sat."
    assert item.response.checksum == "d81de1a74b67f14f"
    assert findings(path.read_bytes(), "a") == []


def test_a_digest_of_an_edited_request_goes(tmp_path: Path) -> None:
    file = CassetteFile(NAMES)
    marked = [
        item._replace(request=item.request._replace(digest=digest("0" * 16, file, item.request)))
        for item in (A, B)
    ]
    path = write(tmp_path / "a.yaml", *marked, edit=("the cat sat", "that cat sat"))
    assert main(["accept", "--yes", str(path)]) == 0
    found = [item.request.digest for item in load(path.read_bytes(), "").interactions]
    assert found == [None, marked[1].request.digest]


def test_a_body_that_is_not_canonical_becomes_canonical(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "a.yaml",
        recorded(chat("a", max_tokens=5)),
        edit=("        max_tokens: 5\n", "        max_completion_tokens: 5\n"),
    )
    assert main(["accept", "--yes", str(path)]) == 0
    (item,) = load(path.read_bytes(), "").interactions
    assert item.request == sent(chat("a", max_completion_tokens=5)).request
    assert "request.body.max_tokens" in capsys.readouterr().out


@pytest.mark.parametrize("option", [[], ["--check"], ["--check", "--yes"]])
def test_nothing_is_written_without_a_yes(edited: Path, option: list[str]) -> None:
    before = edited.read_bytes()
    assert main(["accept", *option, str(edited)]) == 1
    assert edited.read_bytes() == before


def test_nothing_is_accepted_in_ci(
    edited: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    before = edited.read_bytes()
    assert main(["accept", "--yes", str(edited)]) == 2
    assert capsys.readouterr().err.startswith("promptecho accept: nothing is accepted in CI.")
    assert main(["accept", "--check", str(edited)]) == 1
    assert edited.read_bytes() == before


def test_a_folder_is_searched_and_a_bad_file_does_not_stop_the_others(
    edited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = edited.parent / "b.yaml"
    bad.write_bytes(b"- no")
    assert main(["accept", "--yes", str(edited.parent)]) == 1
    assert str(bad) in capsys.readouterr().err
    assert load(edited.read_bytes(), "").interactions[0].provenance.accepted is not None
    assert bad.read_bytes() == b"- no"


def test_an_edit_with_a_secret_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "sk-ant-api03-" + "Ab1" * 31 + "AA"
    path = write(tmp_path / "a.yaml", A, edit=("the cat sat", f"the key is {secret}"))
    before = path.read_bytes()
    assert main(["accept", "--yes", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "request.body.messages[0].content" in err
    assert secret not in out + err
    assert path.read_bytes() == before


def test_a_number_without_a_canonical_form_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "a.yaml",
        recorded(chat("a", max_tokens=5)),
        edit=("max_tokens: 5\n", "max_tokens: 123456789012345678901234567890\n"),
    )
    assert main(["accept", "--yes", str(path)]) == 1
    assert "recording 1: the body of the request" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["-", "missing.yaml"])
def test_a_path_that_names_no_file_is_wrong_usage(
    tmp_path: Path, argument: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["accept", "--yes", argument]) == 2


def test_an_accepted_recording_answers_the_new_request(tmp_path: Path) -> None:
    """With a client of the standard library; nothing listens on that port."""
    import json
    import urllib.request

    path = write(tmp_path / "a.yaml", A, edit=("the cat sat", "that cat sat"))
    body = json.dumps(chat("that cat sat")).encode()
    request = urllib.request.Request(CHAT, body, {"content-type": "application/json"})
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            urllib.request.urlopen(request)
    assert caught.value.reason == "stale-key"
    assert main(["accept", "--yes", str(path)]) == 0
    with promptecho.use_cassette(path, mode="none"):
        with urllib.request.urlopen(request) as response:
            assert response.read() == b"A cat sat."


def test_the_help_of_each_new_command_is_whole() -> None:
    for command in ("accept", "rm", "merge", "git-setup"):
        done = subprocess.run(
            [sys.executable, "-m", "promptecho", command, "--help"],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert "Exit status: 0" in " ".join(done.stdout.split())
