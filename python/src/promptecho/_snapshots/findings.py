"""What `promptecho lint` says of snapshots: unreviewed ones, and those that no test uses."""

from __future__ import annotations

from collections.abc import Iterator

from .._checks.finding import WARNING, Finding
from .._checks.runs import PASSED, Run
from .store import Entries, module_of


def unreviewed(path: str, entries: Entries) -> Iterator[Finding]:
    """The snapshots that a run has written, and that nobody has read."""
    for name, entry in entries.items():
        if not entry.reviewed:
            yield Finding(
                path,
                entry.line or None,
                "lint.snapshot-unreviewed",
                f"nobody has reviewed the snapshot {name.name!r} of {name.test}",
                "Read its value. If it is right, remove the line `reviewed: false`.",
                WARNING,
            )


def unused(path: str, noted: str, entries: Entries, run: Run) -> Iterator[Finding]:
    """The snapshots that no test of a run has asked for.

    Args:
        path: the file.
        noted: the file as the note of the run has it.
        entries: its snapshots.
        run: of the tests.
    """
    used = {(use.test, use.name) for use in run.snapshots if use.path == noted}
    module = module_of(noted).replace("\\", "/")
    for name, entry in entries.items():
        test = f"{module}::{name.test}"
        if (test, name.name) in used or not _is_judged(test, run):
            continue
        yield Finding(
            path,
            entry.line or None,
            "lint.snapshot-unused",
            f"no test of the run uses the snapshot {name.name!r} of {name.test}",
            "Delete it from the file.",
            WARNING,
        )


def _is_judged(test: str, run: Run) -> bool:
    """Whether the run says that a test does not use more snapshots than it has asked for."""
    known = run.tests.get(test)
    return run.everything if known is None else known.outcome == PASSED
