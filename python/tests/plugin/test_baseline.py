"""`--promptecho-baseline`: a suite with stale recordings replays today."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.pytest_project import Project

FILE = "stale.json"
OPTION = f"--promptecho-baseline={FILE}"


def suite(*stale: int, tests: int = 5) -> str:
    """A suite of tests, of which some ask another question than was recorded."""
    questions = [f"{'new ' if n in stale else ''}question {n}" for n in range(tests)]
    return "pytestmark = pytest.mark.promptecho\n" + "".join(
        f'def test_{n}(): ask("{question}")\n' for n, question in enumerate(questions)
    )


@pytest.fixture(autouse=True)
def _in_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.path)


def listed() -> dict[str, list[str]]:
    value = json.loads(Path(FILE).read_bytes())
    assert value["format"] == 1
    stale: dict[str, list[str]] = value["stale"]
    return stale


def prepared(project: Project, *stale: int, tests: int = 5) -> None:
    project.file("test_a.py", suite(tests=tests))
    project.run("-q", passed=tests)
    project.file("test_a.py", suite(*stale, tests=tests))
    project.upstream.calls.clear()


def test_a_suite_of_50_tests_of_which_20_are_stale_is_switched(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = range(0, 40, 2)
    prepared(project, *stale, tests=50)
    project.run("-q", failed=20, passed=30)
    output = project.run("-q", OPTION, xfailed=20, passed=30)
    assert f"promptecho: 20 stale recordings written to {project.path / FILE}" in output
    assert sorted(listed()) == sorted(f"test_a.py::test_{n}" for n in stale)
    assert {len(keys) for keys in listed().values()} == {1}
    monkeypatch.setenv("CI", "true")
    output = project.run("-q", "-rx", OPTION, xfailed=20, passed=30)
    assert output.count(" - stale recording") == 20
    assert project.result is not None
    assert project.result.ret == 0
    # A miss that is not listed fails.
    project.file("test_a.py", suite(*stale, 1, tests=50))
    project.run("-q", OPTION, xfailed=20, passed=29, failed=1)
    assert project.asked() == []


def test_workers_of_xdist_have_one_list(project: Project) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    prepared(project, 1, 2)
    project.run_apart("-q", "-n2", OPTION, xfailed=2, passed=3)
    assert list(listed()) == ["test_a.py::test_1", "test_a.py::test_2"]
    project.file("test_a.py", suite(2, 3))
    project.run_apart("-q", "-n2", OPTION, xfailed=1, passed=3, failed=1)
    assert list(listed()) == ["test_a.py::test_2"]
    assert project.asked() == []


def test_a_listed_test_with_another_miss_fails(project: Project) -> None:
    prepared(project, 1)
    project.run("-q", OPTION, xfailed=1, passed=4)
    project.file("test_a.py", suite(1).replace("new question 1", "a third question 1"))
    project.run("-q", OPTION, failed=1, passed=4)


def test_a_listed_test_that_fails_for_another_reason_fails(project: Project) -> None:
    prepared(project, 1)
    project.run("-q", OPTION, xfailed=1, passed=4)
    project.file("test_a.py", suite(1).replace('ask("new question 1")', "assert False"))
    project.run("-q", OPTION, failed=1, passed=4)
    assert list(listed()) == ["test_a.py::test_1"]  # nobody knows what it would ask


def test_entries_that_no_longer_occur_are_removed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(project, 1, 2, 3)
    project.run("-q", OPTION, xfailed=3, passed=2)
    project.file("test_a.py", suite(2, 3))
    with monkeypatch.context() as ci:
        ci.setenv("CI", "true")
        output = project.run("-q", OPTION, xfailed=2, passed=3)
        assert f"1 of 3 stale recordings of {project.path / FILE} no longer occur" in output
        assert len(listed()) == 3
    project.run("-q", OPTION, "-k", "test_2", xfailed=1, deselected=4)
    assert len(listed()) == 3  # nobody has looked at the others
    output = project.run("-q", OPTION, xfailed=2, passed=3)
    assert f"promptecho: 1 of 3 stale recordings removed from {project.path / FILE}" in output
    assert list(listed()) == ["test_a.py::test_2", "test_a.py::test_3"]
    project.file("test_a.py", suite(2, tests=3))  # and a test is gone
    project.run("-q", OPTION, xfailed=1, passed=2)
    assert list(listed()) == ["test_a.py::test_2"]
    project.file("test_a.py", suite(tests=3))
    project.run("-q", OPTION, passed=3)
    assert listed() == {}
    before = Path(FILE).read_bytes()
    project.run("-q", OPTION, passed=3)
    assert Path(FILE).read_bytes() == before


BLOCKS = """
import asyncio

@pytest.fixture
def asked():
    ask("fixture")

@pytest.mark.promptecho
def test_in_a_fixture(asked): pass

@pytest.mark.promptecho
def test_async(): asyncio.run(ask_async("async"))

@promptecho.use_cassette("decorated.yaml")
def test_decorated(): ask("decorated")

@pytest.mark.promptecho
def test_swallowed(): ask_and_swallow("swallowed")
"""


EDITED = re.sub(r'(ask\w*\(")', r"\1new ", BLOCKS)
WIDE = """
@pytest.fixture(scope="module")
def cassette():
    with promptecho.use_cassette("wide.yaml") as cassette: yield cassette

def test_first(cassette): ask("one")
def test_second(cassette): ask("two")
def test_third(cassette): ask("one")
"""


def test_each_test_has_its_own_misses(project: Project) -> None:
    project.file("test_a.py", BLOCKS)
    project.file("test_b.py", WIDE)
    project.run("-q", passed=7)
    project.file("test_a.py", EDITED)
    project.file("test_b.py", WIDE.replace('ask("two")', 'ask("new two")'))
    project.run("-q", OPTION)
    assert sorted(listed()) == sorted(
        (
            *(f"test_a.py::test_{n}" for n in ("in_a_fixture", "async", "decorated", "swallowed")),
            "test_b.py::test_second",
        )
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"format": 2}', b'{"format": 1, "stale": {"a": 1}}', b"[" * 100_000, b"\xff"],
)
def test_a_file_that_is_no_list_is_wrong_usage(project: Project, data: bytes) -> None:
    Path(FILE).write_bytes(data)
    project.run(OPTION)
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{FILE} cannot be used: " in project.result.stderr.str()


def test_in_ci_there_must_be_a_list(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    project.run(OPTION)
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"there is no file {project.path / FILE}" in project.result.stderr.str()


def test_a_list_that_cannot_be_written_is_said(project: Project) -> None:
    prepared(project, 1)
    output = project.run("-q", "--promptecho-baseline=missing/stale.json", xfailed=1, passed=4)
    assert "stale.json cannot be written" in output
