"""Child processes are answered by the cassette, and what they record reaches the file."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from support.paths import TESTS
from support.record_replay import prompts
from support.upstream import Call, Upstream, json_answer

METHODS = multiprocessing.get_all_start_methods()
#: A child of the fork server is prepared as a spawned one.
TWO_METHODS = [method for method in METHODS if method != "forkserver"]


@pytest.fixture
def tell(path: Path) -> Callable[..., Any]:
    """Run a story of `support/parent_process.py`."""

    def told(method: str, story: str, url: str, mode: str = "once") -> Any:
        script = TESTS / "support" / "parent_process.py"
        command = [sys.executable, "-Werror", str(script), story, url, str(path), mode]
        done = subprocess.run([*command, method], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert sorted(each.name for each in path.parent.iterdir()) in ([], [path.name])
        return json.loads(done.stdout)

    return told


@pytest.fixture
def counting() -> Iterator[Upstream]:
    """A server whose answers have numbers."""
    numbers = iter(range(1, 9))

    def answer(call: Call) -> Any:
        return json_answer({"choices": [{"message": {"content": f"answer {next(numbers)}"}}]})

    with Upstream(answer) as upstream:
        yield upstream


@pytest.mark.parametrize("method", METHODS)
def test_children_of_all_kinds_record_and_replay(
    tell: Callable[..., Any], upstream: Upstream, path: Path, method: str
) -> None:
    words = ["parent", "a", "b", "c", "nested"]
    assert tell(method, "of_all_kinds", upstream.url) == [[*words, "-9"], 6, 0]
    assert sorted(prompts(path)) == sorted([*words, "killed"])
    upstream.close()
    assert tell(method, "of_all_kinds", upstream.url, "none") == [[*words, "-9"], 0, 0]


@pytest.mark.parametrize("method", TWO_METHODS)
def test_processes_count_together_what_was_played(
    tell: Callable[..., Any], counting: Upstream, method: str
) -> None:
    answers = ["answer 1", "answer 2", "answer 3"]
    assert tell(method, "one_request", counting.url) == answers
    counting.close()
    assert tell(method, "one_request", counting.url, "none") == answers


@pytest.mark.parametrize("method", TWO_METHODS)
def test_a_miss_that_a_child_swallows_is_raised_by_the_parent(
    tell: Callable[..., Any], upstream: Upstream, method: str
) -> None:
    assert tell(method, "a_miss", upstream.url, "none") == "unknown"
    assert upstream.calls == []


@pytest.mark.parametrize("method", TWO_METHODS)
def test_a_child_that_calls_after_the_block_is_refused(
    tell: Callable[..., Any], upstream: Upstream, method: str
) -> None:
    assert tell(method, "too_late", upstream.url) == ["hello", "CassetteClosed"]
    assert len(upstream.calls) == 1


def test_what_a_child_recorded_is_kept_or_dropped_as_what_the_parent_did(
    tell: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    assert tell("spawn", "a_failure", upstream.url) == "hello"
    assert b"incomplete: true" in path.read_bytes()
    assert prompts(path) == ["hello"]
    before = path.read_bytes()
    assert tell("spawn", "a_failure", upstream.url, "all") == "hello"
    assert path.read_bytes() == before
    assert tell("spawn", "one_request", upstream.url, "all") == ["hello"] * 3
    assert prompts(path) == ["hello"] * 3


@pytest.mark.parametrize("method", TWO_METHODS)
def test_what_an_answer_tells_one_process_no_process_writes(
    tell: Callable[..., Any], path: Path, method: str
) -> None:
    tokens = [f"Qm7-xT2_pL9-Vk{number}_Zr8-Wd3" for number in (1, 2)]
    left = iter(tokens)

    def answer(call: Call) -> Any:
        if call.path == "/login":
            token = next(left)
            return json_answer({"session": token, "access_token": token})
        return json_answer({"right": any(token in call.json["input"] for token in tokens)})

    with Upstream(answer) as upstream:
        assert tell(method, "tokens", upstream.url) == [[True] * 4, [], []]
        assert len(upstream.calls) == 6
    assert path.read_bytes().count(b'"use REDACTED"') == 4
    assert tell(method, "tokens", upstream.url, "none") == [[True] * 4, [], []]


@pytest.mark.parametrize("method", [m for m in METHODS if m != "fork"])
def test_a_network_block_holds_in_children(
    tell: Callable[..., Any], upstream: Upstream, method: str
) -> None:
    assert tell(method, "blocked", upstream.url) == ["NetworkBlocked", "NetworkBlocked", "allowed"]
