"""Calls that fail: the warnings about them, and the kinds that a cassette holds."""

from __future__ import annotations

from typing import Any

import pytest

#: Of a test about what a client gets when a call fails; `test_failures.py` is about the warnings.
RECORDS_FAILURES = pytest.mark.filterwarnings(
    "ignore:.*recorded a failed call", "ignore:.*nothing was saved"
)
#: Of a test that reads past the end of a truncated recording.
READS_PAST_THE_END = pytest.mark.filterwarnings("ignore:.*the client read past the end")
#: Of a test that leaves a response open until the block has ended.
LEAVES_RESPONSES_OPEN = pytest.mark.filterwarnings("ignore:.*the block ended before the response")


def kinds(cassette: Any) -> list[str | None]:
    """The kinds of the failures that a cassette recorded, in order; None for a call without."""
    return [each.failure and each.failure.kind for each in cassette.recorded]


def failed(kind: str) -> str:
    """The message of an exception that replays a failure."""
    return (
        f"promptecho replays a failed call ({kind}): the cassette holds the failure, or the option "
        "faults names it. To make the call again, record it again (PROMPTECHO_MODE=all)"
    )
