"""An edited prompt keeps its answer: `--promptecho-accept`, `promptecho accept --last-run`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptecho._base.model import Accepted, Interaction
from promptecho._checks.misses import from_json
from promptecho._checks.validate import findings
from promptecho._cli import main
from promptecho._format.reader import load
from support.pytest_project import Project

TESTS = """
pytestmark = pytest.mark.promptecho

def test_one():
    assert ask("say one") == "echo: say one"

def test_turns():
    first = ask("say two")
    assert first == "echo: say two"
    ask("you said: " + first)
"""
EDITED = TESTS.replace('ask("say', 'ask("please say')


@pytest.fixture(autouse=True)
def _in_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.path)


def prepared(project: Project, before: str = TESTS, after: str = EDITED) -> None:
    """Record the tests, then edit them; nothing reaches the upstream from now on."""
    project.file("test_a.py", before)
    project.run("-q")
    project.file("test_a.py", after)
    project.upstream.calls.clear()


def items(name: str) -> list[Interaction]:
    path = Path("cassettes", f"{name}.yaml")
    assert findings(path.read_bytes(), name) == []
    return list(load(path.read_bytes(), name).interactions)


def prompt(item: Interaction) -> str:
    return str(item.request.body["messages"][0]["content"])


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
def test_an_accepted_answer_is_played_at_once_and_written(
    project: Project, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if arguments:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    prepared(project)
    (before,) = items("test_one")
    run = project.run_apart if arguments else project.run
    output = run("-q", *arguments, "--promptecho-accept", passed=2)
    assert "promptecho: accepted cassettes/test_one.yaml: recording 1, POST http://" in output
    assert '  request.body.messages[0].content: "say one" -> "please say one"' in output
    (after,) = items("test_one")
    assert prompt(after) == "please say one"
    assert after.response == before.response
    assert isinstance(after.provenance.accepted, Accepted)
    assert after.provenance.accepted.from_key == before.request.match_key
    note = json.loads(Path(".promptecho", "run.json").read_text(encoding="utf-8"))
    accepted = {use["test"]: use["accepted"] for use in note["uses"] if use.get("accepted")}
    assert accepted == {"test_a.py::test_one": [1], "test_a.py::test_turns": [1]}
    # The second turn did not change: its own recording answered it.
    assert [prompt(item) for item in items("test_turns")] == [
        "please say two",
        "you said: echo: say two",
    ]
    monkeypatch.setenv("CI", "true")
    project.run("-q", passed=2)
    assert project.asked() == []


def test_a_test_that_fails_accepts_nothing(project: Project) -> None:
    prepared(project, after=EDITED.replace("echo: say one", "another answer"))
    before = items("test_one")
    output = project.run("-q", "--promptecho-accept", failed=1, passed=1)
    assert (
        "promptecho: nothing of test_a.py::test_one is accepted, because it did not pass" in output
    )
    assert items("test_one") == before
    assert prompt(items("test_turns")[0]) == "please say two"


def test_async_calls_and_repeats_are_accepted(project: Project) -> None:
    tests = """
import asyncio
@pytest.mark.promptecho
def test_it():
    for _ in range(2):
        assert asyncio.run(ask_async("one")) == "echo: one"
