"""Cassettes on disk: what is written, when, and what is left alone."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from support.clients import CHAT, post_httpx, question
from support.paths import RECORDING_WORKER
from support.upstream import Answer, Call, Upstream, echo

MODES = ("once", "none", "new_episodes", "all")

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


def record(upstream: Upstream, path: Path, *prompts: str, mode: str = "new_episodes") -> bytes:
    with promptecho.use_cassette(path, mode=mode):
        assert [post_httpx(upstream.url, each) for each in prompts] == list(prompts)
    return path.read_bytes()


def open_and_close(path: Path, mode: str = "once") -> None:
    with promptecho.use_cassette(path, mode=mode):
        pass


def prompts(path: Path, mode: str = "none") -> list[str]:
    """What was said in the recordings that a session finds."""
    with promptecho.use_cassette(path, mode=mode) as cassette:
        return [each.request.body["messages"][0]["content"] for each in cassette.interactions]


def replays(path: Path, *prompts: str) -> None:
    """Each prompt is answered from the cassette, the network being gone."""
    with Upstream([]) as upstream:
        pass
    with promptecho.use_cassette(path, mode="none"):
        assert [post_httpx(upstream.url, each) for each in prompts] == list(prompts)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@contextmanager
def another_process(path: Path, count: int, mode: str = "new_episodes") -> Iterator[None]:
    """A process that has recorded "dead 0", "dead 1", ... and waits for one more answer.

    It lives as long as the block, and is killed at its end.
    """
    left = threading.Event()

    def script(call: Call) -> Answer:
        if call.json == question(f"dead {count}"):
            left.wait(60)  # until it is killed, however slow the machine is
        return echo(call)

    with Upstream(script) as upstream:
        arguments = [sys.executable, RECORDING_WORKER, upstream.url, path, mode, "dead", count + 1]
        process = subprocess.Popen(
            list(map(str, arguments)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "open\n"
            process.stdin.write("go\n")
            process.stdin.flush()
            for number in range(count):
                assert process.stdout.readline() == f"{number}\n"
            yield
        finally:
            process.kill()
            process.communicate()
            left.set()


def killed(path: Path, count: int, mode: str = "new_episodes") -> Path:
    """The journal that such a process leaves."""
    with another_process(path, count, mode):
        pass
    return path.with_name(path.name + ".partial")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder in which permissions hold, also where the tests run as root."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o777)
        yield Path(name)


@contextmanager
def as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# What is written


def test_an_empty_run_writes_nothing(tmp_path: Path) -> None:
    for mode in MODES:
        with promptecho.use_cassette(tmp_path / "new" / f"{mode}.yaml", mode=mode):
            pass
    assert names(tmp_path) == []


def test_a_failing_block_without_a_call_writes_nothing(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), promptecho.use_cassette(path):
        raise ZeroDivisionError
    assert names(path.parent) == []


def test_folders_are_made_when_there_is_something_to_write(
    upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "a" / "b" / "c.yaml"
    with promptecho.use_cassette(path):
        assert names(tmp_path) == []
        post_httpx(upstream.url, "one")
        assert names(path.parent) == ["c.yaml.partial"]
    assert names(path.parent) == ["c.yaml"]


@pytest.mark.parametrize("mode", MODES)
def test_a_file_to_which_nothing_is_added_is_not_touched(
    upstream: Upstream, path: Path, mode: str
) -> None:
    before = record(upstream, path, "one")
    os.utime(path, ns=(1, 1))
    with promptecho.use_cassette(path, mode=mode):
        if mode != "all":
            assert post_httpx(upstream.url, "one") == "one"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, 1)


def test_recording_the_same_again_does_not_touch_the_file(upstream: Upstream, path: Path) -> None:
    before = record(upstream, path, "one")
    os.utime(path, ns=(1, 1))
    assert record(upstream, path, "one", mode="all") == before
    assert path.stat().st_mtime_ns == 1
    assert names(path.parent) == [path.name]


def test_a_saved_file_read_and_saved_is_the_same_text(upstream: Upstream, path: Path) -> None:
    before = record(upstream, path, "one", "two")
    after = record(upstream, path, "three")
    assert after.startswith(before[: -len(b"...\n")])


@posix
def test_permissions_are_kept(upstream: Upstream, path: Path) -> None:
    record(upstream, path, "one")
    path.chmod(0o640)
    record(upstream, path, "two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_symlinked_cassette_stays_a_link(upstream: Upstream, tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "c.yaml", tmp_path / "link.yaml"
    real.parent.mkdir()
    record(upstream, real, "one")
    link.symlink_to(real)
    with promptecho.use_cassette(link, mode="new_episodes"):
        post_httpx(upstream.url, "two")
        assert names(tmp_path) == ["link.yaml", "real"]
    assert link.is_symlink()
    assert prompts(real) == ["one", "two"]
    assert names(real.parent) == ["c.yaml"]


# What cannot be read or written


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "cassette.empty"),
        (b"version: 2\nminor: 1\nmatch_on: [model]\ninteractions: []\n", "cassette.truncated"),
        (b"version: 2\nminor: 9\nmatch_on: [model]\ninteractions: []\n...\n", "cassette.minor"),
        (b"version: 7\n...\n", "cassette.version"),
        (b"{]\n", "yaml.syntax"),
        (b"\xff\xfe\n", "yaml.encoding"),
    ],
)
def test_a_file_that_is_refused_is_never_overwritten(
    upstream: Upstream, path: Path, text: bytes, code: str, mode: str
) -> None:
    path.write_bytes(text)
    with pytest.raises(promptecho.CassetteError) as caught:
        with promptecho.use_cassette(path, mode=mode):
            post_httpx(upstream.url, "one")
    assert (caught.value.code, caught.value.path) == (code, str(path))
    assert path.read_bytes() == text
    assert names(path.parent) == [path.name]
    assert upstream.calls == []


def test_a_folder_in_the_place_of_a_file_is_an_error_that_says_so(path: Path) -> None:
    path.mkdir()
    with pytest.raises(promptecho.CassetteError) as caught:
        open_and_close(path)
    assert str(caught.value) == (
        f"{path}: the file cannot be read: Is a directory [cassette.unreadable]\n"
        "Check its path and its permissions."
    )


@posix
def test_a_file_that_may_not_be_read_is_an_error_that_says_so(upstream: Upstream) -> None:
    with open_folder() as folder:
        path = folder / "c.yaml"
        record(upstream, path, "one")
        path.chmod(0)
        with as_nobody(), pytest.raises(promptecho.CassetteError) as caught:
            open_and_close(path)
    assert caught.value.code == "cassette.unreadable"
    assert "Permission denied" in str(caught.value)


@posix
def test_a_folder_that_may_not_be_written_is_enough_to_replay(upstream: Upstream) -> None:
    with open_folder() as folder:
        path = folder / "c.yaml"
        record(upstream, path, "one")
        folder.chmod(0o555)
        with as_nobody():
            assert prompts(path) == ["one"]


def disk_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_recordings_that_cannot_be_saved_are_safe_in_the_journal(
    upstream: Upstream, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = record(upstream, path, "one")
    with monkeypatch.context() as changed, pytest.raises(promptecho.CassetteError) as caught:
        with promptecho.use_cassette(path, mode="new_episodes"):
            post_httpx(upstream.url, "two")
            changed.setattr(os, "fsync", disk_full)
    journal = path.with_name("cassette.yaml.partial")
    assert caught.value.code == "cassette.unwritable"
    assert str(caught.value).endswith(f" The 1 new recordings are safe in {journal}.")
    assert path.read_bytes() == before
    assert names(path.parent) == [path.name, journal.name]
    assert prompts(path, "once") == ["one", "two"]


def test_a_file_that_was_damaged_meanwhile_is_left_alone(upstream: Upstream, path: Path) -> None:
    record(upstream, path, "one")
    with pytest.raises(promptecho.CassetteError) as caught:
        with promptecho.use_cassette(path, mode="new_episodes"):
            post_httpx(upstream.url, "two")
            path.write_text("<<<<<<< HEAD\n")
    assert caught.value.path == str(path)
    assert path.read_text() == "<<<<<<< HEAD\n"
    path.unlink()
    assert prompts(path, "once") == ["two"]


# Other processes


def other(upstream: Upstream, path: Path, mode: str, count: int, *arguments: str) -> None:
    """Another process that records its calls and ends well."""
    command = [
        sys.executable,
        RECORDING_WORKER,
        upstream.url,
        path,
        mode,
        "other",
        count,
        *arguments,
    ]
    done = subprocess.run(
        list(map(str, command)), input="go\n", capture_output=True, text=True, timeout=60
    )
    assert done.stdout.endswith("saved\n"), done.stdout + done.stderr


@pytest.mark.parametrize("mode", ["new_episodes", "all"])
def test_what_another_process_saved_meanwhile_is_kept(
    upstream: Upstream, path: Path, mode: str
) -> None:
    record(upstream, path, "old")
    with promptecho.use_cassette(path, mode=mode):
        post_httpx(upstream.url, "mine")
        other(upstream, path, "new_episodes", 2)
    kept = ["old"] if mode == "new_episodes" else []
    assert prompts(path) == [*kept, "other 0", "other 1", "mine"]
    assert names(path.parent) == [path.name]


def test_two_processes_that_found_no_file_keep_both(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "mine")
        other(upstream, path, "once", 1)
    assert prompts(path) == ["other 0", "mine"]


def test_recordings_alike_in_both_processes_are_all_kept(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "other 0")
        post_httpx(upstream.url, "other 0")
        other(upstream, path, "once", 1)
    assert prompts(path) == ["other 0"] * 3


def test_a_file_that_was_removed_meanwhile_is_written_whole(upstream: Upstream, path: Path) -> None:
    record(upstream, path, "one")
    with promptecho.use_cassette(path, mode="new_episodes"):
        post_httpx(upstream.url, "two")
        path.unlink()
    assert prompts(path) == ["one", "two"]


def test_a_file_that_another_process_saved_under_another_match_on_is_merged_by_mine(
    upstream: Upstream, path: Path
) -> None:
    record(upstream, path, "one", "two")
    text = path.read_text()
    with promptecho.use_cassette(path, mode="new_episodes", match_on=["*"]):
        post_httpx(upstream.url, "theirs")
    theirs = path.read_text()
    path.write_text(text)
    with promptecho.use_cassette(path, mode="new_episodes"):
        post_httpx(upstream.url, "mine")
        path.write_text(theirs)
    assert prompts(path) == ["one", "two", "theirs", "mine"]
    replays(path, "one", "two", "theirs", "mine")
    with promptecho.use_cassette(path) as cassette:
        pass
    assert {each.request.matched_on for each in cassette.interactions} == {("model", "messages")}


# Journals


def test_a_journal_is_taken_up_once(upstream: Upstream, path: Path) -> None:
    record(upstream, path, "one")
    journal = killed(path, 2)
    assert names(path.parent) == [path.name, journal.name]
    # The session that died called another port, and another host of the file is drift.
    with promptecho.use_cassette(path, mode="new_episodes", on_drift="ignore") as cassette:
        assert post_httpx(upstream.url, "dead 1") == "dead 1"
    assert (len(cassette.recorded), len(cassette.played)) == (0, 1)
    assert names(path.parent) == [path.name]
    assert prompts(path) == ["one", "dead 0", "dead 1"]


def test_a_journal_without_a_file_is_an_incomplete_cassette(upstream: Upstream, path: Path) -> None:
    killed(path, 2, "once")
    with promptecho.use_cassette(path) as cassette:
        assert [post_httpx(upstream.url, each) for each in ("dead 0", "new")] == ["dead 0", "new"]
    assert (len(cassette.played), len(cassette.recorded)) == (1, 1)
    assert prompts(path) == ["dead 0", "dead 1", "new"]
    assert "incomplete" not in path.read_text()
    assert names(path.parent) == [path.name]


def test_the_journal_of_a_session_that_lives_is_left_alone(upstream: Upstream, path: Path) -> None:
    with another_process(path, 1):
        with promptecho.use_cassette(path, mode="new_episodes") as cassette:
            assert cassette.interactions == []
            post_httpx(upstream.url, "mine")
            assert names(path.parent) == ["cassette.yaml.2.partial", "cassette.yaml.partial"]
        assert prompts(path) == ["mine"]
        assert names(path.parent) == [path.name, "cassette.yaml.partial"]
    assert prompts(path, "once") == ["mine", "dead 0"]
    assert names(path.parent) == [path.name]


def test_the_journals_of_two_sessions_are_both_taken_up(upstream: Upstream, path: Path) -> None:
    with another_process(path, 1):
        with another_process(path, 2):
            assert names(path.parent) == ["cassette.yaml.2.partial", "cassette.yaml.partial"]
    assert prompts(path, "new_episodes") == ["dead 0", "dead 0", "dead 1"]
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("lost", [1, len("  # end\n"), 40])
def test_a_torn_record_is_dropped(path: Path, lost: int) -> None:
    journal = killed(path, 2)
    journal.write_bytes(journal.read_bytes()[:-lost])
    assert prompts(path, "new_episodes") == ["dead 0"]
    assert names(path.parent) == [path.name]


def test_a_journal_without_a_whole_record_goes_away(path: Path) -> None:
    journal = killed(path, 1)
    journal.write_bytes(journal.read_bytes()[:-1])
    assert prompts(path, "once") == []
    assert names(path.parent) == []


def test_mode_none_names_a_journal_and_does_not_use_it(upstream: Upstream, path: Path) -> None:
    before = record(upstream, path, "one")
    journal = killed(path, 1)
    text = journal.read_bytes()
    for _ in range(2):
        with pytest.warns(promptecho.PromptechoJournalWarning) as said:
            with promptecho.use_cassette(path, mode="none") as cassette:
                assert post_httpx(upstream.url, "one") == "one"
        assert len(cassette.interactions) == 1
        about = [each for each in said if each.category is promptecho.PromptechoJournalWarning]
        assert [str(each.message) for each in about] == [
            f"{path}: {journal} is the journal of a session that did not end, or somebody put it "
            "there. Its recordings are not replayed in mode 'none'. To add them to the cassette, "
            "run once in a mode that records. Otherwise delete the file."
        ]
    assert (path.read_bytes(), journal.read_bytes()) == (before, text)


def test_a_journal_that_would_replace_the_file_is_not_taken_up(
    upstream: Upstream, path: Path
) -> None:
    before = record(upstream, path, "one")
    journal = killed(path, 1, "all")
    assert "\nx-replaces: true\n" in journal.read_text()
    for mode in ("once", "new_episodes"):
        assert prompts(path, mode) == ["one"]
        assert path.read_bytes() == before
    assert record(upstream, path, "two", mode="all") != before
    assert prompts(path) == ["two"]
    assert names(path.parent) == [path.name]


def test_a_journal_of_all_without_a_file_is_taken_up(path: Path) -> None:
    killed(path, 1, "all")
    assert prompts(path, "once") == ["dead 0"]


def test_a_damaged_journal_is_an_error_each_time_and_stays(path: Path) -> None:
    journal = killed(path, 1)
    text = journal.read_text().replace("version: 2", "version: 7")
    journal.write_text(text)
    for mode in ("new_episodes", "once", "once"):
        with pytest.raises(promptecho.CassetteError) as caught:
            open_and_close(path, mode)
        assert (caught.value.code, caught.value.path) == ("cassette.version", str(journal))
    assert journal.read_text() == text


def test_a_journal_that_cannot_be_read_is_an_error_that_says_so(path: Path) -> None:
    journal = path.with_name("cassette.yaml.partial")
    journal.mkdir()
    with pytest.raises(promptecho.CassetteError) as caught:
        open_and_close(path)
    assert (caught.value.code, caught.value.path) == ("cassette.unreadable", str(journal))


def test_a_session_that_cannot_open_lets_go_of_its_journals(upstream: Upstream, path: Path) -> None:
    journal = killed(path, 1)
    dialect = "      dialect: acme\n      body:\n"
    journal.write_text(journal.read_text().replace("      body:\n", dialect, 1))
    for _ in range(2):
        with pytest.raises(promptecho.CassetteError) as caught:
            open_and_close(path)
        assert caught.value.code == "cassette.dialect"


def test_a_journal_under_another_match_on_is_matched_by_the_file_s(
    upstream: Upstream, path: Path
) -> None:
    record(upstream, path, "one")
    journal = killed(path, 1)
    text = journal.read_text()
    with promptecho.use_cassette(path.with_name("other.yaml"), match_on=["messages"]):
        post_httpx(upstream.url, "dead 0")
        theirs = path.with_name("other.yaml.partial").read_text()
    assert theirs != text
    journal.write_text(theirs)
    assert prompts(path, "once") == ["one", "dead 0"]
    replays(path, "one", "dead 0")
    with promptecho.use_cassette(path) as cassette:
        pass
    assert {each.request.matched_on for each in cassette.interactions} == {("model", "messages")}


# Modes and files


def test_a_block_that_fails_keeps_what_was_paid_for_and_the_next_run_goes_on(
    upstream: Upstream, path: Path
) -> None:
    with pytest.raises(ZeroDivisionError), promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
        raise ZeroDivisionError
    assert "\nincomplete: true\n" in path.read_text()
    with pytest.raises(ZeroDivisionError), promptecho.use_cassette(path):
        assert [post_httpx(upstream.url, "one"), post_httpx(upstream.url, "two")] == ["one", "two"]
        raise ZeroDivisionError
    assert "\nincomplete: true\n" in path.read_text()
    with promptecho.use_cassette(path) as cassette:
        assert [post_httpx(upstream.url, each) for each in ("one", "two", "three")] == [
            "one",
            "two",
            "three",
        ]
    assert (len(cassette.played), len(cassette.recorded)) == (2, 1)
    assert "incomplete" not in path.read_text()
    assert len(upstream.calls) == 3
    with pytest.raises(promptecho.CassetteMiss), promptecho.use_cassette(path):
        post_httpx(upstream.url, "four")


def test_the_mark_goes_when_a_run_ends_well_with_nothing_new(
    upstream: Upstream, path: Path
) -> None:
    with pytest.raises(ZeroDivisionError), promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
        raise ZeroDivisionError
    replays(path, "one")
    assert "incomplete" in path.read_text()
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
    assert "incomplete" not in path.read_text()


def test_a_failing_block_does_not_mark_a_cassette_that_was_whole(
    upstream: Upstream, path: Path
) -> None:
    record(upstream, path, "one")
    with pytest.raises(ZeroDivisionError):
        with promptecho.use_cassette(path, mode="new_episodes"):
            post_httpx(upstream.url, "two")
            raise ZeroDivisionError
    assert "incomplete" not in path.read_text()
    assert prompts(path) == ["one", "two"]


def test_all_that_raises_leaves_the_old_file_alone(upstream: Upstream, path: Path) -> None:
    before = record(upstream, path, "one")
    os.utime(path, ns=(1, 1))
    with pytest.raises(ZeroDivisionError), promptecho.use_cassette(path, mode="all"):
        post_httpx(upstream.url, "two")
        raise ZeroDivisionError
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, 1)
    assert names(path.parent) == [path.name]


def test_all_that_ends_well_replaces_the_file(upstream: Upstream, path: Path) -> None:
    record(upstream, path, "one", "two")
    record(upstream, path, "three", mode="all")
    assert prompts(path) == ["three"]


def test_another_match_on_recomputes_keys_and_is_written_at_the_next_save(
    upstream: Upstream, path: Path
) -> None:
    before = record(upstream, path, "one")
    with promptecho.use_cassette(path, match_on=["model"], on_drift="ignore"):
        assert post_httpx(upstream.url, "anything") == "one"
    assert path.read_bytes() == before
    with promptecho.use_cassette(path, mode="new_episodes", match_on=["messages"]):
        post_httpx(upstream.url, "two")
    assert "\nmatch_on: [messages]\n" in path.read_text()
    replays(path, "one", "two")
    with promptecho.use_cassette(path) as cassette:
        pass
    assert [each.request.matched_on for each in cassette.interactions] == [("messages",)] * 2
    assert record(upstream, path, "three", mode="all").startswith(before[:100])


def test_unknown_members_with_an_x_survive_a_save(upstream: Upstream, path: Path) -> None:
    text = record(upstream, path, "one").decode()
    text = text.replace("interactions:\n", "x-team: a\ninteractions:\n")
    path.write_text(text.replace("\n...", "\n    x-note: b\n..."))
    after = record(upstream, path, "two").decode()
    assert "\nx-team: a\n" in after
    assert "\n    x-note: b\n" in after


# Files of promptecho 0.1.3

OLD = """\
interactions:
- request:
    body:
      messages:
      - content: one
        role: user
      model: m
      response_format:
        type: json_object
    match_key: 0123456789abcdef
    matched_on:
    - model
    - messages
    method: POST
    url: http://127.0.0.1:1/v1/chat/completions?beta=REDACTED
  response:
    body:
      choices:
      - message:
          content: one
          role: assistant
    headers:
      content-type: application/json
    status: 200
    streaming: false
