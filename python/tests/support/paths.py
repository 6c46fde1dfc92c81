"""Where the tests find what is outside their own folder."""

from __future__ import annotations

import os
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PACKAGE = TESTS.parent
ROOT = PACKAGE.parent
SPEC = ROOT / "spec"
CONFORMANCE = ROOT / "conformance"
FIXTURES = CONFORMANCE / "fixtures"

#: Recorded traffic of public cassettes, which is not part of the repository.
CORPUS = Path(
    os.environ.get("PROMPTECHO_CORPUS", ROOT.parent / "shared" / "corpus" / "dev.jsonl.gz")
)

#: Files that other recorders have written, which are not part of the repository.
FOREIGN = Path(os.environ.get("PROMPTECHO_FOREIGN", ROOT.parent / "shared" / "foreign"))

#: The program that records in a process of its own.
RECORDING_WORKER = TESTS / "support" / "recording_worker.py"
FAILING_WORKER = TESTS / "support" / "failing_worker.py"
