"""`promptecho stats` counts what cassettes hold."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from promptecho._base.model import CassetteFile, Interaction, RecordedResponse
from promptecho._bodies import forms
from promptecho._cli import main
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support import hostile
from support.session_builders import chat, recorded, sent


def answered(model: str, prompt: str, usage: dict[str, Any], at: str | None = None) -> Interaction:
    value = {"choices": [{"message": {"content": "a"}}], "usage": usage}
    body = forms.encode("application/json", json.dumps(value).encode())
    request = sent({**chat(prompt), "model": model}).request
    return Interaction(request, RecordedResponse(200, (), body), at)


def write(path: Path, *items: Interaction) -> int:
    path.parent.mkdir(exist_ok=True)
    return path.write_bytes(dump(CassetteFile(default_match_on(), items)).encode())


def counted(capsys: pytest.CaptureFixture[str], *paths: Path) -> Any:
    assert main(["stats", "--json", *map(str, paths)]) == 0
    return json.loads(capsys.readouterr().out)


def test_all_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = answered(
        "b", "x", {"prompt_tokens": 1000, "completion_tokens": 5}, "2026-01-02T00:00:00.5Z"
    )
    second = answered(
        "b", "y", {"prompt_tokens": 20, "completion_tokens": 6}, "2026-01-02T00:00:00Z"
    )
    third = answered("a", "z", {})
    one = write(tmp_path / "one.yaml", first, second)
    two = write(tmp_path / "two.yaml", third)
    assert main(["stats", str(tmp_path)]) == 0
    size = len(
        json.dumps(
            {
                "choices": [{"message": {"content": "a"}}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 5},
            }
        )
    )
    assert capsys.readouterr().out == (
        f"2 files, 3 recordings, {(one + two) / 1000:.1f} kB\n"
        "tokens: 1,020 in, 11 out\n"
        "recorded: 2026-01-02T00:00:00Z to 2026-01-02T00:00:00.5Z (2 of 3 recordings say when)\n"
        "models\n"
        "    b: 2 recordings, 1,020 tokens in, 11 out\n"
        "    a: 1 recording\n"
        "largest files\n"
        f"    {one / 1000:.1f} kB: {tmp_path / 'one.yaml'}\n"
        f"        2 recordings; the largest answer is that of 1, {size} bytes\n"
        f"    {two} bytes: {tmp_path / 'two.yaml'}\n"
    )


def test_base64_is_that_of_bodies_and_of_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytes(range(256)) * 4
    text = base64.b64encode(data).decode()
    image = json.dumps({"data": [{"b64_json": text}]}).encode()
    words = {"data": "word " * 300 + "0123456789abcdef" * 4}
    bodies = (
        forms.encode("audio/mpeg", data),
        forms.encode("application/json", image),
        forms.encode("application/json", json.dumps(words).encode()),
    )
    items = [
        recorded(chat(str(n)))._replace(response=RecordedResponse(200, (), body))
        for n, body in enumerate(bodies)
    ]
    write(tmp_path / "a.yaml", *items)
    assert counted(capsys, tmp_path)["base64"] == 2 * len(text)


def test_duplicates_have_the_key_and_the_answer_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same, other_words, other_key = (
        recorded(chat("a"), "x"),
        recorded(chat("a"), "y"),
        recorded(chat("b"), "x"),
    )
    write(tmp_path / "one.yaml", same, same, other_words, other_key)
    write(tmp_path / "two.yaml", same, other_key)
    found = counted(capsys, tmp_path)
    assert (found["duplicates"], found["in_one_file"]) == (3, 1)
    assert main(["stats", str(tmp_path)]) == 0
    line = "duplicates: 3 recordings repeat another one, 1 in the same file\n"
    assert line in capsys.readouterr().out


def test_the_largest_ten_files_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        items = (recorded(chat("a"), "x" * number), recorded(chat("b"), "x" * 100 * number))
        write(tmp_path / f"{number:02}.yaml", *items)
    found = counted(capsys, tmp_path)["largest"]
    names = [Path(each["path"]).name for each in found]
    assert names == [f"{number:02}.yaml" for number in range(11, 1, -1)]
    assert (found[0]["largest"], found[0]["largest_size"]) == (2, 1100)


def test_other_files_of_a_folder_are_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ci.yaml").write_text("jobs: []\n", encoding="utf-8")
    write(tmp_path / "a.yaml", recorded(chat("a")))
    monkeypatch.chdir(tmp_path)
    assert main(["stats"]) == 0
    assert capsys.readouterr().out.startswith("1 file, 1 recording, ")


def test_a_broken_cassette_is_named_and_the_others_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a.yaml", recorded(chat("a")))
    broken = tmp_path / "b.yaml"
    broken.write_bytes((tmp_path / "a.yaml").read_bytes()[:-8])
    assert main(["stats", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith("1 file, 1 recording, ")
    assert printed.err.startswith(str(broken))
    assert main(["stats", str(tmp_path / "c.yaml")]) == 2
    assert capsys.readouterr().err.startswith("promptecho stats: there is no cassette at ")


@pytest.mark.parametrize("option", [[], ["--plain"], ["--json"]])
def test_nothing_in_a_cassette_drives_a_terminal(
    tmp_path: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{hostile.EVIL}.yaml".replace("\x00", "").replace("/", "")
    path.write_bytes(hostile.cassette())
    assert main(["stats", *option, str(path)]) == 0
    path.write_bytes(hostile.cassette()[:-9])
    assert main(["stats", *option, str(path)]) == 2
    printed = capsys.readouterr()
    assert hostile.DRIVES.search(printed.out + printed.err) is None
    assert "owned" in printed.out
    assert "owned" in printed.err
