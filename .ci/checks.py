"""What the scripts of CI have in common: checks that are printed and counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


def reported(checks: Iterable[tuple[str, bool]], report: Path) -> int:
    """Print each check that fails, and the counts; the exit status is 0 if none does."""
    results = list(checks)
    failed = [what for what, holds in results if not holds]
    for what in failed:
        print(f"not so: {what}")
    counts = {"passed": len(results) - len(failed), "failed": len(failed), "skipped": 0}
    report.write_text(json.dumps(counts), encoding="utf-8")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return int(bool(failed))
