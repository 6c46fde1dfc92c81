"""The note of a run, `.promptecho/run.json`, and what lint and prune make of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptecho._checks.runs import LiveCall, Run, from_json, joined
from promptecho._cli import main
from promptecho._format.reader import load
from support.pytest_project import Project

TESTS = """
pytestmark = pytest.mark.promptecho

def test_one(): ask("one")

def test_two():
    ask("two")
    ask("three")

@pytest.mark.skip
def test_skipped(): ask("skipped")
"""


@pytest.fixture(autouse=True)
def _in_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.path)


def note(project: Project) -> Run:
    return from_json((project.path / ".promptecho" / "run.json").read_bytes())


def recorded(project: Project, tests: str = TESTS) -> None:
    project.file("test_a.py", tests)
    project.run("-q")


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The findings, without remedies, and the summary."""
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("    ")]


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
def test_the_note_says_what_each_test_did(project: Project, arguments: list[str]) -> None:
    if arguments:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    recorded(project)
    project.run_apart(*arguments, passed=2, skipped=1)
    run = note(project)
    assert run.is_whole
    tests = {name: (test.line, test.cassette, test.outcome) for name, test in run.tests.items()}
    assert tests == {
        "test_a.py::test_one": (6, "cassettes/test_one.yaml", "passed"),
        "test_a.py::test_two": (8, "cassettes/test_two.yaml", "passed"),
        "test_a.py::test_skipped": (12, "cassettes/test_skipped.yaml", "skipped"),
    }
    uses = {use.test: use for use in run.uses}
    assert list(uses["test_a.py::test_two"].played) == [1, 2]
    assert [len(use.keys) for _, use in sorted(uses.items())] == [1, 2]
    assert {(use.recorded, use.missed) for use in run.uses} == {(0, 0)}
    assert (project.path / ".promptecho" / ".gitignore").read_text(encoding="utf-8").endswith("*\n")


def test_a_run_without_cassettes_leaves_no_note(project: Project) -> None:
    project.file("test_a.py", "def test_it(): pass")
    project.run("-q", passed=1)
    assert not (project.path / ".promptecho").exists()


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        (["."], True),
        (["-k", "one or two or skipped"], True),
        (["-k", "one"], False),
        (["test_a.py"], False),
        (["test_a.py::test_one"], False),
        (["--deselect", "test_a.py::test_two"], False),
        (["--ignore", "test_b.py"], False),
        (["-x"], True),
    ],
)
def test_only_a_run_of_all_tests_is_whole(
    project: Project, arguments: list[str], whole: bool
) -> None:
    recorded(project)
    project.run("-q", *arguments)
    assert note(project).is_whole is whole


def test_a_folder_that_cannot_be_written_is_reported(project: Project) -> None:
    (project.path / ".promptecho").write_bytes(b"a file")
    recorded(project)
    assert "cannot be written" in project.run("-q", passed=2, skipped=1)


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
@pytest.mark.parametrize(("what", "status"), [("ignore", 0), ("warn", 0), ("fail", 1)])
def test_recordings_that_no_test_has_played_are_said_or_fail_the_run(
    project: Project, what: str, status: int, arguments: list[str]
) -> None:
    if arguments:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    recorded(project)
    project.file("test_a.py", TESTS.replace('    ask("two")\n', ""))
    output = project.run_apart(*arguments, f"--promptecho-unplayed={what}", passed=2, skipped=1)
    assert project.result is not None
    assert project.result.ret == status
    line = (
        "promptecho: no test has played recording 1 of 2 in cassettes/test_two.yaml "
        f"(promptecho_unplayed = {what})"
    )
    assert (line in output) is (what != "ignore")


def test_the_ini_file_says_what_to_do_about_them(project: Project) -> None:
    recorded(project)
    project.ini("promptecho_unplayed = fail")
    project.run("-q", passed=2, skipped=1)
    assert project.result is not None
    assert project.result.ret == 0  # all was played; the skipped test has no cassette
    recorded(project, TESTS.replace('    ask("two")\n', ""))
    assert project.result.ret == 1
    project.ini("promptecho_unplayed = perhaps")
    project.run_apart("-q")
    assert "must be one of ignore, warn, fail" in project.result.stderr.str()


# --- lint ---------------------------------------------------------------------------------------


def test_a_suite_in_order_has_no_findings(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project)
    project.run("-q")
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 0
    assert lines(capsys)[-1].endswith(": no findings")


