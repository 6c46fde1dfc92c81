"""Whatever befalls a recording, what was there before stays, and what was paid for is kept.

Real processes and real signals; each kill's moment is drawn from a seed.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import promptecho
from support.clients import post_httpx
from support.paths import RECORDING_WORKER
from support.upstream import Answer, Call, Upstream, json_answer

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits"),
]

#: The session `kills` sets more; each kill's moment is drawn from its number.
KILLS = int(os.environ.get("PROMPTECHO_KILLS", "50"))
CALLS = 40


def echo(call: Call) -> Answer:
    """Answer with the prompt, so that a test sees which call an answer belongs to."""
    said = call.json["messages"][0]["content"]
    return json_answer({"choices": [{"message": {"role": "assistant", "content": said}}]})


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(echo) as server:
        yield server


class Worker:
    """A recording process that is open and waits."""

    def __init__(
        self, upstream: Upstream, path: Path, mode: str, prefix: str, count: int, *limit: int
    ) -> None:
        arguments = [upstream.url, path, mode, prefix, count, *limit]
        self.process = subprocess.Popen(
            [sys.executable, RECORDING_WORKER, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "open\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait_for(self, calls: int) -> None:
        """Until that many calls are finished."""
        assert self.process.stdout is not None
        for _ in range(calls):
            assert self.process.stdout.readline()

    def end(self) -> tuple[int, list[str], str]:
        """The exit status, the lines said since, and what went to stderr."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.splitlines(), err

    def kill(self) -> list[str]:
        self.process.kill()
        return self.end()[1]


def prompts(path: Path, mode: str = "none") -> list[str]:
    """The prompts of the recordings that a session finds; a journal may lie beside them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", promptecho.PromptechoJournalWarning)
        return _prompts(path, mode)


def _prompts(path: Path, mode: str) -> list[str]:
    with promptecho.use_cassette(path, mode=mode) as cassette:
        return [each.request.body["messages"][0]["content"] for each in cassette.interactions]


def record(upstream: Upstream, path: Path, *prompts: str) -> bytes:
    with promptecho.use_cassette(path, mode="new_episodes"):
        assert [post_httpx(upstream.url, each) for each in prompts] == list(prompts)
    return path.read_bytes()


def killed(upstream: Upstream, path: Path, mode: str, seed: int) -> int:
    """Kill a recording at a moment drawn from the seed; the number of calls it had finished.

    One kill in four comes when all calls are finished, while the file is written.
    """
    moment = random.Random(seed)
    calls = CALLS if moment.random() < 0.25 else moment.randrange(CALLS)
    worker = Worker(upstream, path, mode, "new", CALLS)
    worker.go()
    worker.wait_for(calls)
    time.sleep(moment.uniform(0, 0.015 if calls == CALLS else 0.004))
    later = worker.kill()
    return calls + sum(line.isdigit() for line in later)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_leaves_the_old_file_or_the_new_and_loses_one_call_at_most(
    upstream: Upstream, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "cassette.yaml"
    mode = ("once", "new_episodes", "all")[seed % 3]
    old = b"" if mode == "once" else record(upstream, path, "old 0", "old 1")
    before = len(upstream.calls)
    finished = killed(upstream, path, mode, seed)
    asked = len(upstream.calls) - before
    upstream.close()

    left = path.read_bytes() if path.exists() else b""
    if left == old:
        whole = [f"old {n}" for n in range(2)] if old else []
    else:
        whole = prompts(path)  # saved just before the kill
        assert len([each for each in whole if each.startswith("new")]) == CALLS
    if mode == "all" and left == old:
        assert prompts(path, "new_episodes") == whole
        return
    found = prompts(path, "new_episodes")
    assert found[: len(whole)] == whole
    new = [each for each in found if each.startswith("new")]
    assert new == [f"new {n}" for n in range(len(new))]
    assert len(new) >= max(finished, asked - 1)
    if new:
        assert prompts(path) == found
    if new and mode != "all":
        assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_a_killed_session_paid_for_is_replayed_and_the_rest_recorded(
    upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "cassette.yaml"
    worker = Worker(upstream, path, "once", "new", 5)
    worker.go()
    worker.wait_for(2)
    worker.kill()
    asked = len(upstream.calls)
    with promptecho.use_cassette(path) as cassette:
        assert [post_httpx(upstream.url, f"new {n}") for n in range(5)] == [
            f"new {n}" for n in range(5)
        ]
    assert len(cassette.played) >= 2
    assert len(upstream.calls) - asked == 5 - len(cassette.played)
    assert prompts(path) == [f"new {n}" for n in range(5)]
    assert "incomplete" not in path.read_text(encoding="utf-8")


def test_a_kill_between_the_rename_and_the_end_of_the_journal_doubles_nothing(
    upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "cassette.yaml"
    journal = tmp_path / "cassette.yaml.partial"
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
        post_httpx(upstream.url, "two")
        paid = journal.read_bytes()
    journal.write_bytes(paid)
    assert prompts(path, "new_episodes") == ["one", "two"]
    assert prompts(path) == ["one", "two"]


@pytest.mark.parametrize("mode", ["new_episodes", "all", "once"])
def test_a_full_disk_loses_nothing_old_and_says_so(
    upstream: Upstream, tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "cassette.yaml"
    old = b"" if mode == "once" else record(upstream, path, *(f"old {n}" for n in range(8)))
    worker = Worker(upstream, path, mode, "new", CALLS, len(old) + 2000)
    worker.go()
    status, lines, stderr = worker.end()
    said = "\n".join([*lines, stderr])
    assert status != 0, said
    assert "cassette.unwritable" in said
    assert str(path) in said
    assert (path.read_bytes() if path.exists() else b"") == old
    if old:
        assert prompts(path, "new_episodes")[:8] == [f"old {n}" for n in range(8)]


def test_a_file_cut_at_any_byte_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    whole = record(upstream, path, "one", "two: a # b", "three\nlines 猫")
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(promptecho.CassetteError) as caught:
            prompts(path)
        assert caught.value.path == str(path), length
        assert path.read_bytes() == whole[:length], length


def test_a_file_that_lost_only_its_last_newline_is_refused_or_whole(
    upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "cassette.yaml"
    whole = record(upstream, path, "one", "two")
    path.write_bytes(whole[:-1])
    with contextlib.suppress(promptecho.CassetteError):
        assert prompts(path) == ["one", "two"]


@pytest.mark.parametrize("mode", ["once", "new_episodes"])
def test_four_processes_that_record_into_one_cassette_keep_all_their_calls(
    upstream: Upstream, tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "cassette.yaml"
    workers = [Worker(upstream, path, mode, f"process {n} call", 6) for n in range(4)]
    for worker in workers:
        worker.go()
    for worker in workers:
        status, lines, stderr = worker.end()
        assert (status, lines[-1]) == (0, "saved"), stderr
    expected = {f"process {n} call {call}" for n in range(4) for call in range(6)}
    found = prompts(path)
    assert len(found) == 24
    assert set(found) == expected
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
