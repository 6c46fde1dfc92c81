"""Checks many files, in several processes if that is faster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from promptecho._base.errors import CassetteError
from promptecho._checks.finding import Finding
from promptecho._checks.validate import findings
from promptecho._matching.rules import UserRules, secret_values
from promptecho._storage.store import read_cassette

from ._files import STDIN, STDIN_NAME, standard_input

# Fewer files are checked before a second process has started.
_WORTH_IT = 64
_CHUNK = 16
_MOST = 8


class Checked(NamedTuple):
    """The result for one file.

    Attributes:
        name: the file.
        findings: all findings in it.
        crash: the name of an unexpected exception, or an empty text.
    """

    name: str
    findings: list[Finding]
    crash: str = ""


def check_all(names: Sequence[str]) -> Iterator[Checked]:
    """Check files; the results come in the order of the names."""
    alone = [name for name in names if name == STDIN]
    workers = min(_processors(), _MOST)
    if len(names) < _WORTH_IT or workers < 2 or alone:
        yield from map(check, names)
        return
    done = 0
    try:
        for result in _in_processes(names, workers):
            yield result
            done += 1
    except (ImportError, OSError, RuntimeError):
        # The system has no semaphores, or a process was killed: continue in this process.
        yield from map(check, names[done:])


def _in_processes(names: Iterable[str], workers: int) -> Iterator[Checked]:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(check, names, chunksize=_CHUNK)


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def check(name: str) -> Checked:
    """Check one file; never raises."""
    shown = STDIN_NAME if name == STDIN else name
    try:
        data = standard_input() if name == STDIN else read_cassette(name)
        return Checked(name, findings(data, shown, own_additions()))
    except CassetteError as error:
        return Checked(name, [Finding(shown, None, error.code, error.problem, error.remedy)])
    except Exception as error:
        return Checked(name, [], type(error).__name__)


def journal(name: str) -> Finding:
    """The finding for a journal that no session holds [STORE-12]."""
    return Finding(
        name,
        None,
        "finding.journal",
        "the next session that records adds the recordings of this journal to the cassette",
        "If a session of yours was killed, run it once more in a mode that records. Otherwise "
        "delete the file.",
    )


@cache
def own_additions() -> UserRules:
    """What is secret in this process [RED-8]."""
    return UserRules(literals=secret_values(os.environ))
