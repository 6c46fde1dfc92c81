"""Count the tests of all sessions: ``count.py NOX-REPORTS REPORTS``.

Both are folders. In the first are nox's reports, one or several. In the second are the JUnit
reports of pytest, and the JSON reports of sessions that are not pytest: objects with ``passed``,
``failed`` and ``skipped``.

The last line is ``N passed, N failed, N skipped``. A session that failed without a failing test
counts as one failure, and so does one that ran no test. A session that skips itself and says why,
as ``corpus`` does without the corpus, counts as one skip.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree


class Counts(NamedTuple):
    """The outcomes of a session's tests."""

    passed: int
    failed: int
    skipped: int


def main(nox_reports: str, folder: str) -> int:
    """Print the counts; the exit status is 0 if nothing failed and something passed."""
    reports = sorted(path for path in Path(folder).glob("*") if path.suffix in (".xml", ".json"))
    counts = [counted(path) for path in reports]
    unfinished = [
        each
        for path in sorted(Path(nox_reports).glob("*.json"))
        for each in json.loads(path.read_text(encoding="utf-8"))["sessions"]
        if each["result"] != "success"
    ]
    for each in unfinished:
        print(f"session {each['name']}: {each['result']}")
    broken = [each for each in unfinished if each["result"] != "skipped"]
    passed, failed, skipped = (sum(column) for column in zip(Counts(0, 0, 0), *counts))
    failed = max(failed, len(broken), int(passed == 0))
    skipped += len(unfinished) - len(broken)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0)


def counted(path: Path) -> Counts:
    """The counts of one report."""
    passed, failed, skipped = junit(path) if path.suffix == ".xml" else plain(path)
    print(f"{path.stem}: {passed} passed, {failed} failed, {skipped} skipped")
    if passed + failed == 0:
        print(f"{path.stem}: no test was run")
        failed = 1
    return Counts(passed, failed, skipped)


def junit(path: Path) -> Counts:
    """The counts of a JUnit report."""
    suites = ElementTree.parse(path).getroot().iter("testsuite")
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Counts(max(0, total - failed - skipped), failed, skipped)


def plain(path: Path) -> Counts:
    """The counts of a JSON report."""
    report = json.loads(path.read_text(encoding="utf-8"))
    return Counts(report["passed"], report["failed"], report["skipped"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
