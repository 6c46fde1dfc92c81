"""Mode `verify`: recordings are played, and compared with what live calls answer."""

from __future__ import annotations

from typing import Any

import pytest

from promptecho._checks.answer_shape import compared
from promptecho._session.verifying import Budget
from sdk import answers
from support.pytest_project import Project
from support.upstream import Call, json_answer

TESTS = """
import asyncio
pytestmark = pytest.mark.promptecho

def test_sync(): assert ask("one") == "echo: one"
def test_async(): assert asyncio.run(ask_async("two")) == "echo: two"
"""


def recorded(project: Project, tests: str = TESTS) -> dict[str, bytes]:
    project.file("test_a.py", tests)
    project.run("-q")
    project.upstream.calls.clear()
    return files(project)


def files(project: Project) -> dict[str, bytes]:
    return {name: (project.path / name).read_bytes() for name in project.files()}


def answers_with(project: Project, change: Any) -> None:
    """The upstream changes its answers."""

    def answer(call: Call) -> Any:
        return change(answers.chat("echo: " + call.json["messages"][0]["content"]), call)

    project.upstream._answer = answer


def reworded(answer: Any, call: Call) -> Any:
    return answers.chat("other words")


def without_usage(answer: Any, call: Call) -> Any:
    value = dict(answer.json)
    del value["usage"]
    value["choices"][0]["finish_reason"] = "length"
    return json_answer(value)


def no_model(answer: Any, call: Call) -> Any:
    return json_answer({"error": {"code": "model_not_found"}}, status=404)


def report(output: str) -> list[str]:
    lines = output.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("promptecho: live answers"))
    return [lines[start], *(line for line in lines[start + 1 :] if line.startswith("  "))]


VERIFY = "--promptecho-mode=verify"


@pytest.mark.parametrize(
    ("change", "summary", "status", "lines"),
    [
        (lambda answer, call: answer, "2 same", 0, []),
        (reworded, "2 reworded", 0, []),
        (
            without_usage,
            "2 changed",
            1,
            [
                '    choices[].finish_reason: recorded "stop" / live "length"',
                "    usage: recorded object / live (absent)",
            ],
        ),
        (no_model, "2 gone", 1, ["    status: recorded 200 / live 404"]),
    ],
    ids=["same", "reworded", "changed", "gone"],
)
def test_live_answers_are_compared_with_the_recordings(
    project: Project, change: Any, summary: str, status: int, lines: list[str]
) -> None:
    before = recorded(project)
    answers_with(project, change)
    output = project.run("-q", VERIFY, passed=2)  # the tests get what was recorded
    first, *found = report(output)
    assert first == f"promptecho: live answers beside 2 recordings: {summary}"
    assert project.result is not None
    assert project.result.ret == status
    for line in lines:
        assert found.count(line) == 2
    assert sorted(project.asked()) == ["one", "two"]
    assert files(project) == before


def test_an_upstream_that_is_not_there_is_unreached(project: Project) -> None:
    before = recorded(project)
    project.upstream.close()
    first, *lines = report(project.run("-q", VERIFY, passed=2))
    assert first == "promptecho: live answers beside 2 recordings: 2 unreached"
    assert "    connect" in lines
    assert project.result is not None
    assert project.result.ret == 1
    assert files(project) == before


def test_workers_of_xdist_share_the_limit_and_the_report(project: Project) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed here")
    recorded(project)
    answers_with(project, no_model)
    output = project.run_apart("-q", "-n2", VERIFY, "--promptecho-verify-max=1", passed=2)
    assert len(project.asked()) <= 1
    assert report(output)[0].startswith("promptecho: live answers beside 2 recordings: ")


def test_no_more_calls_are_made_than_the_limit(project: Project) -> None:
    recorded(project)
    output = project.run("-q", VERIFY, "--promptecho-verify-max=1", passed=2)
    assert report(output) == [
        "promptecho: live answers beside 2 recordings: 1 same, 1 not verified"
    ]
    assert len(project.asked()) == 1
    project.run("-q", VERIFY, "--promptecho-verify-max=-1")
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_marker_verifies_one_test(project: Project) -> None:
    recorded(project)
    marked = TESTS.replace("def test_sync", '@pytest.mark.promptecho(mode="verify")\ndef test_sync')
    project.file("test_a.py", marked)
    output = project.run("-q", passed=2)
    assert report(output) == ["promptecho: live answers beside 1 recordings: 1 same"]
    assert project.asked() == ["one"]


def test_a_request_without_a_recording_is_a_miss_and_no_call(project: Project) -> None:
    recorded(project)
    project.file("test_a.py", TESTS.replace('ask("one")', 'ask("another")'))
    project.run("-q", VERIFY, failed=1, passed=1)
    assert project.asked() == ["two"]


def test_a_cassette_tells_what_was_found(project: Project) -> None:
    recorded(project)
    project.file(
        "test_a.py",
        """
@pytest.mark.promptecho(path="cassettes/test_sync.yaml", mode="verify")
def test_it(promptecho_cassette):
    ask("one")
    (found,) = promptecho_cassette.verified
    assert (found.number, found.method, found.result, found.changes) == (1, "POST", "same", ())
""",
    )
    project.run("-q", passed=1)


def test_real_keys_are_used(
    project: Project, no_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Placeholders are for tests that call nothing."""
    recorded(project)
    keys = TESTS + '\nimport os\ndef test_key(): assert "OPENAI_API_KEY" not in os.environ\n'
    project.file("test_a.py", keys.replace("pytestmark = ", "mark = "))
    project.run("-q", VERIFY, "-k", "key", passed=1)


def test_a_call_of_json_rpc_is_not_made_again(project: Project) -> None:
    tests = """
@pytest.mark.promptecho
def test_it(): ask("one", jsonrpc="2.0", id=1, method="tools/call")
"""
    recorded(project, tests)
    output = project.run("-q", VERIFY, passed=1)
    assert report(output) == ["promptecho: live answers beside 1 recordings: 1 not verified"]
    assert project.asked() == []


def test_a_budget_is_spent_once() -> None:
    budget = Budget(2)
    assert [budget.take() for _ in range(4)] == [True, True, False, False]
    assert all(Budget().take() for _ in range(4))


def test_answers_are_compared_by_status_first() -> None:
    from support.session_builders import answer

    assert compared(answer("a"), answer("a")).result == "same"
    assert compared(answer("a"), answer("b")).result == "reworded"
    assert compared(answer("a", 500), answer("a", 404)).result == "changed"
