"""A process that asks once, with a cassette or without: ``python -m benchmarks.first``."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from .recorders import RECORDERS
from .traffic import REQUEST_HEADERS, URL, Upstream, answer, number_of, question


def main(recorder: str, path: str, mode: str) -> None:
    """Ask a question once; without a recorder, the upstream answers."""
    # Some recorders import every HTTP library that they find; let them find httpx alone.
    sys.modules["httpx2"] = None  # type: ignore[assignment]
    upstream = Upstream()
    upstream.start([[answer(0, 1000)]])
    client = upstream.install("httpx").Client()
    made = RECORDERS[recorder]() if recorder else None
    with made.cassette(path, mode) if made else nullcontext():
        response = client.post(URL, content=question(0, 1000), headers=REQUEST_HEADERS)
    assert number_of(response.content) == 0
    assert upstream.reached == (mode != "none")


if __name__ == "__main__":
    main(*sys.argv[1:])
