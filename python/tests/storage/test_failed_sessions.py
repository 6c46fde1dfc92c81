"""What is in the file after a session that failed or was killed. [FAIL-9] [FAIL-10]

Real processes and real signals: each session is a process that may be killed before it saves.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import FAILING_WORKER
from support.record_replay import recordings
from support.upstream import Answer, Call, Upstream, json_answer

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
]


class Script:
    """An upstream that knows its keys, and answers some requests late."""

    def __init__(self) -> None:
        self.busy = 0

    def __call__(self, call: Call) -> Answer:
        headers = {name.lower(): value for name, value in call.headers}
        if headers.get("authorization") != "Bearer right":
            return json_answer({"error": "wrong key"}, status=401)
        if self.busy:
            self.busy -= 1
            return json_answer({"error": "busy"}, status=429)
        return json_answer({"ok": call.json["messages"][0]["content"]})


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def upstream(script: Script) -> Iterator[Upstream]:
    with Upstream(script) as server:
        yield server


def session(path: Path, url: str, *prompts: str, key: str = "right", end: str = "well") -> str:
    """Run a session in a process; what it wrote to standard error.

    Args:
        end: ``well``, ``raises`` or ``killed``.
    """
    worker = subprocess.Popen(
        [sys.executable, FAILING_WORKER, url, path, key, end, *prompts],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "asked\n"
    if end == "killed":
        worker.kill()
    _, errors = worker.communicate("\n" if end != "killed" else None, timeout=60)
    return errors


def held(path: Path) -> list[tuple[str, object]]:
    """The prompts of a cassette, each with its status or the kind of its failure."""
    if not path.exists():
        return []
    found = []
    for each in recordings(path):
        prompt = each.request.body["messages"][0]["content"]
        outcome = each.failure.kind if each.failure is not None else each.response.status
        found.append((prompt, outcome))
    return found


def partials(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.partial"))


@pytest.mark.parametrize("end", ["raises", "killed"])
def test_a_wrong_key_on_the_first_run_freezes_no_error(
    path: Path, upstream: Upstream, end: str
) -> None:
    session(path, upstream.url, "one", key="wrong", end=end)
    assert held(path) == []
    session(path, upstream.url, "one")
    assert held(path) == [("one", 200)]
    assert partials(path) == []


@pytest.mark.parametrize("end", ["raises", "killed"])
def test_a_429_and_its_answer_stay_together_in_a_session_that_fails_later(
    path: Path, upstream: Upstream, script: Script, end: str
) -> None:
    script.busy = 1
    session(path, upstream.url, "one", "one", end=end)
    session(path, upstream.url, "two")
    assert held(path) == [("one", 429), ("one", 200), ("two", 200)]
    assert partials(path) == []


@pytest.mark.parametrize("end", ["well", "raises", "killed"])
def test_a_run_without_network_leaves_nothing(path: Path, upstream: Upstream, end: str) -> None:
    upstream.close()
    errors = session(path, upstream.url, "one", "two", end=end)
    assert held(path) == []
    assert ("nothing was saved" in errors) is (end == "well")
    assert len(partials(path)) == (1 if end == "killed" else 0)


@pytest.mark.parametrize("end", ["well", "raises", "killed"])
def test_what_a_blocker_stops_is_not_recorded(path: Path, upstream: Upstream, end: str) -> None:
    session(path, upstream.url, "blocked", end=end)
    assert held(path) == []
    session(path, upstream.url, "one")
    assert held(path) == [("one", 200)]
    assert partials(path) == []


@pytest.mark.parametrize("end", ["well", "raises", "killed"])
def test_a_fallback_to_another_host_keeps_the_failure_of_a_session_that_ends_well(
    path: Path, upstream: Upstream, end: str
) -> None:
    session(path, upstream.url, "dead then one", end=end)
    if end == "killed":
        session(path, upstream.url, "two")  # takes up the journal
        assert held(path) == [("one", 200), ("two", 200)]
    elif end == "raises":
        assert held(path) == [("one", 200)]
    else:
        assert held(path) == [("one", "connect"), ("one", 200)]
