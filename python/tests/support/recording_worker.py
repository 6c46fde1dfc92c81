"""A process that records, for the tests that kill it, starve it of disk, or run it four times.

Usage: python recording_worker.py URL CASSETTE MODE PREFIX COUNT [FILE-SIZE-LIMIT]

It says ``open`` once the cassette is open and waits for a line; then, after each call that it has
read whole, that call's number. A CassetteError is printed, and the exit status is 3.
"""

from __future__ import annotations

import sys

import httpx

import promptecho


def record(url: str, cassette: str, mode: str, prefix: str, count: str) -> None:
    with promptecho.use_cassette(cassette, mode=mode):
        print("open", flush=True)
        sys.stdin.readline()
        with httpx.Client(trust_env=False) as client:
            for number in range(int(count)):
                client.post(f"{url}/v1/chat/completions", json=question(f"{prefix} {number}"))
                print(number, flush=True)
    print("saved", flush=True)


def question(text: str) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


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
