"""Tests that name one path share the file: recorded in one run, whatever runs them."""

from __future__ import annotations

import pytest

from support.pytest_project import Project, summary
from support.record_replay import prompts
from support.upstream import Answer, Call, Upstream, json_answer

TOKEN = "Qm7-xT2_pL9-Vk4_Zr8-Wd3"

SHARED = """
pytestmark = pytest.mark.promptecho(path="shared.yaml")
FAILS = False

class TestWords:
    @pytest.mark.parametrize("word", ["cat", "dog"])
    def test_word(self, word):
        ask(word)
        ask("both")

def test_other():
    ask("other")
    assert not FAILS
    ask("last")
"""


@pytest.fixture
def shared(project: Project) -> Project:
    project.file("test_it.py", SHARED)
    return project


def recorded(project: Project) -> list[str]:
    return sorted(prompts(project.path / "shared.yaml"))


def test_a_class_parameters_and_tests_share_a_path(
    shared: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in ([], ["--promptecho-mode=all"]):
        shared.run(*arguments, passed=3)
        assert sorted(shared.asked()) == ["both", "cat", "dog", "last", "other"]
        assert recorded(shared) == sorted(shared.asked())
        shared.upstream.calls.clear()
    monkeypatch.setenv("CI", "true")
    output = shared.run(passed=3)
    (line,) = summary(output)
    assert line.startswith("promptecho: 0 recorded, 6 replayed, 0 missed, 0 unplayed; ")
    monkeypatch.delenv("CI")
    shared.run("-k", "dog", passed=1)
    assert shared.asked() == []


@pytest.mark.parametrize("mode", ["once", "all"])
def test_workers_of_xdist_share_a_path(
    shared: Project, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    if mode == "all":
        shared.run(passed=3)
        shared.upstream.calls.clear()
    shared.run_apart("-n2", f"--promptecho-mode={mode}", passed=3)
    assert set(shared.asked()) == set(recorded(shared)) == {"both", "cat", "dog", "last", "other"}
    shared.upstream.calls.clear()
    monkeypatch.setenv("CI", "true")
    shared.run(passed=3)
    assert shared.asked() == []


def test_a_test_that_failed_goes_on_in_the_next_run(shared: Project) -> None:
    shared.file("test_it.py", SHARED.replace("FAILS = False", "FAILS = True"))
    order = ("-p", "no:randomly", "test_it.py::test_other", "test_it.py::TestWords")
    shared.run(*order, failed=1, passed=2)
    assert recorded(shared) == ["both", "cat", "dog", "other"]
    shared.upstream.calls.clear()
    shared.file("test_it.py", SHARED)
    shared.run(passed=3)
    assert shared.asked() == ["last"]
    assert b"incomplete" not in (shared.path / "shared.yaml").read_bytes()


def test_a_complete_file_gets_nothing_new_after_a_test_that_missed(project: Project) -> None:
    tests = """
pytestmark = pytest.mark.promptecho(path="shared.yaml")
def test_a(): ask("a")
def test_b(): ask("b")
"""
    project.file("test_it.py", tests)
    project.run(passed=2)
    project.upstream.calls.clear()
    project.file("test_it.py", tests.replace('ask("', 'ask("new '))
    project.run(failed=2)
    assert project.asked() == []


def order(project: Project) -> tuple[str, ...]:
    """`test_other` first, and failing."""
    project.file("test_it.py", SHARED.replace("FAILS = False", "FAILS = True"))
    return "-p", "no:randomly", "test_it.py::test_other", "test_it.py::TestWords"


def is_marked(project: Project) -> bool:
    return b"incomplete: true" in (project.path / "shared.yaml").read_bytes()


@pytest.mark.parametrize("was_complete", [True, False])
def test_mode_all_plays_nothing_old_after_a_test_that_failed(
    shared: Project, was_complete: bool
) -> None:
    shared.run(passed=3)
    if not was_complete:
        path = shared.path / "shared.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("match_on:", "incomplete: true\nmatch_on:", 1), "utf-8")
        assert is_marked(shared)
    shared.upstream.calls.clear()
    shared.run(*order(shared), "--promptecho-mode=all", failed=1, passed=2)
    assert shared.asked() == ["other", "cat", "both", "dog"]
    # The first test kept the old file, and the second replaced it.
    assert recorded(shared) == ["both", "cat", "dog"]
    assert is_marked(shared)
    shared.upstream.calls.clear()
    shared.file("test_it.py", SHARED)
    shared.run(passed=3)
    assert shared.asked() == ["other", "last"]
    assert not is_marked(shared)


def test_a_last_test_that_fails_before_its_first_call_marks_the_file(shared: Project) -> None:
    fails = SHARED.replace("def test_other():", "def test_other():\n    assert not FAILS")
    shared.file("test_it.py", fails.replace("FAILS = False", "FAILS = True"))
    shared.run("-p", "no:randomly", failed=1, passed=2)
    assert is_marked(shared)
    shared.upstream.calls.clear()
    shared.file("test_it.py", SHARED)
    shared.run(passed=3)
    assert shared.asked() == ["other", "last"]
    assert not is_marked(shared)


FAILING = """
pytestmark = pytest.mark.promptecho(path="shared.yaml")

def test_failing():
    if ORDER == "last":
        wait_for("other")
    ask("failing")
    assert not FAILS
"""
OTHER = """
pytestmark = pytest.mark.promptecho(path="shared.yaml")

def test_passing():
    if ORDER == "first":
        wait_for("failing")
    ask("passing")
"""
CONFTEST = """
import llm, pathlib, time

HERE = pathlib.Path(__file__).parent

def wait_for(name):
    for _ in range(3000):
        if (HERE / (name + ".done")).exists():
            return
        time.sleep(0.02)
    raise AssertionError("it never ended")

llm.wait_for = wait_for

def pytest_runtest_logreport(report):
    if report.when == "teardown":
        name = "failing" if "test_failing" in report.nodeid else "other"
        (HERE / (name + ".done")).touch()
"""


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_failure_in_one_worker_marks_what_another_writes(project: Project, place: str) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    project.file("test_failing.py", f"FAILS = False; ORDER = None\n{FAILING}")
    project.file("test_other.py", f"ORDER = None\n{OTHER}")
    project.run(passed=2)
    project.upstream.calls.clear()
    project.file("conftest.py", CONFTEST)
    project.file("test_failing.py", f"FAILS = True; ORDER = {place!r}\n{FAILING}")
    project.file("test_other.py", f"ORDER = {place!r}\n{OTHER}")
    project.run_apart("-n2", "--dist=loadfile", "--promptecho-mode=all", failed=1, passed=1)
    assert sorted(project.asked()) == ["failing", "passing"]
    assert is_marked(project)
    assert "passing" in recorded(project)


def test_capital_letters_of_parameters_stay_in_the_file_name(project: Project) -> None:
    text = """
@pytest.mark.parametrize("word", ["GPT", "a", "A"])
def test_it(promptecho_cassette, word): ask(word)
"""
    project.file("test_it.py", text)
    project.run(passed=3)
    marked, *others = project.files()
    assert others == ["cassettes/test_it[GPT].yaml", "cassettes/test_it[a].yaml"]
    assert marked.startswith("cassettes/test_it[A]~")
    project.upstream.calls.clear()
    project.run("test_it.py::test_it[A]", passed=1)  # its file is found without the other tests
    assert project.asked() == []


CRASHING = """
import os

pytestmark = pytest.mark.promptecho(path="shared.yaml")

def test_a(): ask("a")

def test_b():
    if CRASHES:
        os._exit(3)
    ask("b")

def test_c(): ask("c")
"""


def test_a_worker_in_place_of_one_that_crashed_keeps_what_the_run_recorded(
    project: Project,
) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    project.file("test_it.py", f"CRASHES = False\n{CRASHING}")
    project.run(passed=3)
    project.upstream.calls.clear()
    project.file("test_it.py", f"CRASHES = True\n{CRASHING}")
    arguments = ("-n1", "-p", "no:randomly", "--promptecho-mode=all")
    project.run_apart(*arguments, passed=2, failed=1)
    assert project.asked() == ["a", "c"]
    assert recorded(project) == ["a", "c"]


TOLD = """
pytestmark = [
    pytest.mark.promptecho(path="shared.yaml"),
    pytest.mark.filterwarnings("ignore::promptecho.PromptechoSecretWarning"),
]
told = []

def post(path, **body):
    with httpx.Client(trust_env=False) as client:
        return client.post(os.environ["UPSTREAM"] + path, json=body).json()

def test_login():
    told.append(post("/login", user="ann")["session"])

@pytest.mark.parametrize("number", [1, 2])
def test_use(number):
    assert post("/use", input=f"{number} {told[0]}")["right"]
"""


def test_what_an_answer_tells_one_test_the_others_do_not_write(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(call: Call) -> Answer:
        if call.path == "/login":
            return json_answer({"session": TOKEN, "access_token": TOKEN})
        return json_answer({"right": TOKEN in call.json["input"]})

    project.file("test_it.py", TOLD)
    with Upstream(answer) as upstream:
        monkeypatch.setenv("UPSTREAM", upstream.url)
        project.run("-p", "no:randomly", passed=3)
        assert len(upstream.calls) == 3
    file = (project.path / "shared.yaml").read_text(encoding="utf-8")
    assert TOKEN not in file
    assert [line.strip() for line in file.splitlines() if "input:" in line] == [
        'input: "1 REDACTED"',
        'input: "2 REDACTED"',
    ]
    monkeypatch.setenv("CI", "true")
    project.run("-p", "no:randomly", passed=3)
