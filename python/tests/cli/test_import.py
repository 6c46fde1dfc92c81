"""`promptecho import` makes cassettes of files of other recorders."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import httpx
import pytest

import promptecho
from promptecho._cli import main
from promptecho._format.reader import load
from support.vcrpy_files import BODY, LOSSY, OLD, URL


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "cassettes" / "a.yaml"
    path.parent.mkdir()
    path.write_text(OLD, encoding="utf-8")
    return path


def replayed(path: Path) -> httpx.Response:
    with promptecho.use_cassette(path, mode="none"):
        return httpx.post(URL, json=BODY, trust_env=False)


def test_a_new_file_replays_the_bytes_of_the_old_one(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "new"
    assert main(["import", str(old), "--to", str(to)]) == 0
    assert replayed(to / "a.yaml").content == b'{"id":  "1"}'
    assert old.read_text(encoding="utf-8") == OLD
    assert capsys.readouterr().out == (
        f"{old} -> {to / 'a.yaml'}: 1 call (vcrpy)\n1 file: 1 call imported, 0 not\n"
    )
    (recording,) = load((to / "a.yaml").read_bytes(), "a").interactions
    assert recording.provenance.origin == "a.yaml"
    assert b"0123456789abcdef" not in (to / "a.yaml").read_bytes()


def test_without_a_place_nothing_is_written(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(old)]) == 0
    assert "1 call can be imported (no --to DIR), 0 not" in capsys.readouterr().out
    assert [each.name for each in old.parent.iterdir()] == ["a.yaml"]


def test_in_place_the_file_is_replaced(old: Path) -> None:
    assert main(["import", str(old), "--in-place", "-q"]) == 0
    assert replayed(old).json() == {"id": "1"}
    assert [each.name for each in old.parent.iterdir()] == ["a.yaml"]


def test_in_place_a_file_with_another_suffix_becomes_a_cassette(old: Path) -> None:
    packed = old.with_suffix(".yaml.gz")
    packed.write_bytes(gzip.compress(OLD.encode()))
    old.unlink()
    assert main(["import", str(packed), "--in-place"]) == 0
    assert replayed(old).json() == {"id": "1"}
    assert not packed.exists()


def test_in_place_a_file_stays_if_a_call_cannot_come_over(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old.write_text(LOSSY, encoding="utf-8")
    assert main(["import", str(old), "--in-place"]) == 1
    assert old.read_text(encoding="utf-8") == LOSSY
    assert capsys.readouterr().err == (
        f"{old}: 1 call (vcrpy)\n"
        "    the file is kept, since not every call came over; write to another folder with --to\n"
        "    call 2, GET https://h/x: the source has no answer to it [no-answer]\n"
    )


def test_the_other_calls_of_a_file_come_over(old: Path, tmp_path: Path) -> None:
    old.write_text(LOSSY, encoding="utf-8")
    assert main(["import", str(old), "--to", str(tmp_path / "new")]) == 1
    assert replayed(tmp_path / "new" / "a.yaml").json() == {"id": "1"}


def test_no_cassette_is_made_of_no_call(old: Path, tmp_path: Path) -> None:
    old.write_text(OLD.replace("code: 200", "code: 0"), encoding="utf-8")
    assert main(["import", str(old), "--to", str(tmp_path / "new")]) == 1
    assert not (tmp_path / "new").exists()


def test_another_file_at_the_new_place_stays(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "new" / "a.yaml"
    there.parent.mkdir()
    there.write_text("mine", encoding="utf-8")
    assert main(["import", str(old), "--to", str(there.parent)]) == 1
    assert there.read_text(encoding="utf-8") == "mine"
    assert "there is another file already" in capsys.readouterr().err
    there.unlink()
    # A second import of the same file writes the same bytes.
    for _ in range(2):
        assert main(["import", str(old), "--to", str(there.parent)]) == 0


def test_a_folder_keeps_its_shape_and_equal_names_keep_their_suffixes(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = {"version": 1, "interactions": []}
    (old.parent / "a.json").write_text(json.dumps(tree), encoding="utf-8")
    (old.parent / "package.json").write_text('{"name": "x"}', encoding="utf-8")
    (old.parent / "deep").mkdir()
    (old.parent / "deep" / "b.yml").write_text(OLD, encoding="utf-8")
    to = tmp_path / "new"
    assert main(["import", str(old.parent), "--to", str(to)]) == 0
    found = sorted(str(each.relative_to(to)) for each in to.rglob("*.yaml"))
    assert found == ["a.json.yaml", "a.yaml", str(Path("deep", "b.yaml"))]
    said = capsys.readouterr().out
    assert "package.json: skipped\n    no recorder that promptecho knows writes such a file" in said
    assert said.endswith("4 files; 1 skipped: 2 calls imported, 0 not\n")


def test_many_files_are_shared_among_processes(old: Path, tmp_path: Path) -> None:
    for number in range(20):
        (old.parent / f"{number}.yaml").write_text(OLD, encoding="utf-8")
    assert main(["import", str(old.parent), "--to", str(tmp_path / "new"), "-q"]) == 0
    assert len(list((tmp_path / "new").iterdir())) == 21


def test_a_file_of_0_1_3_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text("version: 2\nmatch_on: [model]\ninteractions: []\n", encoding="utf-8")
    assert main(["import", str(path), "--to", str(tmp_path / "new")]) == 0
    assert load((tmp_path / "new" / "old.yaml").read_bytes(), "x").minor == 1


def test_a_cassette_is_skipped(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(old), "--in-place"]) == 0
    made = old.read_bytes()
    assert main(["import", str(old), "--in-place"]) == 0
    assert "a.yaml: skipped\n    the file is a cassette of promptecho\n" in capsys.readouterr().out
    assert old.read_bytes() == made


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["import", "nowhere"], 2),
        (["import", "a.txt"], 1),
        (["import", "a.txt", "--from", "har"], 1),
    ],
)
def test_what_is_no_file_of_a_recorder(
    arguments: list[str],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("text", encoding="utf-8")
    assert main(arguments) == status
    assert "nowhere" in (said := capsys.readouterr().err) or "a.txt: not imported" in said


def test_calls_of_telemetry_are_named_and_no_error(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old.write_text(OLD.replace(URL, "https://api.smith.langchain.com/info"), encoding="utf-8")
    assert main(["import", str(old)]) == 0
    assert "[passthrough]" in capsys.readouterr().out


def test_what_a_file_says_cannot_reach_the_terminal(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old.write_text(OLD.replace("POST", '"\\x1b[31m"'), encoding="utf-8")
    assert main(["import", str(old)]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_two_answers_of_one_request_stay_in_order(old: Path, tmp_path: Path) -> None:
    twice = OLD.replace("version: 1\n", "") + OLD.replace("interactions:\n", "").replace(
        '"1"', '"2"'
    )
    old.write_text(twice, encoding="utf-8")
    assert main(["import", str(old), "--to", str(tmp_path / "new")]) == 0
    with promptecho.use_cassette(tmp_path / "new" / "a.yaml", mode="none"):
        answers = [httpx.post(URL, json=BODY, trust_env=False).json()["id"] for _ in "12"]
    assert answers == ["1", "2"]
