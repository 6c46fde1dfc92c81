"""pre-commit runs the hooks of a local clone of this repository, and this repository's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TOP = Path(__file__).resolve().parents[3]
HOOKS = ".pre-commit-hooks.yaml"
CONFIG = ".pre-commit-config.yaml"
CASSETTE = TOP / "examples" / "cassettes" / "example.yaml"

ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_AUTHOR_NAME": "a test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "a test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
}


class Run(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    printed: str


def run(folder: Path, *command: str) -> Run:
    done = subprocess.run(
        command, cwd=folder, env=ENVIRON, capture_output=True, encoding="utf-8", check=False
    )
    return Run(done.returncode, done.stdout + done.stderr)


def git(folder: Path, *arguments: str) -> str:
    done = run(folder, "git", *arguments)
    assert done.status == 0, done.printed
    return done.printed.strip()


def commit_all(folder: Path) -> str:
    """Commit what the folder holds; the id of the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", "a test's commit")
    return git(folder, "rev-parse", "HEAD")


def pre_commit(folder: Path, *hooks: str) -> Run:
    return run(folder, sys.executable, "-m", "pre_commit", "run", "--all-files", *hooks)


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where pre-commit keeps what it clones."""
    with pytest.MonkeyPatch.context() as environ:
        home = str(tmp_path_factory.mktemp("pre-commit-home"))
        environ.setitem(ENVIRON, "PRE_COMMIT_HOME", home)
        yield


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository, with the hooks as they are now, committed or not."""
    folder = tmp_path_factory.mktemp("clone") / "promptecho"
    git(TOP, "clone", "--quiet", str(TOP), str(folder))
    for name in (HOOKS, CONFIG):
        shutil.copyfile(TOP / name, folder / name)
    commit_all(folder)
    return folder


@pytest.fixture
def project(clone: Path, tmp_path: Path) -> Path:
    """A user's repository that has both hooks, a good cassette, and a file that is none."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / CONFIG).write_text(
        "repos:\n"
        f"  - repo: {clone.as_posix()}\n"
        f"    rev: {git(clone, 'rev-parse', 'HEAD')}\n"
        "    hooks:\n"
        "      - id: promptecho-validate\n"
        "      - id: promptecho-fmt\n",
        encoding="utf-8",
    )
    (tmp_path / "tests" / "cassettes").mkdir(parents=True)
    shutil.copyfile(CASSETTE, tmp_path / "tests" / "cassettes" / "good.yaml")
    (tmp_path / "other.yaml").write_text("a: file that is no cassette\n", encoding="utf-8")
    commit_all(tmp_path)
    return tmp_path


def edited(project: Path, old: str, new: str) -> Path:
    """A second cassette, which somebody has edited, ready to be committed."""
    text = CASSETTE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = project / "tests" / "cassettes" / "edited.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    git(project, "add", "--all")
    return path


def test_good_cassettes_pass_and_stay_as_they_are(project: Path) -> None:
    done = pre_commit(project)
    assert done.status == 0, done.printed
    assert done.printed.count("Passed") == 2
    assert "WARNING" not in done.printed
    assert git(project, "status", "--porcelain") == ""


def test_a_cassette_whose_key_is_wrong_fails_validate(project: Path) -> None:
    edited(project, "the cat sat on the mat", "the dog lay on the rug")
    done = pre_commit(project, "promptecho-validate")
    assert done.status == 1
    assert "hook id: promptecho-validate" in done.printed
    assert "tests/cassettes/edited.yaml:8" in done.printed
    assert "good.yaml" not in done.printed


def test_a_file_that_was_cut_fails_validate(project: Path) -> None:
    edited(project, "...\n", "")
    done = pre_commit(project, "promptecho-validate")
    assert done.status == 1
    assert "tests/cassettes/edited.yaml" in done.printed


def test_fmt_rewrites_a_cassette_fails_once_and_then_passes(project: Path) -> None:
    path = edited(project, "method: POST", "method: 'POST'")
    first = pre_commit(project, "promptecho-fmt")
    assert first.status == 1
    assert "files were modified by this hook" in first.printed
    assert path.read_text(encoding="utf-8") == CASSETTE.read_text(encoding="utf-8")
    git(project, "add", "--all")
    assert pre_commit(project, "promptecho-fmt").status == 0


def test_a_commit_with_a_bad_cassette_is_refused(project: Path) -> None:
    installed = run(project, sys.executable, "-m", "pre_commit", "install")
    assert installed.status == 0, installed.printed
    edited(project, "the cat sat on the mat", "the dog lay on the rug")
    done = run(project, "git", "commit", "-m", "a changed prompt")
    assert done.status == 1
    assert "promptecho validate" in done.printed


def test_the_hooks_of_this_repository_pass(clone: Path) -> None:
    done = pre_commit(clone, "--show-diff-on-failure")
    assert done.status == 0, done.printed
    assert done.printed.count("Passed") == 4, done.printed