"""
    before = tests.replace("range(2)", "range(1)")
    prepared(project, before, tests.replace('ask_async("one', 'ask_async("edited one'))
    project.run("-q", "--promptecho-accept", passed=1)
    (item,) = items("test_it")
    assert prompt(item) == "edited one"
    assert project.asked() == []


def test_a_with_block_is_accepted_too(project: Project) -> None:
    tests = 'def test_it():\n    with promptecho.use_cassette("a.yaml"): ask("one")\n'
    prepared(project, tests, tests.replace('"one"', '"two"'))
    project.run("-q", "--promptecho-accept", passed=1)
    (item,) = load(Path("a.yaml").read_bytes(), "").interactions
    assert prompt(item) == "two"


OBSTACLES = {
    "model": ('ask("one")', 'ask("one", model="m2")', "it is for another model"),
    "tool": (
        'ask("one", messages=[{"role": "user", "content": "a"}, TOOL("3 degrees")])',
        'ask("one", messages=[{"role": "user", "content": "a"}, TOOL("4 degrees")])',
        "it holds another tool result",
    ),
    "endpoint": (
        'httpx.post(os.environ["UPSTREAM"] + "/w", json={"messages": [{"content": "Rome"}]})',
        'httpx.post(os.environ["UPSTREAM"] + "/w", json={"messages": [{"content": "Paris"}]})',
        "it is not a conversation with a model",
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_an_answer_must_follow_from_is_accepted_only_if_asked_for(
    project: Project, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, obstacle = OBSTACLES[name]
    head = (
        "import os, httpx\n"
        "TOOL = lambda text: {'role': 'tool', 'tool_call_id': 'c', 'content': text}\n"
        "@pytest.mark.promptecho\ndef test_it(): "
    )
    prepared(project, head + before, head + after)
    old = items("test_it")
    output = project.run("-q", "--promptecho-accept", failed=1)
    assert f"is not accepted: {obstacle}" in output
    assert "promptecho accept --last-run" not in output
    capsys.readouterr()
    assert main(["accept", "--last-run", "--yes"]) == 1
    assert capsys.readouterr().err.rstrip().endswith(f"is not accepted: {obstacle}")
    assert items("test_it") == old
    assert main(["accept", "--last-run", "--any", "--yes"]) == 0
    project.run("-q", passed=1)
    assert project.asked() == []


# --- promptecho accept --last-run ----------------------------------------------------------------


def test_the_misses_of_the_last_run_are_accepted_turn_by_turn(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(project, after=EDITED.replace("you said", "you have said"))
    output = project.run("-q", failed=2)
    assert (
        "promptecho: if the prompts were edited on purpose, 2 recordings can answer them: "
        "promptecho accept --last-run"
    ) in output
    capsys.readouterr()
    assert main(["accept", "--last-run", "--check"]) == 1
    assert main(["accept", "--last-run"]) == 1  # nobody is there to ask
    assert [prompt(item) for item in items("test_one")] == ["say one"]
    capsys.readouterr()
    assert main(["accept", "--last-run", "--yes"]) == 0
    out = capsys.readouterr().out
    assert '  request.body.messages[0].content: "say two" -> "please say two"\n' in out
    assert out.endswith(
        "Run the tests again: they may make further requests now, which had no recording before.\n"
    )
    project.run("-q", passed=1, failed=1)  # the next turn
    assert main(["accept", "--last-run", "--yes"]) == 0
    project.run("-q", passed=2)
    assert project.asked() == []
    capsys.readouterr()
    assert main(["accept", "--last-run", "--yes"]) == 0
    assert capsys.readouterr().out == "there is nothing to accept\n"


def test_a_recording_that_another_test_plays_is_not_accepted(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = """
pytestmark = pytest.mark.promptecho(path="shared.yaml")
def test_a(): ask("one")
def test_b(): ask("one")
"""
    prepared(project, tests, tests.replace('b(): ask("one")', 'b(): ask("edited")'))
    before = Path("shared.yaml").read_bytes()
    project.run("-q", passed=1, failed=1)
    capsys.readouterr()
    assert main(["accept", "--last-run", "--yes"]) == 1
    assert "not accepted: test_a.py::test_a plays recording 1" in capsys.readouterr().err
    output = project.run("-q", "--promptecho-accept", passed=2)
    assert "not accepted: test_a.py::test_a plays recording 1" in output
    assert Path("shared.yaml").read_bytes() == before


def test_two_edits_of_one_recording_are_not_both_accepted(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = """
pytestmark = pytest.mark.promptecho(path="shared.yaml")
def test_a(): ask("one")
def test_b(): ask("one")
"""
    prepared(project, tests, tests.replace('ask("one")', 'ask("x")', 1).replace('("one")', '("y")'))
    project.run("-q", failed=2)
    capsys.readouterr()
    assert main(["accept", "--last-run", "--yes"]) == 1
    err = capsys.readouterr().err
    assert "not accepted: recording 1 answers another request of test_a.py::test_a" in err
    assert [prompt(i) for i in load(Path("shared.yaml").read_bytes(), "").interactions] == ["x"]


def test_the_note_of_misses_is_redacted_and_ignored_by_git(project: Project) -> None:
    secret = "sk-ant-api03-" + "Ab1" * 31 + "AA"
    prepared(project, after=EDITED.replace("please say one", f"my key is {secret}"))
    project.run("-q", failed=2)
    data = Path(".promptecho", "misses.json").read_bytes()
    assert secret.encode() not in data
    missed = {each.test: each for each in from_json(data)}["test_a.py::test_one"]
    assert missed.request.body["messages"] == [{"role": "user", "content": "my key is REDACTED"}]
    assert missed.redacted == ("request.body.messages[0].content",)
    assert Path(".promptecho", ".gitignore").read_text(encoding="utf-8").endswith("*\n")


def test_a_run_without_misses_empties_the_note(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(project)
    project.run("-q", failed=2)
    project.file("test_a.py", TESTS)
    project.run("-q", passed=2)
    assert main(["accept", "--last-run", "--yes"]) == 0
    assert capsys.readouterr().out.endswith("there is nothing to accept\n")


def test_a_file_that_changed_since_the_run_stays(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(project)
    project.run("-q", failed=2)
    main(["rm", "--yes", "cassettes/test_one.yaml", "1"])
    Path("cassettes", "test_turns.yaml").unlink()
    capsys.readouterr()
    assert main(["accept", "--last-run", "--yes"]) == 1
    err = capsys.readouterr().err
    assert "cassettes/test_one.yaml: recording 1 has changed since the run" in err
    assert "test_turns.yaml" in err


def test_nothing_is_accepted_in_ci(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(project)
    project.run("-q", failed=2)
    monkeypatch.setenv("CI", "true")
    assert main(["accept", "--last-run", "--yes"]) == 2
    assert main(["accept", "--last-run", "--check"]) == 1
    project.run("-q", "--promptecho-accept")
    assert project.result is not None
    assert "--promptecho-accept: nothing is accepted in CI." in project.result.stderr.str()


@pytest.mark.parametrize(
    "arguments", [[], ["--any"], ["--last-run", "a.yaml"], ["--any", "a.yaml"]]
)
def test_files_and_a_run_exclude_each_other(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accept", "--yes", *arguments]) == 2
    assert "pass files, or --last-run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"format": 2}',
        b'{"format": 1}',
        b'{"format": 1, "misses": [1]}',
        b'{"format": 1, "misses": [{"test": 1}]}',
        b'{"format": 1, "misses": [{"path": "a"}]}',
        b'{"format": 1, "misses": [{"request": {}}]}',
        b'{"format": 1, "misses": [{"other": {}}]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_note_that_is_none_is_wrong_usage(
    data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".promptecho").mkdir()
    Path(".promptecho", "misses.json").write_bytes(data)
    assert main(["accept", "--last-run", "--yes"]) == 2
    path = Path(".promptecho", "misses.json")
    assert capsys.readouterr().err.startswith(f"promptecho accept: {path}: ")


def test_without_a_run_there_is_nothing_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accept", "--last-run", "--yes"]) == 2
    assert "Run pytest first" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
def test_mode_missing_records_what_misses_of_tests_that_pass(
    project: Project, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if arguments:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    prepared(project, after=TESTS.replace('ask("say one', 'ask("say three'))
    before = items("test_turns")
    monkeypatch.setenv("PROMPTECHO_MODE", "missing")
    run = project.run_apart if arguments else project.run
    run("-q", *arguments, failed=1, passed=1)  # test_one expects the answer to "say one"
    assert [prompt(item) for item in items("test_one")] == ["say one"]
    project.file("test_a.py", EDITED.replace('"echo: say one"', '"echo: please say one"'))
    project.upstream.calls.clear()
    run("-q", *arguments, failed=1, passed=1)  # test_turns expects the answer to "say two"
    assert [prompt(item) for item in items("test_one")] == ["say one", "please say one"]
    assert items("test_turns") == before
