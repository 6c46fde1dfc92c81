"""What git needs for cassettes: lines in `.gitattributes`, and commands in its settings."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from promptecho._storage.files import MAX_BYTES, too_large
from promptecho._storage.store import Store

#: The name of the merge driver, and of the diff driver.
_DRIVER = "promptecho"


class GitError(Exception):
    """Git is missing, or refuses; the message says what to do."""


class Plan(NamedTuple):
    """What is left to write.

    Attributes:
        attributes: the path of the file `.gitattributes`.
        lines: of that file.
        settings: names and values of the configuration of this clone.
    """

    attributes: str
    lines: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]


def plan(patterns: Sequence[str], *, diff: bool = False) -> Plan:
    """What is left to write in the repository of the current folder.

    Args:
        patterns: which files are cassettes.
        diff: whether ``git diff`` shows conversations.

    Raises:
        GitError: there is no git or no repository, or a pattern cannot be written.
        CassetteError: `.gitattributes` cannot be read.
    """
    for pattern in patterns:
        if not pattern or any(c.isspace() or c == '"' for c in pattern) or pattern[0] in "#!":
            raise GitError(f"the pattern {pattern!r} cannot be written in .gitattributes")
    top = _git("rev-parse", "--show-toplevel").stdout.rstrip("\n")
    attributes = os.path.join(top, ".gitattributes")
    known = (Store(attributes).read() or b"").decode("utf-8", "replace").splitlines()
    uses = ("merge", "diff") if diff else ("merge",)
    wanted = [f"{pattern} {use}={_DRIVER}" for use in uses for pattern in patterns]
    settings = [
        (f"merge.{_DRIVER}.name", "recordings of promptecho"),
        (f"merge.{_DRIVER}.driver", f"{_command()} merge %O %A %B %P"),
    ]
    if diff:
        # Git stops if the command fails, and not every file that matches is a cassette.
        shown = f'f() {{ {_command()} show --plain "$1" || cat "$1"; }}; f'
        settings.append((f"diff.{_DRIVER}.textconv", shown))
    return Plan(
        attributes,
        tuple(line for line in wanted if line not in known),
        tuple(each for each in settings if _setting(each[0]) != each[1]),
    )


def write(plan: Plan) -> None:
    """Write what is left.

    Raises:
        GitError: git refuses.
        CassetteError: `.gitattributes` cannot be written.
    """
    added = "".join(f"{line}\n" for line in plan.lines).encode("utf-8")

    def change(data: bytes) -> bytes:
        return data + (b"\n" if data and not data.endswith(b"\n") else b"") + added

    if added:
        Store(plan.attributes).rewrite(change)
    for name, value in plan.settings:
        _git("config", "--local", name, value)


def is_revision(name: str) -> bool:
    """Whether an argument names a file in a revision, ``REV:PATH``, and not a file that exists."""
    is_drive = os.name == "nt" and name[1:2] == ":"
    return ":" in name and not is_drive and not os.path.lexists(name)


def blob(name: str) -> bytes:
    """The content of a file in a revision.

    Args:
        name: ``REV:PATH``; the path is that in the repository, or begins with ``./``.

    Raises:
        GitError: there is no git, no repository, or no such file in the revision.
        CassetteError: the file is larger than a cassette may be.
    """
    if name.startswith("-"):
        raise GitError(f"{name} is no revision of git")
    size = int(_git("cat-file", "-s", name).stdout)
    if size > MAX_BYTES:
        raise too_large(name, f"the file has {size} bytes")
    done = subprocess.run(("git", "cat-file", "blob", name), capture_output=True, check=False)
    if done.returncode:
        raise GitError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def _command() -> str:
    """This promptecho, for the shell of git: a clone may be merged without its environment."""
    return f"{shlex.quote(Path(sys.executable).as_posix())} -m promptecho"


def _setting(name: str) -> str:
    done = _git("config", "--local", "--get", name, missing=1)
    return done.stdout.rstrip("\n")


def _git(*arguments: str, missing: int = 0) -> subprocess.CompletedProcess[str]:
    """Run git; `missing` is the status by which it says that there is no such thing."""
    try:
        done = subprocess.run(
            ("git", *arguments),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        problem = error.strerror or str(error)
        raise GitError(f"cannot run git ({problem}). Install git, or put it on the PATH.") from None
    if done.returncode not in (0, missing):
        raise GitError(done.stderr.strip() or f"git {arguments[0]} failed")
    return done
