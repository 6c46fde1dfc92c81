"""``--promptecho-disable``: a run whose calls are live, and are counted."""

from __future__ import annotations

import pytest

from support.pytest_project import Project


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.usefixtures("no_keys")
def test_calls_are_live_and_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    text = """
def test_fixture(promptecho_cassette):
    ask("fixture")
    assert "OPENAI_API_KEY" not in os.environ

@promptecho.use_cassette("c.yaml", mode="none")
def test_decorated(): ask("decorated")

def test_without(): ask("without")
"""
    project.file("test_it.py", text)
    monkeypatch.setenv("CI", "true")
    if by == "variable":
        monkeypatch.setenv("PROMPTECHO_DISABLE", "1")
    output = project.run(*(["--promptecho-disable"] if by == "option" else []), passed=3)
    assert project.asked() == ["fixture", "decorated", "without"]
    assert project.files() == []
    assert "\npromptecho: disabled; 2 live calls, nothing written\n" in output
