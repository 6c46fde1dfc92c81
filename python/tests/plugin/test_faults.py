"""Faults of a test: by the marker, the fixture, and what the summary says."""

from __future__ import annotations

from support.pytest_project import Project, summary

RECORDED = """
@pytest.mark.promptecho(path="cassettes/a.yaml")
def test_record():
    assert ask("one") == "echo: one"
"""
FAULTY = """
import httpx, os

def status(text):
    question = {"model": "m", "messages": [{"role": "user", "content": text}]}
    with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
        return client.post(
            os.environ["UPSTREAM"] + "/v1/chat/completions", json=question
        ).status_code

@pytest.mark.promptecho(path="cassettes/a.yaml", mode="none", faults=[{"on": 1, "status": 429}])
def test_marker(promptecho_cassette):
    assert [status("one"), status("one")] == [429, 200]
    assert [each.status for each in promptecho_cassette.faults] == [429]

def test_block():
    with promptecho.use_cassette("cassettes/a.yaml", mode="none", faults=[{"status": 503}]):
        assert [status("one"), status("one")] == [503, 503]
"""


def recorded(project: Project) -> None:
    project.file("test_a.py", RECORDED)
    project.run("-q", passed=1)
    (project.path / "test_a.py").unlink()


def test_the_summary_says_that_there_were_faults(project: Project) -> None:
    recorded(project)
    project.file("test_b.py", FAULTY)
    output = project.run("-q", passed=2)
    assert summary(output)[0].startswith(
        "promptecho: 0 recorded, 1 replayed, 0 missed, 0 unplayed, with faults (3)"
    )


def test_a_fixture_gives_faults_to_many_tests(project: Project) -> None:
    recorded(project)
    options = "@pytest.fixture\ndef promptecho_options(): return {'faults': [{'status': 503}]}\n"
    project.file("conftest.py", f"import pytest\n{options}")
    head = FAULTY.partition("@pytest.mark")[0]
    marker = '@pytest.mark.promptecho(path="cassettes/a.yaml", mode="none")\n'
    project.file("test_b.py", f"{head}{marker}def test_it(): assert status('one') == 503\n")
    assert "with faults (1)" in project.run("-q", passed=1)


def test_a_fault_that_did_not_happen_is_reported_at_the_end(project: Project) -> None:
    recorded(project)
    marker = '@pytest.mark.promptecho(path="cassettes/a.yaml", faults=[{"on": 2, "status": 429}])\n'
    project.file("test_b.py", f"{marker}def test_it(): assert ask('one') == 'echo: one'\n")
    output = project.run("-q", "-W", "default", passed=1)
    assert "fault 1 did not happen (status 429 on call 2): 1 such call was made" in output
    output = project.run("-q", passed=1, errors=1)
    assert "fault 1 did not happen" in output


def test_a_wrong_fault_fails_its_test_only(project: Project) -> None:
    recorded(project)
    marker = '@pytest.mark.promptecho(path="cassettes/a.yaml", faults=[{"status": 1}])\n'
    project.file("test_b.py", f"{marker}def test_it(): ask('one')\ndef test_other(): pass\n")
    output = project.run("-q", passed=1, errors=1)
    assert "faults[0]['status'] is 1" in output


def test_a_disabled_run_has_no_faults(project: Project) -> None:
    recorded(project)
    marker = '@pytest.mark.promptecho(path="cassettes/a.yaml", faults=[{"status": 429}])\n'
    project.file("test_b.py", f"{marker}def test_it(): assert ask('one') == 'echo: one'\n")
    project.run("-q", "--promptecho-disable", passed=1)
