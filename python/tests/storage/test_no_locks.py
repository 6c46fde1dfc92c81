"""A file system without locks: recording says so before the first live call, replay needs none."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

import promptecho
from promptecho._storage.shared_state import SharedState
from support.clients import post_httpx
from support.upstream import Upstream

fcntl = pytest.importorskip("fcntl", reason="Windows locks in another way")


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_recording_is_refused_before_the_call_is_made(
    path: Path, upstream: Upstream, no_locks: None
) -> None:
    with pytest.raises(promptecho.CassetteError) as caught, promptecho.use_cassette(path):
        post_httpx(upstream.url, "hello")
    assert caught.value.code == "cassette.unwritable"
    assert caught.value.problem == (
        f"the folder {path.parent} cannot be locked (No locks available), so the call was not "
        "made: its recording could not be saved"
    )
    assert upstream.calls == []
    assert list(path.parent.iterdir()) == []


def test_a_replay_needs_no_lock(
    path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "hello")
    request.getfixturevalue("no_locks")
    for mode in ("none", "once"):
        with promptecho.use_cassette(path, mode=mode) as cassette:  # type: ignore[arg-type]
            assert post_httpx(upstream.url, "hello") == "hello"
        assert len(cassette.played) == 1


def test_a_journal_that_cannot_be_locked_is_an_error_that_names_it(
    path: Path, no_locks: None
) -> None:
    journal = path.with_name(f"{path.name}.partial")
    journal.touch()
    with pytest.raises(promptecho.CassetteError, match="No locks available") as caught:
        promptecho.use_cassette(path).__enter__()
    assert caught.value.path == str(journal)


def test_processes_that_cannot_share_a_session_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared = SharedState.create(1)
    request.getfixturevalue("no_locks")
    with pytest.raises(OSError, match="No locks available"), shared.turn():
        pytest.fail("it has no turn")


def test_a_folder_is_removed_while_another_process_waits_for_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared = SharedState.create(1)
    with shared.turn():
        shared.remove()
        if sys.platform != "win32":
            assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError), shared.turn():
        pytest.fail("the session is over")
    assert list(tmp_path.iterdir()) == []
