"""What a run says about a suite's cassettes, and what files say about their age. Pure.

Nothing is said that the run cannot know: recordings of a test that was skipped or has failed, and
files that some test may open, are left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .._base.model import Interaction
from .._views.provenance import origin_of
from .finding import ERROR, WARNING, Finding
from .runs import PASSED, Run, Use


class CassetteFacts(NamedTuple):
    """What is known of a cassette file.

    Attributes:
        keys: of its recordings, in order; None if it cannot be read.
        lines: on which its recordings begin; 0 where that is not known.
    """

    keys: tuple[str, ...] | None
    lines: tuple[int, ...] = ()


class Unplayed(NamedTuple):
    """Recordings of a file that no test has used; their numbers begin with 1."""

    path: str
    numbers: tuple[int, ...]


def live_calls(run: Run) -> Iterator[Finding]:
    """Calls that were made outside of every cassette, by test and host."""
    for call in dict.fromkeys(run.live):
        test = run.tests.get(call.test)
        yield Finding(
            call.test.partition("::")[0] or call.test,
            test.line if test and test.line else None,
            "lint.live",
            f"{call.test} called {call.host} outside of every cassette, in {call.place}",
            "Mark the test with @pytest.mark.promptecho, or open a cassette around the call.",
            ERROR,
        )


def orphans(run: Run, paths: Iterable[str], mentioned: Collection[str]) -> list[str]:
    """The cassettes that no test of a whole run uses.

    Args:
        run: of the tests.
        paths: the cassettes that exist.
        mentioned: names of files that the code of the tests mentions.
    """
    if not run.is_whole or _opens_unknown_files(run):
        return []
    used = {use.path for use in run.uses} | {test.cassette for test in run.tests.values()}
    return [path for path in paths if path not in used and _name(path) not in mentioned]


def orphan_findings(paths: Iterable[str]) -> Iterator[Finding]:
    for path in paths:
        yield Finding(
            path,
            None,
            "lint.orphan",
            "no test of the run uses this cassette",
            "Delete it: `promptecho prune --files` does so. Or run the tests that use it.",
            WARNING,
        )


def unplayed(run: Run, files: Mapping[str, CassetteFacts]) -> Iterator[Unplayed]:
    """The recordings that no test of the run has used, of files that did not change since."""
    uses: dict[str, list[Use]] = {}
    for use in run.uses:
        uses.setdefault(use.path, []).append(use)
    for path, found in sorted(uses.items()):
        facts = files.get(path)
        if facts is None or not _is_judged(run, path, found):
            continue
        keys = {use.keys for use in found}
        if any(use.recorded or use.missed for use in found) or keys != {facts.keys}:
            continue
        played = {number for use in found for number in use.played}
        left = tuple(n for n in range(1, len(found[0].keys) + 1) if n not in played)
        if left:
            yield Unplayed(path, left)


def unplayed_findings(
    found: Iterable[Unplayed], files: Mapping[str, CassetteFacts]
) -> Iterator[Finding]:
    for path, numbers in found:
        count = len(files[path].keys or ())
        for number in numbers:
            lines = files[path].lines
            yield Finding(
                path,
                lines[number - 1] or None if lines else None,
                "lint.unplayed",
                f"no test of the run has played recording {number} of {count}",
                "Remove it: `promptecho prune` does so.",
                WARNING,
            )


def _is_judged(run: Run, path: str, uses: Sequence[Use]) -> bool:
    """Whether all tests that use a file are known, and have passed."""
    claiming = {name for name, test in run.tests.items() if test.cassette == path}
    using = {use.test for use in uses}
    if not all(run.tests[name].outcome == PASSED for name in claiming):
        return False
    if using <= claiming:
        return True
    return run.is_whole and not _opens_unknown_files(run) and _all_passed(run, using)


def _all_passed(run: Run, names: Iterable[str]) -> bool:
    return all(name in run.tests and run.tests[name].outcome == PASSED for name in names)


def _opens_unknown_files(run: Run) -> bool:
    """Whether a test that has not passed may have opened a file that no marker names."""
    return any(not test.cassette and test.outcome != PASSED for test in run.tests.values())


def _name(path: str) -> str:
    return path.rpartition("/")[2]


# --- the origin of recordings ---------------------------------------------------------------------


def origins(
    path: str, interactions: Sequence[Interaction], lines: Sequence[int], allowed: Collection[str]
) -> Iterator[Finding]:
    """Recordings that come from elsewhere than a project allows."""
    for number, (item, line) in enumerate(zip(interactions, lines), 1):
        origin = origin_of(item)
        if origin.kind not in allowed:
            source = f", made from {origin.source}" if origin.kind == "imported" else ""
            yield Finding(
                path,
                line or None,
                "lint.origin",
                f"recording {number} is {origin.kind}{source}; only these are allowed: "
                f"{', '.join(sorted(allowed))}",
                "Record it (PROMPTECHO_MODE=all), or name its origin in --require-origin.",
                ERROR,
            )


# --- the age of recordings -----------------------------------------------------------------------


def ages(
    path: str,
    interactions: Sequence[Interaction],
    lines: Sequence[int],
    *,
    recorded_before: str | None,
    accepted_before: str | None,
) -> Iterator[Finding]:
    """Recordings that are too old; times of one form compare as text [FILE-7]."""
    for number, (item, line) in enumerate(zip(interactions, lines), 1):
        at, accepted = item.recorded_at, item.provenance.accepted
        if recorded_before and at is not None and at < recorded_before:
            yield Finding(
                path,
                line or None,
                "lint.age",
                f"recording {number} is of {at[:10]}",
                "Record it again, or allow a higher --max-age.",
                WARNING,
            )
        if accepted_before and accepted is not None and accepted.at < accepted_before:
            yield Finding(
                path,
                line or None,
                "lint.accepted",
                f"recording {number} was accepted on {accepted.at[:10]} for another request, and "
                "not recorded since",
                "Record it again, or allow a higher --max-accepted.",
                WARNING,
            )
