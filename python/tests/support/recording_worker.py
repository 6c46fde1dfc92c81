"""A process that records, for the tests that kill it, starve it of disk, or run it four times.

Usage: python recording_worker.py URL CASSETTE MODE PREFIX COUNT [FILE-SIZE-LIMIT]

It says ``open`` once the cassette is open and waits for a line; then, after each call that it has
read whole, that call's number. A CassetteError is printed, and the exit status is 3.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import promptecho
from support.clients import post_httpx


def record(url: str, cassette: str, mode: str, prefix: str, count: str) -> None:
    with promptecho.use_cassette(cassette, mode=mode):
        print("open", flush=True)
        sys.stdin.readline()
        for number in range(int(count)):
            post_httpx(url, f"{prefix} {number}")
            print(number, flush=True)
    print("saved", flush=True)


def limit_file_size(size: int) -> None:
    import resource

    # Python ignores SIGXFSZ, so a write past the limit is an OSError, as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


if __name__ == "__main__":
    if len(sys.argv) > 6:
        limit_file_size(int(sys.argv[6]))
    try:
        record(*sys.argv[1:6])
    except promptecho.CassetteError as error:
        print(f"{error.code}: {error}", flush=True)
        raise SystemExit(3) from None