def test_a_recording_that_no_test_has_played_is_found_and_removed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project)
    recorded(project, TESTS.replace('    ask("two")\n', ""))
    capsys.readouterr()
    assert main(["lint"]) == 0
    found, summary = lines(capsys)
    path = str(Path("cassettes", "test_two.yaml"))
    assert found == (
        f"{path}:6: warning: no test of the run has played recording 1 of 2 [lint.unplayed]"
    )
    assert summary.endswith(": 1 warning")
    assert main(["lint", "--strict"]) == 1
    assert main(["prune", "--check"]) == 1
    assert main(["prune"]) == 1  # nobody is there to ask
    kept = load(Path(path).read_bytes(), path).interactions[1]
    assert main(["prune", "--yes"]) == 0
    assert list(load(Path(path).read_bytes(), path).interactions) == [kept]
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 0  # the file is another one than that of the run
    project.run("-q", passed=2, skipped=1)
    assert main(["lint", "--strict"]) == 0
    assert main(["prune", "--yes", "--files"]) == 0
    assert project.files() == ["cassettes/test_one.yaml", "cassettes/test_two.yaml"]


@pytest.mark.parametrize(
    "reason", ["    assert False\n", '    pytest.skip("today")\n', '    pytest.xfail("today")\n']
)
def test_recordings_of_a_test_that_did_not_pass_stay(
    project: Project, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project)
    recorded(project, TESTS.replace('    ask("two")\n', reason))
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 0
    assert main(["prune", "--yes"]) == 0


SHARED = """
@pytest.mark.promptecho(path="shared.yaml")
def test_one(): ask("one")

@pytest.mark.promptecho(path="shared.yaml")
def test_two(): ask("two")
"""


def test_a_shared_file_is_judged_by_all_its_tests(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project, SHARED)
    project.run("-q", passed=2)
    assert main(["lint", "--strict"]) == 0
    project.run("-q", "-k", "one", passed=1)
    assert main(["lint", "--strict"]) == 0  # nobody knows what the other test plays
    recorded(project, SHARED.replace('ask("two")', "pass"))
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 1
    assert "recording 2 of 2" in lines(capsys)[0]


BY_HAND = """
def test_by_hand():
    with promptecho.use_cassette("by_hand.yaml"): ask("one")

def test_other(): pass
"""


