"""Calls that no cassette sees, in CI, in a run that uses cassettes: reported or refused."""

from __future__ import annotations

import os

import pytest

from support.pytest_project import Project

STRAY = """
import multiprocessing, threading

@pytest.fixture(scope="session")
def models(): return ask("session")

@pytest.fixture
def client(): return ask("client")

@pytest.mark.promptecho
def test_with_session_fixture(models): ask("recorded")

def test_in_wrong_order(client, promptecho_cassette): ask("recorded too")

def test_without_cassette():
    ask("alone")
    thread = threading.Thread(target=ask_and_swallow, args=["thread"])
    thread.start()
    thread.join()

def test_with_a_child():
    child = multiprocessing.get_context("fork").Process(target=ask_and_swallow, args=["child"])
    child.start()
    child.join()

@pytest.fixture
def late():
    yield
    ask("late")

def test_teardown(late): pass
"""
QUIET = ["-Wignore::DeprecationWarning"]  # Python warns of a fork in a process with threads
RECORDED = ["recorded", "recorded too"]
NOT_RECORDED = ["alone", "child", "client", "late", "session", "thread"]


@pytest.fixture
def stray(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with stray calls, whose cassettes are recorded, in CI."""
    if not hasattr(os, "fork"):
        pytest.skip("this platform cannot fork")
    project.file("test_it.py", STRAY)
    output = project.run(*QUIET, passed=5)
    assert "outside of every cassette" not in output
    assert sorted(project.asked()) == sorted(RECORDED + NOT_RECORDED)
    project.upstream.calls.clear()
    monkeypatch.setenv("CI", "true")
    return project


def test_they_are_reported_by_test_and_host(stray: Project) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    output = stray.run_apart(*QUIET, "-n1", passed=5)
    assert sorted(stray.asked()) == NOT_RECORDED
    host = stray.upstream.url[len("http://") :]
    marked = "    mark the test with @pytest.mark.promptecho, or open a cassette around the call"
    alone = "in a test or a thread, outside of a cassette"
    start = output.index("promptecho: in this run in CI")
    assert output[start:].splitlines()[:11] == [
        "promptecho: in this run in CI, 6 calls outside of every cassette were made "
        "(promptecho_guard = warn):",
        f"  test_it.py::test_in_wrong_order: 1 to {host}, in the fixture client, which is set up "
        "before promptecho_cassette",
        "    put promptecho_cassette first: before client in the test's parameters, or into those "
        "of client",
        f"  test_it.py::test_teardown: 1 to {host}, {alone}",
        marked,
        f"  test_it.py::test_with_a_child: 1 to {host}, {alone}",
        marked,
        f"  test_it.py::test_with_session_fixture: 1 to {host}, in the session fixture models",
        "    open a cassette in the fixture: with promptecho.use_cassette(...)",
        f"  test_it.py::test_without_cassette: 2 to {host}, {alone}",
        marked,
    ]


def test_they_are_refused(stray: Project) -> None:
    stray.ini("promptecho_guard = error")
    output = stray.run(*QUIET, passed=1, failed=2, errors=3)  # one fails for its child
    assert stray.asked() == []
    assert (
        "was not called, because no cassette sees it: it is made in the fixture client, which is "
        "set up before promptecho_cassette (promptecho_guard = error)\n"
    ) in output
    assert "Put promptecho_cassette first: before client in the test's parameters" in output
    assert "promptecho: in this run in CI, 5 calls outside of every cassette were refused" in output


@pytest.mark.parametrize("ini", ["promptecho_guard = off", "promptecho_allowed_hosts = 127.0.0.1"])
def test_they_may_be_nobody_s_business(stray: Project, ini: str) -> None:
    stray.ini(ini)
    assert "outside of every cassette" not in stray.run(*QUIET, passed=5)


@pytest.mark.parametrize("uses", [True, False])
def test_a_decorated_test_is_a_use_of_cassettes(
    project: Project, monkeypatch: pytest.MonkeyPatch, uses: bool
) -> None:
    monkeypatch.setenv("CI", "true")
    decorator = '@promptecho.use_cassette("c.yaml")\ndef unused(): ...\n' if uses else ""
    project.file("test_it.py", decorator + "def test_it(): ask('stray')\n")
    output = project.run(passed=1)
    assert ("1 call outside of every cassette was made" in output) is uses
