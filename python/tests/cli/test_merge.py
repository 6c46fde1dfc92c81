"""`promptecho merge` and `promptecho git-setup`, in real repositories with two branches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from promptecho._base.errors import CassetteError
from promptecho._base.model import Accepted, CassetteFile, Interaction, Provenance
from promptecho._cli import main
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support.session_builders import chat, recorded

NAME = "tests/cassettes/a b.yaml"
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_AUTHOR_NAME": "a test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "a test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "PYTHONIOENCODING": "utf-8",
}


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def run(folder: Path, *command: str) -> Done:
    done = subprocess.run(
        command, cwd=folder, env=ENVIRON, capture_output=True, encoding="utf-8", check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def git(folder: Path, *arguments: str) -> str:
    done = run(folder, "git", *arguments)
    assert done.status == 0, done
    return done.out


def promptecho(folder: Path, *arguments: str) -> Done:
    return run(folder, sys.executable, "-m", "promptecho", *arguments)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "ours")
    return tmp_path


@pytest.fixture
def ready(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which git merges cassettes with this promptecho."""
    monkeypatch.chdir(repository)
    assert main(["git-setup", "--yes"]) == 0
    return repository


def commit(folder: Path, items: list[Interaction] | None) -> None:
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    if items is not None:
        path.write_bytes(file(items))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


def branches(
    folder: Path,
    base: list[Interaction] | None,
    ours: list[Interaction],
    theirs: list[Interaction],
) -> None:
    """Two branches that each changed a file of their common ancestor; `ours` is checked out."""
    commit(folder, base)
    git(folder, "checkout", "-q", "-b", "theirs")
    commit(folder, theirs)
    git(folder, "checkout", "-q", "ours")
    commit(folder, ours)


def file(items: list[Interaction]) -> bytes:
    return dump(CassetteFile(default_match_on(), items)).encode()


def one(prompt: str, answer: str = "ok") -> Interaction:
    return recorded(chat(prompt), answer)


A, B, C, D = (one(prompt) for prompt in "abcd")
ACCEPTED = one("a, please")._replace(
    provenance=Provenance(accepted=Accepted("2026-11-28T12:00:00Z", A.request.match_key))
)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param([A], [A, B], [A, C, D], [A, B, C, D], id="both-added"),
        pytest.param(None, [A, B], [A, C], [A, B, C], id="both-added-the-file"),
        pytest.param([A, B], [one("a", "new"), B], [A, B, C], [one("a", "new"), B, C], id="again"),
        pytest.param([A, B, C], [A, C], [A, B, one("c", "new")], [A, one("c", "new")], id="gone"),
        pytest.param([A, B], [ACCEPTED, B], [A, B, C], [ACCEPTED, B, C], id="accepted"),
        pytest.param([A, B, C], [C, A, B], [A, B, C, D], [C, D, A, B], id="order"),
        pytest.param([A, B, C], [B, C, D], [D, A, B, C], [B, C, D], id="same-one-elsewhere"),
    ],
)
def test_two_branches_are_merged(
    ready: Path,
    base: list[Interaction] | None,
    ours: list[Interaction],
    theirs: list[Interaction],
    expected: list[Interaction],
) -> None:
    branches(ready, base, ours, theirs)
    git(ready, "merge", "-q", "--no-edit", "theirs")
    assert (ready / NAME).read_bytes() == file(expected)
    assert git(ready, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "says"),
    [
        pytest.param([A], [one("a", "1")], [one("a", "2")], "again, differently", id="recorded"),
        pytest.param([A], [A, one("b", "1")], [A, one("b", "2")], "both sides recorded", id="new"),
        pytest.param([A, B], [B], [one("a", "2"), B], "our side removed", id="removed"),
        pytest.param([A], [ACCEPTED], [one("a", "2")], "or accepted it", id="accepted"),
    ],
)
def test_two_branches_that_contradict_each_other_are_a_conflict(
    ready: Path,
    base: list[Interaction],
    ours: list[Interaction],
    theirs: list[Interaction],
    says: str,
) -> None:
    branches(ready, base, ours, theirs)
    done = run(ready, "git", "merge", "--no-edit", "theirs")
    assert done.status == 1
    assert f"CONFLICT in {NAME}: " in done.err
    assert says in done.err
    assert git(ready, "status", "--porcelain").startswith(("UU ", "AA "))
    with pytest.raises(CassetteError) as caught:
        load((ready / NAME).read_bytes(), NAME)
    assert caught.value.code == "yaml.merge-conflict"
    assert main(["validate", "."]) == 1
    git(ready, "checkout", "-q", "--theirs", NAME)
    assert (ready / NAME).read_bytes() == file(theirs)


def test_a_rebase_uses_the_driver_too(ready: Path) -> None:
    branches(ready, [A], [A, B], [A, C])
    git(ready, "rebase", "-q", "theirs")
    assert (ready / NAME).read_bytes() == file([A, C, B])


