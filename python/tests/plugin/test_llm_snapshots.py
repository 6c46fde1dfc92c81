"""Snapshots in a run of pytest: filled, compared, updated, reviewed, and found by lint."""

from __future__ import annotations

import pytest

from promptecho._cli import main
from support.pytest_project import Project

FILE = "__llm_snapshots__/test_it.yaml"

TESTS = """
class TestX:
    @pytest.mark.promptecho
    @pytest.mark.parametrize("n", [1, 2])
    def test_y(self, n, llm_snapshot):
        assert ask(f"number {n}") == llm_snapshot()
        assert {"n": n} == llm_snapshot(level="exact", name="tree")

def test_import():
    from promptecho import llm_snapshot
    assert "Paris is the capital." == llm_snapshot()
"""


def stored(project: Project, file: str = FILE) -> str:
    return (project.path / file).read_text("utf-8")


def usage_error(project: Project) -> str:
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR
    return project.result.stderr.str()


def test_the_first_run_fills_and_the_next_compares(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.file("test_it.py", TESTS)
    output = project.run(passed=3)
    assert f"promptecho: 5 snapshots written to {FILE}. Read them, and remove" in output
    assert stored(project) == (
        "llm_snapshots: 1\n"
        "snapshots:\n"
        '  - test: "TestX::test_y[1]"\n'
        '    name: "1"\n'
        "    reviewed: false\n"
        '    value: "echo: number 1"\n'
        '  - test: "TestX::test_y[1]"\n'
        "    name: tree\n"
        "    reviewed: false\n"
        "    value:\n"
        '      "n": 1\n'  # YAML 1.1 reads n as a boolean
        '  - test: "TestX::test_y[2]"\n'
        '    name: "1"\n'
        "    reviewed: false\n"
        '    value: "echo: number 2"\n'
        '  - test: "TestX::test_y[2]"\n'
        "    name: tree\n"
        "    reviewed: false\n"
        "    value:\n"
        '      "n": 2\n'
        "  - test: test_import\n"
        '    name: "1"\n'
        "    reviewed: false\n"
        '    value: "Paris is the capital."\n'
    )
    monkeypatch.setenv("CI", "true")
    output = project.run(passed=3)
    assert "written" not in output
    project.file("test_it.py", TESTS.replace("Paris is", "Oslo is not"))
    output = project.run(passed=2, failed=1)
    assert "text: score 0.17, threshold 0.70 (-0.53)" in output
    assert "negations that only the answer has: not" in output
    assert "expected: Paris is the capital." in output
    assert "answer: Oslo is not the capital." in output


def test_nothing_is_filled_in_ci(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("test_it.py", "def test_it(llm_snapshot): assert 'x' == llm_snapshot()")
    monkeypatch.setenv("CI", "true")
    output = project.run(failed=1)
    assert f"there is no snapshot '1' of test_it.py::test_it in {FILE}" in output
    assert not (project.path / FILE).exists()
    project.run("--promptecho-update-snapshots")
    assert "--promptecho-update-snapshots: no snapshot is written in CI" in usage_error(project)


def test_a_test_that_fails_stores_nothing(project: Project) -> None:
    project.file(
        "test_it.py", "def test_it(llm_snapshot):\n  assert 'x' == llm_snapshot()\n  assert 0"
    )
    project.run(failed=1)
    assert not (project.path / FILE).exists()


def test_update_replaces_those_that_fail(project: Project) -> None:
    test = """
def test_it(llm_snapshot):
    assert "The cat sat on the mat." == llm_snapshot()
    assert "{}" == llm_snapshot()
"""
    project.file("test_it.py", test.format("Paris"))
    project.run(passed=1)
    file = project.path / FILE
    file.write_text(stored(project).replace("    reviewed: false\n", ""), "utf-8")
    project.file("test_it.py", test.replace("The cat", "A cat").format("Oslo"))
    project.run(failed=1)
    output = project.run("--promptecho-update-snapshots", passed=1)
    assert f"promptecho: 1 snapshot written to {FILE}" in output
    assert 'value: "The cat sat on the mat."' in stored(project)  # it has passed
    assert "reviewed: false\n    value: Oslo" in stored(project)
    assert stored(project).count("reviewed: false") == 1
    project.run(passed=1)


def test_a_long_failure_is_shown_whole(project: Project) -> None:
    project.file(
        "test_it.py",
        "def test_it(llm_snapshot):\n"
        "    answer = {'steps': [str(n) for n in range(20)], 'n': '1'}\n"
        "    assert answer == llm_snapshot({'steps': [], 'n': 1})",
    )
    output = project.run(failed=1)
    assert "promptecho: what the snapshot says" in output
    assert "n: expected number / answer string" in output
    assert '\n  +  "19"\n' in output


def test_what_an_answer_says_is_printed_escaped(project: Project) -> None:
    project.file(
        "test_it.py", "def test_it(llm_snapshot): assert '\\x1b[2Jno' == llm_snapshot('yes')"
    )
    output = project.run(failed=1)
    assert "\x1b[2J" not in output


def test_no_secret_reaches_the_file(project: Project) -> None:
    key = "sk-proj-" + "a1B2" * 12
    project.file(
        "test_it.py",
        f"def test_it(llm_snapshot):\n  assert 'use {key} now' == llm_snapshot()\n"
        f"  assert {{'api_key': 'abc'}} == llm_snapshot()",
    )
    project.run(passed=1)
    assert key not in stored(project)
    assert "api_key: REDACTED" in stored(project)
    project.run(passed=1)


def test_a_name_twice_is_one_snapshot(project: Project) -> None:
    project.file(
        "test_it.py",
        "def test_it(llm_snapshot):\n"
        "    for text in ('cat', 'law'): assert text == llm_snapshot(name='x')",
    )
    assert "expected: cat" in project.run(failed=1)


def test_workers_of_xdist_store_and_compare(project: Project) -> None:
    pytest.importorskip("xdist")
    project.file("test_it.py", TESTS)
    project.file("test_other.py", TESTS.replace("number", "letter").replace("TestX", "TestZ"))
    project.run_apart("-n2", "--promptecho-mode=once", "-opromptecho_layout=module", passed=6)
    assert stored(project).count("- test:") == 5
    assert stored(project, FILE.replace("it", "other")).count("- test:") == 5
    project.run("-opromptecho_layout=module", passed=6)


def test_a_file_that_is_wrong_fails_its_tests(project: Project) -> None:
    project.file("test_it.py", "def test_it(llm_snapshot): assert 'x' == llm_snapshot()")
    (project.path / "__llm_snapshots__").mkdir()
    (project.path / FILE).write_text("a: 1\n", "utf-8")
    assert f"{FILE}: it is no file of snapshots in format 1" in project.run(failed=1)


# lint


def lint(project: Project, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    capsys.readouterr()
    assert main(["lint", ".", *more]) == 0
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if "snapshot" in line and not line.startswith(" ")]


def test_lint_finds_unreviewed_and_unused_snapshots(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.file(
        "test_it.py",
        "def test_a(llm_snapshot): assert 'a' == llm_snapshot()\n"
        "def test_b(llm_snapshot):\n"
        "    assert 'b' == llm_snapshot()\n"
        "    assert 'c' == llm_snapshot()\n",
    )
    project.run(passed=2)
    unreviewed = [
        f"{FILE}:{line}: warning: nobody has reviewed the snapshot {name} "
        "[lint.snapshot-unreviewed]"
        for line, name in ((3, "'1' of test_a"), (7, "'1' of test_b"), (11, "'2' of test_b"))
    ]
    assert lint(project, capsys) == unreviewed
    file = project.path / FILE
    file.write_text(stored(project).replace("    reviewed: false\n", ""), "utf-8")
    assert lint(project, capsys) == []
    # A snapshot less in a test, and a test less.
    project.file("test_it.py", "def test_b(llm_snapshot): assert 'b' == llm_snapshot()\n")
    project.run("-k", "nothing")
    assert lint(project, capsys) == []  # what did not run is not judged
    project.run(passed=1)
    assert lint(project, capsys) == [
        f"{FILE}:3: warning: no test of the run uses the snapshot '1' of test_a "
        "[lint.snapshot-unused]",
        f"{FILE}:9: warning: no test of the run uses the snapshot '2' of test_b "
        "[lint.snapshot-unused]",
    ]
    file.write_text("a: 1\n", "utf-8")
    assert main(["lint", "."]) == 1
    assert "[lint.snapshot-file]" in capsys.readouterr().out


def test_files_of_snapshots_are_no_cassettes(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.file("test_it.py", TESTS)
    project.run(passed=3)
    assert main(["validate", "."]) == 0
    assert "2 files" in capsys.readouterr().out
