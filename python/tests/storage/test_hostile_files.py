"""A folder that a stranger filled: links, pipes, devices, endless files, planted journals."""

from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Callable, NamedTuple

import pytest

import promptecho
from promptecho._base.errors import CassetteError
from promptecho._cli import main
from promptecho._storage import files, saving
from promptecho._storage.store import read_cassette
from support.clients import post_httpx
from support.upstream import Upstream

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX links and permissions")

RECORDING = ("once", "new_episodes", "all")


def record(upstream: Upstream, path: Path, *prompts: str, mode: str = "new_episodes") -> bytes:
    with promptecho.use_cassette(path, mode=mode):
        assert [post_httpx(upstream.url, each) for each in prompts] == list(prompts)
    return path.read_bytes()


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def command(*arguments: object) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(each) for each in arguments])
    return Done(status, out.getvalue(), err.getvalue())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A file outside the folder of the cassettes, which nobody may change."""
    path = tmp_path / "victim"
    path.write_text("precious\n")
    yield path
    assert path.read_text() == "precious\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "cassettes"
    path.mkdir()
    return path


# What is written


def test_no_file_is_written_through_a_link_of_the_temporary_file(
    upstream: Upstream, folder: Path, victim: Path
) -> None:
    path = folder / "x.yaml"
    record(upstream, path, "one")
    (folder / "x.yaml.tmp").symlink_to(victim)
    path.write_text("# a comment\n" + path.read_text())
    assert command("fmt", folder).returncode == 0
    record(upstream, path, "two")
    assert not path.is_symlink()
    assert names(folder) == ["x.yaml", "x.yaml.tmp"]


@contextmanager
def known_random_numbers(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with monkeypatch.context() as changed:
        changed.setattr(os, "urandom", lambda count: b"\x01" * count)
        yield "01" * 8


@pytest.mark.parametrize("taken_by", ["link", "dangling link", "folder"])
def test_a_temporary_file_is_created_and_never_opened(
    upstream: Upstream,
    folder: Path,
    victim: Path,
    monkeypatch: pytest.MonkeyPatch,
    taken_by: str,
) -> None:
    # A name that somebody guessed; what is removed first is the link, and not what it leads to.
    path = folder / "x.yaml"
    before = record(upstream, path, "one")
    with known_random_numbers(monkeypatch) as number:
        temporary = folder / f"x.yaml.{number}.tmp"
        if taken_by == "folder":
            temporary.mkdir()
            with pytest.raises(CassetteError) as caught:
                record(upstream, path, "two")
            assert caught.value.code == "cassette.unwritable"
            assert path.read_bytes() == before
        else:
            temporary.symlink_to(victim if taken_by == "link" else folder / "absent")
            record(upstream, path, "two")
            assert names(folder) == ["x.yaml"]
            assert not path.is_symlink()


def test_two_temporary_files_have_two_names(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    seen = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: seen.append(a) or replace(a, b))
    for text in (b"a", b"b"):
        files.replace(str(folder / "x.yaml"), [text])
    assert len(set(seen)) == 2


def test_the_temporary_file_of_a_killed_process_is_removed_at_the_next_save(
    upstream: Upstream, folder: Path
) -> None:
    others = ("y.yaml.0123456789abcdef.tmp", "x.yaml.0123456789abcdeg.tmp", "x.yaml.tmp")
    for name in ("x.yaml.0123456789abcdef.tmp", *others):
        (folder / name).write_text("version: 2\n")
    record(upstream, folder / "x.yaml", "one")
    assert names(folder) == sorted(["x.yaml", *others])


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604])
def test_a_journal_and_a_new_file_have_the_permissions_of_the_old_file(
    upstream: Upstream, folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    path = folder / "x.yaml"
    record(upstream, path, "one")
    path.chmod(mode)
    seen = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda h: seen.append(os.fstat(h).st_mode) or fsync(h))
    with promptecho.use_cassette(path, mode="new_episodes"):
        post_httpx(upstream.url, "two")
        assert stat.S_IMODE(path.with_name("x.yaml.partial").stat().st_mode) == mode
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [stat.S_IMODE(each) for each in seen if stat.S_ISREG(each)] == [mode]


def test_a_new_cassette_has_the_permissions_of_any_new_file(
    upstream: Upstream, folder: Path
) -> None:
    record(upstream, folder / "x.yaml", "one")
    (folder / "plain").write_text("")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert len(modes) == 1


def test_a_journal_is_never_written_through_a_link(
    upstream: Upstream, folder: Path, victim: Path
) -> None:
    path = folder / "x.yaml"
    for slot, target in (("", folder / "absent"), (".2", victim)):
        (folder / f"x.yaml{slot}.partial").symlink_to(target)
    with pytest.raises(CassetteError) as caught:
        record(upstream, path, "one")
    assert caught.value.code == "cassette.unreadable"
    assert str(caught.value) == (
        f"{path}.partial: the file cannot be read: it is a symbolic link [cassette.unreadable]\n"
        "Check its path and its permissions."
    )
    assert upstream.calls == []


@pytest.mark.parametrize("mode", RECORDING)
@pytest.mark.parametrize("there", [True, False])
def test_a_cassette_that_is_a_link_out_of_its_folder_is_not_written(
    upstream: Upstream, folder: Path, tmp_path: Path, mode: str, there: bool
) -> None:
    elsewhere, path = tmp_path / "elsewhere.yaml", folder / "x.yaml"
    before = record(upstream, elsewhere, "one") if there else None
    path.symlink_to(elsewhere)
    calls = len(upstream.calls)
    mode = "new_episodes" if mode == "once" and there else mode
    with pytest.raises(CassetteError) as caught, promptecho.use_cassette(path, mode=mode):
        post_httpx(upstream.url, "two")
    assert str(caught.value) == (
        f"{path}: the file is a link to {elsewhere}, which is outside {folder} "
        "[cassette.unwritable]\nReplace the link by a copy of the file, or pass the path that it "
        "leads to. The file is unchanged."
    )
    assert len(upstream.calls) == calls  # nothing is paid for that cannot be kept
    assert (elsewhere.read_bytes() if there else None) == before
    assert names(tmp_path) == ["cassettes", *(["elsewhere.yaml"] if there else [])]


def test_a_cassette_that_is_a_link_out_of_its_folder_is_replayed(
    upstream: Upstream, folder: Path, tmp_path: Path
) -> None:
    elsewhere, path = tmp_path / "elsewhere.yaml", folder / "x.yaml"
    record(upstream, elsewhere, "one")
    path.symlink_to(elsewhere)
    for mode in ("none", "once", "new_episodes"):
        with promptecho.use_cassette(path, mode=mode) as cassette:
            assert post_httpx(upstream.url, "one") == "one"
        assert len(cassette.played) == 1


@pytest.mark.parametrize("by", ["fmt", "migrate"])
def test_a_command_does_not_rewrite_what_a_link_leads_to(
    upstream: Upstream, folder: Path, tmp_path: Path, by: str
) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    text = (
        "# a comment\n" + record(upstream, elsewhere, "one").decode()
        if by == "fmt"
        else "version: 2\nmatch_on: [model]\ninteractions: []\n"
    )
    elsewhere.write_text(text)
    (folder / "x.yaml").symlink_to(elsewhere)
    done = command(by, folder)
    assert done.returncode == 1
    assert "[cassette.unwritable]" in done.stderr
    assert elsewhere.read_text() == text


def test_a_link_in_a_chain_that_ends_in_the_folder_is_written(
    upstream: Upstream, folder: Path
) -> None:
    record(upstream, folder / "a.yaml", "one")
    (folder / "b.yaml").symlink_to("a.yaml")
    (folder / "c.yaml").symlink_to("b.yaml")
    record(upstream, folder / "c.yaml", "two")
    assert (folder / "c.yaml").is_symlink()
    assert b"two" in (folder / "a.yaml").read_bytes()


def test_a_folder_that_is_a_link_is_a_folder(upstream: Upstream, folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)
    record(upstream, link / "x.yaml", "one")
    assert names(folder) == ["x.yaml"]


# What is read


def zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # a socket's path is short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"{short}/s")
        os.rename(f"{short}/s", path)


def huge(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(10 << 30)  # a sparse file


SPECIAL = [
    (zero, "cassette.unreadable"),
    (pipe, "cassette.unreadable"),
    (a_socket, "cassette.unreadable"),
    (huge, "cassette.too-large"),
    (Path.mkdir, "cassette.unreadable"),
]


@pytest.mark.parametrize("mode", ["none", *RECORDING])
@pytest.mark.parametrize(("make", "code"), SPECIAL)
def test_a_cassette_is_a_regular_file_below_the_limit(
    folder: Path, make: Callable[[Path], object], code: str, mode: str
) -> None:
    make(folder / "x.yaml")
    with pytest.raises(CassetteError) as caught:
        with promptecho.use_cassette(folder / "x.yaml", mode=mode):
            pass
    assert caught.value.code == code


# A session in mode all does not read journals, but it locks and deletes them.
@pytest.mark.parametrize(
    ("make", "code", "mode"),
    [(*each, mode) for each in SPECIAL for mode in RECORDING if (each[0], mode) != (huge, "all")],
)
def test_a_journal_is_a_regular_file_below_the_limit(
    folder: Path, make: Callable[[Path], object], code: str, mode: str
) -> None:
    journal = folder / "x.yaml.partial"
    make(journal)
    with pytest.raises(CassetteError) as caught:
        with promptecho.use_cassette(folder / "x.yaml", mode=mode):
            pass
    assert (caught.value.code, caught.value.path) == (code, str(journal))


@pytest.mark.parametrize(("make", "code"), SPECIAL)
def test_a_journal_is_not_opened_to_replay(
    folder: Path, make: Callable[[Path], object], code: str
) -> None:
    make(folder / "x.yaml.partial")
    with pytest.warns(promptecho.PromptechoJournalWarning, match="x.yaml.partial"):
        with promptecho.use_cassette(folder / "x.yaml", mode="none"):
            pass


@pytest.mark.parametrize("named", ["file", "folder"])
@pytest.mark.parametrize("by", ["fmt", "migrate", "validate"])
@pytest.mark.parametrize(("make", "code"), SPECIAL[:-1])  # a folder is a proper argument
def test_a_command_never_hangs_on_a_file(
    folder: Path, make: Callable[[Path], object], code: str, by: str, named: str
) -> None:
    path = folder / "x.yaml"
    make(path)
    done = command(by, path if named == "file" else folder)
    if named == "folder" and make is not huge:
        assert done.returncode == 2  # it is no cassette
    else:
        assert done.returncode == 1
        assert f"[{code}]" in done.stdout + done.stderr


@pytest.mark.parametrize("by", ["fmt", "validate"])
def test_standard_input_is_read_up_to_the_limit(by: str) -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("no endless device")
    line = [sys.executable, "-m", "promptecho", by, "-"]
    with open("/dev/zero", "rb") as endless:
        done = subprocess.run(line, stdin=endless, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "[cassette.too-large]" in done.stdout + done.stderr


def test_a_file_that_grows_while_it_is_read_is_read_up_to_the_limit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "x.yaml"
    path.write_bytes(b"12345")
    monkeypatch.setattr(files, "MAX_BYTES", 5)
    with files.BoundedFile(files.open_regular(str(path)), "x.yaml") as file:
        assert file.read() == b"12345"
        with open(path, "ab") as more:
            more.write(b"6")
        file.seek(0)
        assert file.read(5) == b"12345"
        with pytest.raises(CassetteError, match=r"the file has 6 bytes; 5 are the most"):
            file.read()
        file.seek(0)
        with pytest.raises(CassetteError, match=r"the file has 6 bytes; 5 are the most"):
            file.read()


def test_a_file_without_a_size_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no files without a size")
    assert b"Name:" in read_cassette("/proc/self/status")


def test_a_file_above_the_limit_does_not_replace_a_good_one(
    upstream: Upstream, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "x.yaml"
    before = record(upstream, path, "one")
    with monkeypatch.context() as changed:
        changed.setattr(saving, "MAX_BYTES", 3 * len(before))
        with pytest.raises(CassetteError) as caught:
            record(upstream, path, "short", "long " + "x" * 2 * len(before))
    assert caught.value.code == "cassette.too-large"
    assert "of POST http://" in str(caught.value)
    assert path.read_bytes() == before
    assert names(folder) == ["x.yaml", "x.yaml.partial"]


# Journals that somebody put there


def planted(upstream: Upstream, path: Path) -> Path:
    """A journal beside a cassette, with an answer of its own."""
    other = path.with_name("other.yaml")
    with promptecho.use_cassette(other):
        post_httpx(upstream.url, "PLANTED")
        text = path.with_name("other.yaml.partial").read_bytes()
    other.unlink()
    journal = path.with_name(f"{path.name}.partial")
    journal.write_bytes(text)
    return journal


@pytest.mark.parametrize("there", [True, False])
def test_a_planted_journal_is_not_replayed(upstream: Upstream, folder: Path, there: bool) -> None:
    path = folder / "x.yaml"
    if there:
        record(upstream, path, "own")
    planted(upstream, path)
    with pytest.warns(promptecho.PromptechoJournalWarning), pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            post_httpx(upstream.url, "PLANTED")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give")
@pytest.mark.parametrize("mode", RECORDING)
def test_a_journal_of_another_user_is_refused(upstream: Upstream, folder: Path, mode: str) -> None:
    journal = planted(upstream, folder / "x.yaml")
    os.chown(journal, 65534, 65534)
    with pytest.raises(CassetteError) as caught:
        record(upstream, folder / "x.yaml", "own", mode=mode)
    assert str(caught.value) == (
        f"{journal}: the file cannot be read: it belongs to another user (uid 65534) "
        "[cassette.unreadable]\nCheck its path and its permissions."
    )
    assert journal.exists()


def test_validate_names_a_journal(upstream: Upstream, folder: Path) -> None:
    path = folder / "x.yaml"
    record(upstream, path, "own")
    journal = planted(upstream, path)
    for argument in (path, folder):
        done = command("validate", argument)
        assert done.returncode == 1
        assert f"{journal}: error: " in done.stdout


def test_validate_names_a_journal_without_a_cassette(upstream: Upstream, folder: Path) -> None:
    journal = planted(upstream, folder / "x.yaml")
    done = command("validate", folder)
    assert (done.returncode, str(journal) in done.stdout) == (1, True)


def test_validate_leaves_the_journal_of_a_session_that_lives_alone(
    upstream: Upstream, folder: Path
) -> None:
    path = folder / "x.yaml"
    record(upstream, path, "own")
    with promptecho.use_cassette(path, mode="new_episodes"):
        post_httpx(upstream.url, "two")
        assert path.with_name("x.yaml.partial").exists()
        assert command("validate", folder).stdout == "1 file: no findings\n"