def test_an_orphan_is_found_by_a_whole_run_only(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.file("test_b.py", BY_HAND)
    recorded(project)
    cassettes = project.path / "cassettes"
    (cassettes / "old.yaml").write_bytes((cassettes / "test_one.yaml").read_bytes())
    (cassettes / "compose.yaml").write_bytes(b"version: 2\nservices: {}\n")
    project.run("-q", "-k", "one", passed=1)
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 0
    project.run("-q", passed=4, skipped=1)
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 1
    found, _ = lines(capsys)
    assert found.endswith("old.yaml: error: no test of the run uses this cassette [lint.orphan]")
    assert main(["prune", "--yes"]) == 0
    assert (cassettes / "old.yaml").exists()
    assert main(["prune", "--yes", "--files"]) == 0
    assert project.files() == [
        "by_hand.yaml",
        *(f"cassettes/{name}.yaml" for name in ("compose", "test_one", "test_two")),
    ]


def test_no_orphan_is_named_where_a_test_that_did_not_pass_may_open_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.file("test_b.py", BY_HAND)
    recorded(project)
    (project.path / "by_hand.yaml").rename(project.path / "by_a_name_that_is_computed.yaml")
    project.file("test_b.py", BY_HAND.replace("def test_by", "@pytest.mark.skip\ndef test_by"))
    project.run("-q", passed=3, skipped=2)
    assert main(["lint", "--strict"]) == 0
    project.file("test_b.py", "def test_other(): pass\n")
    project.run("-q", passed=3, skipped=1)
    assert main(["lint", "--strict"]) == 1


def test_calls_outside_of_cassettes_are_errors(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project, TESTS)
    monkeypatch.setenv("CI", "true")
    recorded(project, TESTS + "\nclass TestLive:\n    pytestmark = []\n")
    project.file("test_b.py", '\ndef test_live(): ask("live")\n')
    project.run("-q", passed=3, skipped=1)
    capsys.readouterr()
    assert main(["lint"]) == 1
    found, _ = lines(capsys)
    host = project.upstream.url.partition("://")[2]
    assert found == (
        f"test_b.py:4: error: test_b.py::test_live called {host} outside of every cassette, in a "
        "test or a thread, outside of a cassette [lint.live]"
    )


def test_the_shards_of_a_matrix_are_one_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = "".join(f'\n@pytest.mark.promptecho\ndef test_{n}(): ask("{n}")\n' for n in range(8))
    recorded(project, tests)
    cassettes = project.path / "cassettes"
    (cassettes / "old.yaml").write_bytes((cassettes / "test_1.yaml").read_bytes())
    shards = []
    for shard in range(4):
        chosen = " or ".join(f"test_{n}" for n in range(8) if n % 4 == shard)
        project.run("-q", "-k", chosen, passed=2, deselected=6)
        shards.append(f"shard{shard}.json")
        (project.path / ".promptecho" / "run.json").rename(shards[-1])
    runs = [from_json(Path(name).read_bytes()) for name in shards]
    assert [run.is_whole for run in runs] == [False] * 4
    assert joined(runs).is_whole
    capsys.readouterr()
    assert main(["lint", "--strict", "--run", *shards[:3]]) == 0
    assert main(["lint", "--strict", "--run", *shards]) == 1
    assert "old.yaml: error" in lines(capsys)[-2]


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_each_form_has_the_findings(
    project: Project, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project)
    recorded(project, TESTS.replace('    ask("two")\n', ""))
    capsys.readouterr()
    assert main(["lint", "--format", form]) == 0
    out = capsys.readouterr().out
    if form == "github":
        assert out.startswith("::warning file=")
        assert ",line=6,title=lint.unplayed::" in out
    elif form == "json":
        assert [each["code"] for each in json.loads(out)["findings"]] == ["lint.unplayed"]
    else:
        (run,) = json.loads(out)["runs"]
        (rule,) = run["tool"]["driver"]["rules"]
        assert rule["shortDescription"]["text"] == (
            "a recording that no test of the run has played"
        )


# --- ages and errors ----------------------------------------------------------------------------


def test_the_age_of_recordings_is_known_without_a_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project)
    path = project.path / "cassettes" / "test_one.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n...\n")
    old = text[:-4] + (
        '    recorded_at: "2020-01-02T03:04:05Z"\n    accepted:\n      at: "2021-01-02T03:04:05Z"\n'
        '      from_key: "0123456789abcdef"\n...\n'
    )
    path.write_bytes(old.encode())
    (project.path / ".promptecho" / "run.json").unlink()
    capsys.readouterr()
    assert main(["lint", "--max-age", "400"]) == 0
    out, err = capsys.readouterr()
    first, second, _ = [line for line in out.splitlines() if not line.startswith("    ")]
    assert "2 recordings have no recorded_at, so their age is not known" in err
    assert first.endswith("test_one.yaml:6: warning: recording 1 is of 2020-01-02 [lint.age]")
    assert second.endswith(
        "test_one.yaml:6: warning: recording 1 was accepted on 2021-01-02 for another request, and "
        "not recorded since [lint.accepted]"
    )
    assert main(["lint", "--max-accepted", "9999999"]) == 0
    assert lines(capsys)[-1].endswith(": no findings")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 2}',
        b'{"format": 1, "everything": 1, "tests": {}, "uses": [], "live": []}',
        b'{"format": 1, "everything": true, "tests": {"a": {"line": "1"}}, "uses": [], "live": []}',
        b'{"format": 1, "everything": true, "tests": {}, "uses": [{"path": "a"}], "live": []}',
        b'{"format": 1, "everything": true, "tests": {}, "uses": [{"x": 1}], "live": []}',
        b'{"format": 1, "everything": true, "tests": {}, "uses": [], "live": [[]]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
@pytest.mark.parametrize("command", ["lint", "prune"])
def test_a_note_that_is_none_is_wrong_usage(
    project: Project, data: bytes, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("run.json").write_bytes(data)
    assert main([command, "--run", "run.json"]) == 2
    assert capsys.readouterr().err.startswith(f"promptecho {command}: run.json: ")


@pytest.mark.parametrize("command", ["lint", "prune"])
def test_paths_that_do_not_exist_are_wrong_usage(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--run", "missing.json"]) == 2
    assert main([command, "missing"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_cassette_that_cannot_be_read_is_a_finding(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(project)
    path = project.path / "cassettes" / "test_one.yaml"
    path.write_bytes(path.read_bytes()[:-4])
    capsys.readouterr()
    assert main(["lint"]) == 1
    assert "[cassette.truncated]" in lines(capsys)[0]


def test_a_live_call_of_two_shards_is_one_finding() -> None:
    call = LiveCall("a.py::test", "host", "here")
    run = joined([Run(True, {}, live=(call,))] * 2)
    assert run.live == (call, call)
