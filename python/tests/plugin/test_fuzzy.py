"""The fuzzy loop of a developer under pytest: the mark of the run, the exit status, and CI."""

from __future__ import annotations

import pytest

from promptecho._base.spec_data import data
from support.pytest_project import Project

CI = [row["name"] for row in data("ci-variables")["variables"]]
TEST = """
@pytest.mark.promptecho(path="cassettes/a.yaml"{more})
def test_it():
    assert ask("{prompt} the cat sat on the mat, and what it saw") == "echo: say that {end}"
"""
END = "the cat sat on the mat, and what it saw"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMPTECHO_FUZZY", raising=False)


def edited(project: Project, more: str = "") -> None:
    """Record a test, and edit its prompt; nothing reaches the upstream from now on."""
    project.file("test_a.py", TEST.format(prompt="say that", more="", end=END))
    project.run("-q", passed=1)
    project.file("test_a.py", TEST.format(prompt="tell that", more=more, end=END))
    project.upstream.calls.clear()


@pytest.mark.parametrize("arguments", [[], ["-n1"]], ids=["alone", "xdist"])
def test_the_run_is_marked_and_prints_each_difference(
    project: Project, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if arguments:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    edited(project)
    monkeypatch.setenv("PROMPTECHO_FUZZY", "0.8")
    run = project.run_apart if arguments else project.run
    output = run("-q", *arguments, passed=1)
    assert "promptecho: fuzzy: not a test result. 1 request got the answer of another" in output
    assert "messages[0].content: recorded" in output
    assert project.result is not None
    assert project.result.ret == 0
    run("-q", *arguments, "--promptecho-strict", passed=1)
    assert project.result.ret == 1
    assert project.asked() == []


def test_a_strict_run_without_a_fuzzy_answer_passes(project: Project) -> None:
    edited(project)
    project.file("test_a.py", TEST.format(prompt="say that", more=", fuzzy=0.8", end=END))
    output = project.run("-q", "--promptecho-strict", passed=1)
    assert "not a test result" not in output
    assert project.result is not None
    assert project.result.ret == 0


@pytest.mark.parametrize("variable", CI)
def test_the_marker_is_an_error_in_ci(
    project: Project, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(project, ", fuzzy=0.8")
    monkeypatch.setenv(variable, "true")
    output = project.run("-q", errors=1)
    assert "fuzzy is 0.8, and this is CI" in output


@pytest.mark.parametrize("mode", ["once", "none"])
def test_every_way_is_an_error_in_ci(
    project: Project, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a test that takes the variable of CI away while the run is under way."""
    edited(project)
    conftest = "def promptecho_options(): return {'fuzzy': 0.8}\n"
    project.file("conftest.py", f"import pytest\n@pytest.fixture(scope='session')\n{conftest}")
    project.file(
        "test_b.py",
        """
PROMPT = "tell that the cat sat on the mat, and what it saw"

@pytest.fixture(autouse=True)
def no_ci(monkeypatch):
    for name in CI: monkeypatch.delenv(name, raising=False)

def test_block():
    with promptecho.use_cassette("cassettes/a.yaml", fuzzy=0.8): ask(PROMPT)

def test_variable(monkeypatch):
    monkeypatch.setenv("PROMPTECHO_FUZZY", "0.8")
    with promptecho.use_cassette("cassettes/a.yaml"): ask(PROMPT)

@promptecho.use_cassette("cassettes/a.yaml", fuzzy=0.8)
def test_decorator(): ask(PROMPT)

def test_recorder():
    with promptecho.Recorder(fuzzy=0.8).use_cassette("cassettes/a.yaml"): ask(PROMPT)
""".replace("in CI:", f"in {CI!r}:"),
    )
    monkeypatch.setenv("CI", "true")
    for extra in ([], ["--promptecho-strict"], [f"--promptecho-mode={mode}"]):
        output = project.run("-q", *extra, failed=4, errors=1)
        assert output.count("and this is CI") >= 5
        assert "not a test result" not in output
    assert project.asked() == []
