"""One file of another recorder -> a cassette, and what to say about it.

`convert` runs in several processes: its arguments and its results are plain values.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from promptecho._base.errors import CassetteError
from promptecho._base.model import CassetteFile
from promptecho._checks.formatting import migrated, written
from promptecho._foreign.calls import NOTES, REASONS, Source, Unknown, Unreadable
from promptecho._foreign.reader import read
from promptecho._matching.rules import (
    RecordingPolicy,
    UserRules,
    default_match_on,
    lists_version,
    matching,
    rules,
    secret_values,
)
from promptecho._session.imported import Imported, imported, passes
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._storage.files import MAX_BYTES
from promptecho._storage.store import Store, read_cassette

#: The files of a folder that may be cassettes.
SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".har", ".yaml.gz", ".yml.gz", ".json.gz", ".har.gz")
_OWN = (".yaml", ".yml")
#: A file of promptecho 0.1.3, which the reader reads.
OLD = "promptecho-0.1"
_IS_OLD = (b"version: 2", b"\xef\xbb\xbfversion: 2")


class Job(NamedTuple):
    """A file to convert.

    Attributes:
        source: its path.
        target: the new file; empty to write none.
        kind: a name of `reader.KINDS`, or None to find out.
        in_place: whether the new file replaces the old one.
        is_named: whether the user named the file itself, and not a folder that holds it.
    """

    source: str
    target: str
    kind: str | None
    in_place: bool
    is_named: bool


class Result(NamedTuple):
    """What became of a file.

    Attributes:
        job: the file.
        kind: what the file is; empty if that is not known.
        came_over: how many calls came over.
        lost: a line for each call that did not.
        notes: a line for each kind of change.
        problem: why nothing was written; empty if all went well.
        is_skipped: whether the file is none of another recorder, and was not named.
        is_bad: whether a call is lost that could be expected to replay, or there is a problem.
    """

    job: Job
    kind: str = ""
    came_over: int = 0
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    is_skipped: bool = False
    is_bad: bool = False


def targets(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A name of a cassette for each file, relative to the new folder.

    Two files that differ in their suffixes only keep them: ``a.yaml`` and ``a.json.yaml``.

    Args:
        names: paths, and the same relative to the folder that the user named.
    """
    pairs = dict(names)
    taken = Counter(map(_with_suffix, pairs.values()))
    return {
        path: f"{name}.yaml"
        if taken[_with_suffix(name)] > 1 and not name.endswith(".yaml")
        else _with_suffix(name)
        for path, name in pairs.items()
    }


def _with_suffix(name: str) -> str:
    fitting = (suffix for suffix in SUFFIXES if name.lower().endswith(suffix))
    suffix = max(fitting, key=len, default="")
    return f"{name[: len(name) - len(suffix)] or name}.yaml"


def place_of(source: str) -> str:
    """The file that replaces a file: itself, if its name is that of a cassette."""
    return source if source.lower().endswith(_OWN) else _with_suffix(source)


def convert(job: Job) -> Result:
    """Convert a file, and write the cassette."""
    try:
        before = read_cassette(job.source)
        if before.startswith(_IS_OLD):
            return _migrated(job, before)
        source = read(before, job.kind, most=MAX_BYTES)
        made = imported(source, _setup(job), passes(()), os.path.basename(job.source))
        result = _described(job, source, made)
        problem = _lossy(job, result, made)
        if problem:
            return result._replace(problem=problem)
        if job.target:
            _write(job, before, written(made.file, job.target))
    except Unreadable as error:
        is_other = isinstance(error, Unknown) and not job.is_named
        return Result(job, problem=str(error), is_skipped=is_other, is_bad=not is_other)
    except (CassetteError, OSError) as error:
        return Result(job, problem=_text(error), is_bad=True)
    return result


def _migrated(job: Job, before: bytes) -> Result:
    after = migrated(before, job.source, _policy())
    if after == before:
        return Result(job, problem="the file is a cassette of promptecho", is_skipped=True)
    if job.target:
        _write(job, before, after)
    return Result(job, OLD)


def _policy() -> RecordingPolicy:
    return rules(UserRules(literals=secret_values(os.environ)))


def _setup(job: Job) -> Setup:
    names = default_match_on()
    file = CassetteFile(names, lists=lists_version())
    return Setup(job.target, file, State.ABSENT, Mode.ALL, matching(names), _policy())


def _described(job: Job, source: Source, made: Imported) -> Result:
    lost = tuple(
        f"call {number}, {each.label or 'unknown'}: {REASONS[each.reason]} [{each.reason}]"
        for number, each in made.lost
    )
    notes = [f"{counted(count, 'call')}: {NOTES[name]} [{name}]" for name, count in made.notes]
    if made.redacted:
        places = counted(made.redacted, "place")
        notes.append(f"redacted at {places}, which `redacted` in the new file names")
    is_bad = any(each.reason != "passthrough" for _, each in made.lost)
    count = len(made.file.interactions)
    return Result(job, source.kind, count, lost, tuple(notes), is_bad=is_bad)


def _lossy(job: Job, result: Result, made: Imported) -> str:
    """Why the cassette is not written: a call would be lost with the old file, or all are."""
    if job.in_place and result.is_bad:
        return "the file is kept, since not every call came over; write to another folder with --to"
    if made.lost and not made.file.interactions:
        return "no call came over, so no cassette is written"
    return ""


def _write(job: Job, before: bytes, after: bytes) -> None:
    folder = os.path.dirname(job.target)
    if folder:
        os.makedirs(folder, exist_ok=True)
    is_same = job.target == job.source
    replaced = before if is_same else b""

    def change(now: bytes) -> bytes:
        if now in (replaced, after):
            return after
        problem = "the file was changed meanwhile" if is_same else "there is another file already"
        step = "Run the command again." if is_same else "Delete it, or use another folder."
        raise CassetteError("cassette.unwritable", problem, step, path=job.target)

    Store(job.target).rewrite(change)
    if job.in_place and not is_same:
        with suppress(FileNotFoundError):
            os.unlink(job.source)


def counted(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _text(error: CassetteError | OSError) -> str:
    if isinstance(error, CassetteError):
        return f"{error.problem}. {error.remedy}"
    return f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")


def lines(result: Result) -> Iterator[str]:
    """What to print about a file."""
    job = result.job
    place = f" -> {job.target}" if job.target and not result.problem else ""
    what = f"{counted(result.came_over, 'call')} ({result.kind})" if result.kind else "not imported"
    if result.is_skipped:
        what = "skipped"
    if result.kind == OLD:
        what = f"format 2.0 as 2.1 ({OLD})"
    yield f"{job.source}{place}: {what}"
    if result.problem:
        yield f"    {result.problem}"
    yield from (f"    {each}" for each in (*result.lost, *result.notes))
