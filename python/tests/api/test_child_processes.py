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

from promptecho._format.reader import load
from support.paths import TESTS
from support.record_replay import prompts
from support.upstream import Call, Upstream, json_answer

METHODS = multiprocessing.get_all_start_methods()
#: A child of the fork server is prepared as a spawned one.
TWO_METHODS = [method for method in METHODS if method != "forkserver"]


@pytest.fixture
def tell(path: Path) -> Callable[..., Any]:
    """Run a story of `support/parent_process.py`."""

    def told(method: str, story: str, url: str, mode: str = "once", journals: int = 0) -> Any:
        script = TESTS / "support" / "parent_process.py"
        command = [sys.executable, "-Werror", str(script), story, url, str(path), mode]
        done = subprocess.run([*command, method], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        names = sorted(each.name for each in path.parent.iterdir() if each.name != path.name)
        assert len(names) == journals
        assert all(name.endswith(".partial") for name in names)
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


# Errors of children


def answering(call: Call) -> Any:
    """An echo, or a status 500."""
    prompt = call.json["messages"][-1]["content"]
    if prompt == "status 500":
        return json_answer({}, status=500)
    return json_answer({"choices": [{"message": {"content": prompt}}]})


@pytest.mark.parametrize("method", TWO_METHODS)
def test_errors_that_a_child_swallows_are_raised_by_the_parent(
    tell: Callable[..., Any], method: str
) -> None:
    secret = "sk-proj-" + "a1B2c3D4" * 6
    with Upstream(answering) as upstream:
        assert tell(method, "swallowed", upstream.url) == [
            *("CassetteError", "CassetteError"),  # in the child, and at the end of the block
            *("RecordedErrorResponse", "RecordedErrorResponse"),
            *(secret, "PromptechoSecretWarning"),
        ]


@pytest.mark.parametrize("method", TWO_METHODS)
def test_a_blocked_call_that_a_child_swallows_is_raised_by_the_parent(
    tell: Callable[..., Any], upstream: Upstream, method: str
) -> None:
    blocked = ["NetworkBlocked", "NetworkBlocked"]
    assert tell(method, "blocked_and_swallowed", upstream.url) == blocked
    assert upstream.calls == []


# What goes wrong between the processes


def saved(path: Path) -> list[str]:
    """The prompts in the file; a journal beside it does not matter."""
    recordings = load(path.read_bytes(), path.name).interactions
    return [each.request.body["messages"][-1]["content"] for each in recordings]


@pytest.mark.parametrize("method", TWO_METHODS)
def test_what_children_left_in_a_deleted_folder_is_named(
    tell: Callable[..., Any], upstream: Upstream, path: Path, method: str
) -> None:
    journal = "cassette.yaml.2.partial"
    told = tell(method, "a_deleted_folder", upstream.url, "once", 1)
    assert told == ["CassetteError", journal, "parent", "later"]
    assert saved(path) == ["parent", "later", "another child"]
    assert b"incomplete: true" in path.read_bytes()
    upstream.calls.clear()
    told = tell(method, "a_deleted_folder", upstream.url)  # it takes the journal up
    assert told == ["parent", "later"]
    assert upstream.calls == []
    assert sorted(saved(path)) == ["another child", "child", "later", "parent"]
    assert b"incomplete" not in path.read_bytes()


def test_a_deleted_folder_in_which_no_child_left_anything_is_no_error(
    tell: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    told = tell("fork", "a_deleted_folder", upstream.url, "new_episodes")
    assert told == ["parent", "later"]
    assert saved(path) == ["parent", "later"]
    assert b"incomplete" not in path.read_bytes()


def test_a_journal_of_a_child_that_cannot_be_read_is_named_and_kept(
    tell: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    told = tell("spawn", "an_unreadable_journal", upstream.url, "once", 1)
    assert told == ["CassetteError", "cassette.yaml.partial"]
    assert sorted(saved(path)) == ["parent", "whole"]
    assert b"incomplete: true" in path.read_bytes()


def test_nothing_is_lost_when_the_processes_cannot_share(
    tell: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    told = tell("fork", "a_full_disk", upstream.url)
    assert told == ["CassetteError", "cassette.yaml", "later"]
    assert sorted(saved(path)) == ["child", "later", "parent"]
    assert b"incomplete: true" in path.read_bytes()


@pytest.mark.skipif("fork" not in METHODS, reason="this system cannot fork")
def test_a_fork_while_a_thread_holds_a_lock_does_not_stop_the_child(
    tell: Callable[..., Any], upstream: Upstream
) -> None:
    assert tell("fork", "a_held_lock", upstream.url) == 0
