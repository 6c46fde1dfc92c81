"""One rule for the mode in a run of pytest, whoever opens the cassette [MODE-8]."""

from __future__ import annotations

import os

import pytest

from promptecho._base.ci import in_ci
from support.pytest_project import MODE_VARIABLES, Project, summary

USES = """
MODE = MODE_HERE

@promptecho.use_cassette("kept/decorated.yaml", **MODE)
def test_decorated(): ask("decorated")

def test_with():
    with promptecho.use_cassette("kept/with.yaml", **MODE): ask("with")

async def ask_in_a_loop():
    async with promptecho.use_cassette("kept/async.yaml", **MODE): await ask_async("async")

def test_async_with(): asyncio.run(ask_in_a_loop())

@pytest.fixture(scope="session")
def recorded():
    with promptecho.Recorder(**MODE).use_cassette("kept/recorder.yaml"): ask("recorder")

def test_recorder(recorded): pass
"""


@pytest.mark.parametrize(
    ("named", "mode", "recorded"),
    [
        ((), None, True),
        (("ci",), None, False),
        (("ci",), "new_episodes", True),
        (("ci", "ini"), None, True),
        (("cli",), "all", False),
        (("env", "ci"), None, True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_decorators_blocks_and_recorders_have_the_mode_of_the_run(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    named: tuple[str, ...],
    mode: str | None,
    recorded: bool,
) -> None:
    text = USES.replace("MODE_HERE", "{}" if mode is None else f"{{'mode': {mode!r}}}")
    project.file("inner/test_mod.py", "import asyncio, os\n" + text)
    project.ini("promptecho_mode = once" if "ini" in named else "", "pythonpath = .")
    if "ci" in named:
        monkeypatch.setenv("CI", "true")
    if "env" in named:
        monkeypatch.setenv("PROMPTECHO_MODE", "once")
    arguments = ["--promptecho-mode=none"] if "cli" in named else []
    kept = [f"inner/kept/{name}.yaml" for name in ("async", "decorated", "recorder", "with")]
    if recorded:
        output = project.run(*arguments, passed=4)
        assert sorted(project.asked()) == ["async", "decorated", "recorder", "with"]
        assert project.files() == kept
        assert summary(output) == ["promptecho: 4 recorded, 0 replayed, 0 missed, 0 unplayed"]
    else:
        output = project.run(*arguments, failed=3, errors=1)
        assert project.asked() == project.files() == []
        assert summary(output) == ["promptecho: 0 recorded, 0 replayed, 4 missed, 0 unplayed"]


@pytest.mark.usefixtures("no_keys")
def test_a_block_that_can_only_replay_has_placeholder_keys(project: Project) -> None:
    text = """
def test_it():
    with promptecho.use_cassette("c.yaml", mode="none"):
        print("IN", os.environ.get("OPENAI_API_KEY"))
    print("AFTER", os.environ.get("OPENAI_API_KEY"))
    with promptecho.use_cassette("c.yaml", mode="all"):
        print("RECORDING", os.environ.get("OPENAI_API_KEY"))
"""
    project.file("test_it.py", text)
    output = project.run("-s", passed=1)
    for line in ("IN placeholder", "AFTER None", "RECORDING None"):
        assert line in output


@pytest.mark.parametrize("name", MODE_VARIABLES[1:])
def test_a_variable_of_a_ci_service_is_enough(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in MODE_VARIABLES:
        monkeypatch.delenv(other, raising=False)
    assert not in_ci(os.environ)
    for value, expected in [("True", True), ("x:1", True), (" false ", False), ("", False)]:
        monkeypatch.setenv(name, value)
        assert in_ci(os.environ) is expected


def test_a_test_that_sets_a_variable_for_its_own_code_changes_no_mode(project: Project) -> None:
    text = """
def test_it(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with promptecho.use_cassette("c.yaml"):
        ask("cat")
"""
    project.file("test_it.py", text)
    project.run(passed=1)
    assert project.asked() == ["cat"]
