"""`promptecho rm` removes recordings by their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptecho._base.model import CassetteFile, Interaction
from promptecho._cli import main
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support.session_builders import chat, recorded

A, B, C = (recorded(chat(prompt), "ok") for prompt in "abc")


def file(*items: Interaction) -> bytes:
    return dump(CassetteFile(default_match_on(), items)).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_bytes(file(A, B, C))
    return path


def test_the_numbers_are_those_of_a_miss(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rm", "--yes", str(path), "1", "3"]) == 0
    assert path.read_bytes() == file(B)
    first, second, last = capsys.readouterr().out.splitlines()
    url = "https://api.example.com/v1/chat/completions"
    assert first == f"1: POST {url} -> 200, key {A.request.match_key}"
    assert second == f"3: POST {url} -> 200, key {C.request.match_key}"
    assert last == f"{path} written"


def test_all_recordings_may_go(path: Path) -> None:
    assert main(["rm", "--yes", str(path), "1", "2", "3"]) == 0
    assert path.read_bytes() == file()


def test_without_numbers_the_recordings_are_listed(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", str(path)]) == 0
    assert [line[:2] for line in capsys.readouterr().out.splitlines()] == ["1:", "2:", "3:"]
    assert path.read_bytes() == file(A, B, C)


@pytest.mark.parametrize("option", [[], ["--check"], ["--check", "--yes"]])
def test_nothing_is_written_without_a_yes(
    path: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", *option, str(path), "2"]) == 1
    assert path.read_bytes() == file(A, B, C)
    assert capsys.readouterr().out.startswith("2: POST")


@pytest.mark.parametrize(("answer", "expected"), [("y\n", 0), ("yes\n", 0), ("\n", 1), ("n\n", 1)])
def test_a_user_is_asked(
    path: Path, answer: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    assert main(["rm", str(path), "2"]) == expected
    assert "Remove this recording? [y/N] " in screen.getvalue()
    assert path.read_bytes() == (file(A, B, C) if expected else file(A, C))


def test_a_number_that_the_file_does_not_have_is_an_error(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", "--yes", str(path), "1", "4"]) == 1
    assert path.read_bytes() == file(A, B, C)
    assert "the file has no recording 4: it has 3" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "one", "1.5", ""])
def test_a_number_begins_with_one(path: Path, number: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["rm", "--yes", str(path), number])
    assert caught.value.code == 2
    assert path.read_bytes() == file(A, B, C)


@pytest.mark.parametrize("data", [None, b"", b"- no", b"\xff", file(A)[:-4]])
def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, data: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    if data is not None:
        path.write_bytes(data)
    assert main(["rm", "--yes", str(path), "1"]) == 1
    assert capsys.readouterr().err.startswith(str(path))
    assert (path.read_bytes() if data is not None else None) == data