- request:
    body:
      input: embed me
      model: m
    match_key: 0123456789abcdee
    matched_on:
    - model
    method: POST
    url: http://127.0.0.1:1/v1/embeddings
  response:
    body:
      data: [0.5]
    headers:
      content-type: application/json
    status: 200
    streaming: false
match_on:
- model
- messages
- system
- tools
- tool_choice
- reasoning_effort
- reasoning
- thinking
version: 2
"""


def old_story(url: str) -> list[bytes]:
    chat = {**question("one"), "response_format": {"type": "json_object"}}
    with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
        answers = [
            client.post(url + CHAT + "?beta=true", json=chat),
            client.post(url + "/v1/embeddings", json={"model": "m", "input": "embed me"}),
        ]
    return [answer.content for answer in answers]


def test_an_old_file_is_replayed_and_not_rewritten(path: Path) -> None:
    path.write_text(OLD)
    with promptecho.use_cassette(path, mode="once"):
        told = old_story("http://x")
    assert told == [
        b'{"choices": [{"message": {"content": "one", "role": "assistant"}}]}',
        b'{"data": [0.5]}',
    ]
    assert path.read_text() == OLD


def test_an_old_file_that_gets_new_episodes_is_rewritten_and_still_replays(
    upstream: Upstream, path: Path
) -> None:
    path.write_text(OLD)
    with promptecho.use_cassette(path, mode="none"):
        told = old_story("http://x")
    record(upstream, path, "new")
    text = path.read_text()
    assert text.startswith("version: 2\nminor: 1\nmatch_on: [model, messages, system,")
    with promptecho.use_cassette(path, mode="none") as cassette:
        assert old_story("http://x") == told
        assert post_httpx(upstream.url, "new") == "new"
    assert cassette.unplayed == []
    record(upstream, path, "newer")
    with promptecho.use_cassette(path, mode="none"):
        assert old_story("http://x") == told


def test_an_old_file_that_another_process_rewrote_meanwhile_is_not_doubled(
    upstream: Upstream, path: Path
) -> None:
    path.write_text(OLD)
    with promptecho.use_cassette(path, mode="new_episodes"):
        post_httpx(upstream.url, "mine")
        other(upstream, path, "new_episodes", 1)
    with promptecho.use_cassette(path, mode="none") as cassette:
        old_story("http://x")
        assert [post_httpx(upstream.url, each) for each in ("other 0", "mine")] == [
            "other 0",
            "mine",
        ]
    assert len(cassette.interactions) == 4
    assert cassette.unplayed == []


def test_a_journal_that_somebody_removed_meanwhile_is_not_missed(
    path: Path, upstream: Upstream
) -> None:
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "a")
        path.with_name(f"{path.name}.partial").unlink()
    assert names(path.parent) == [path.name]
    assert prompts(path) == ["a"]


FORKING = """
import os, sys, httpx, promptecho
url, path = sys.argv[1:]
parent = os.getpid()
try:
    with promptecho.use_cassette(path):
        httpx.post(url, json={"model": "m", "messages": [{"role": "user", "content": "a"}]})
        child = os.fork()
        if child == 0:
            sys.exit()
        status = os.waitpid(child, 0)[1]
finally:
    if os.getpid() != parent:
        os._exit(int(os.path.exists(path)))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_forked_child_that_leaves_the_block_writes_nothing(
    path: Path, upstream: Upstream
) -> None:
    command = [sys.executable, "-c", FORKING, upstream.url + CHAT, str(path)]
    assert subprocess.run(command, check=False).returncode == 0
    assert prompts(path) == ["a"]


def test_a_session_that_cannot_intercept_lets_go_of_its_journals(
    upstream: Upstream, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(path, 1)
    with monkeypatch.context() as changed:
        changed.setattr(sys, "meta_path", ())  # nothing can be watched
        with pytest.raises(AttributeError):
            open_and_close(path)
    assert prompts(path, "once") == ["dead 0"]


@pytest.mark.parametrize("path", ["", "\0", "a\0b.yaml", "\ud800.yaml"])
@pytest.mark.parametrize("mode", ["none", "once", "all"])
def test_a_path_that_no_file_can_have_is_a_cassette_error(path: str, mode: Any) -> None:
    with pytest.raises(promptecho.CassetteError, match=r"the path (is|has)") as caught:
        promptecho.use_cassette(path, mode=mode).__enter__()
    assert caught.value.code == "cassette.unreadable"