def test_a_clone_without_the_setting_merges_lines_as_before(ready: Path) -> None:
    git(ready, "config", "--local", "--remove-section", "merge.promptecho")
    branches(ready, [A, B, C], [one("a", "new"), B, C], [A, B, one("c", "new")])
    git(ready, "merge", "-q", "--no-edit", "theirs")
    assert (ready / NAME).read_bytes() == file([one("a", "new"), B, one("c", "new")])


# --- the command alone --------------------------------------------------------------------------


@pytest.fixture
def sides(tmp_path: Path) -> Callable[..., list[str]]:
    def written(*contents: list[Interaction]) -> list[str]:
        for name, items in zip("oab", contents):
            (tmp_path / name).write_bytes(file(items))
        return [str(tmp_path / name) for name in "oab"]

    return written


def test_the_result_replaces_ours(sides: Callable[..., list[str]]) -> None:
    names = sides([A], [A, B], [A, C])
    assert main(["merge", *names]) == 0
    assert [Path(name).read_bytes() for name in names] == [file([A]), file([A, B, C]), file([A, C])]


@pytest.mark.parametrize(("theirs", "status"), [([A, C], 0), ([one("a", "new")], 1)])
def test_check_writes_nothing(
    sides: Callable[..., list[str]],
    theirs: list[Interaction],
    status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = sides([A], [one("a", "mine"), B], theirs)
    assert main(["merge", "--check", *names]) == status
    assert Path(names[1]).read_bytes() == file([one("a", "mine"), B])
    assert "has conflict markers now" not in capsys.readouterr().err


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_file_that_is_missing_is_an_error(
    sides: Callable[..., list[str]], missing: int, capsys: pytest.CaptureFixture[str]
) -> None:
    names = sides([A], [A, B], [A, C])
    Path(names[missing]).unlink()
    assert main(["merge", *names]) == 2
    assert capsys.readouterr().err.startswith(
        f"promptecho merge: {names[missing]}: there is no such file"
    )
    assert missing == 1 or Path(names[1]).read_bytes() == file([A, B])


# --- git-setup ----------------------------------------------------------------------------------


def test_git_setup_shows_what_it_writes_and_writes_it_once(repository: Path) -> None:
    (repository / ".gitattributes").write_bytes(b"*.png binary")
    done = promptecho(repository, "git-setup", "--yes")
    assert done.status == 0
    assert "    + **/cassettes/**/*.yaml merge=promptecho\n" in done.out
    assert "    + merge.promptecho.driver = " in done.out
    expected = (
        b"*.png binary\n**/cassettes/**/*.yaml merge=promptecho\n"
        b"**/cassettes/**/*.yml merge=promptecho\n"
    )
    assert (repository / ".gitattributes").read_bytes() == expected
    assert promptecho(repository, "git-setup") == Done(
        0, "git merges cassettes with promptecho already\n", ""
    )
    assert (repository / ".gitattributes").read_bytes() == expected


def test_git_setup_takes_patterns(repository: Path) -> None:
    assert promptecho(repository, "git-setup", "--yes", "fixtures/*.yaml").status == 0
    checked = git(repository, "check-attr", "merge", "--", "fixtures/a.yaml", "cassettes/a.yaml")
    assert checked == "fixtures/a.yaml: merge: promptecho\ncassettes/a.yaml: merge: unspecified\n"


def test_git_setup_writes_nothing_without_a_yes(repository: Path) -> None:
    for arguments in ([], ["--check"]):
        done = promptecho(repository, "git-setup", *arguments)
        assert done.status == 1
        assert "merge=promptecho" in done.out
        assert not (repository / ".gitattributes").exists()
        assert run(repository, "git", "config", "--get", "merge.promptecho.driver").status == 1


def test_git_setup_works_from_a_folder_of_the_repository(repository: Path) -> None:
    (repository / "sub").mkdir()
    assert promptecho(repository / "sub", "git-setup", "--yes").status == 0
    assert (repository / ".gitattributes").exists()
    assert promptecho(repository, "git-setup", "--check").status == 0


def test_git_setup_needs_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRON, "GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    done = promptecho(tmp_path, "git-setup", "--yes")
    assert (done.status, done.out) == (2, "")
    assert "not a git repository" in done.err


def test_git_setup_needs_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRON, "PATH", "")
    done = promptecho(repository, "git-setup")
    assert done.status == 2
    assert "Install git" in done.err


@pytest.mark.parametrize("pattern", ["", "a b", "!a", "#a", 'a"b', "a\nb"])
def test_git_setup_refuses_a_pattern_that_git_reads_differently(
    repository: Path, pattern: str
) -> None:
    done = promptecho(repository, "git-setup", "--yes", pattern)
    assert done.status == 2
    assert "cannot be written in .gitattributes" in done.err
