"""A process whose calls fail, for the tests of what a session leaves behind.

Usage: python failing_worker.py URL CASSETTE KEY END PROMPT...

It makes one call for each prompt, says ``asked`` and waits for a line. Then the block ends:
``well``, or with an exception (``raises``). The prompt ``blocked`` is sent while a blocker stops
connections. The prompt ``dead then one`` is sent to a port that nobody listens on, and then to the
server.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

import promptecho
from support.clients import CHAT, PLAIN, question


def main(url: str, cassette: str, key: str, end: str, *prompts: str) -> None:
    with promptecho.use_cassette(cassette, on_record_error="record"):
        for prompt in prompts:
            if prompt == "dead then one":
                call(dead_url(), key, "one")
                call(url, key, "one")
            elif prompt == "blocked":
                with mock.patch.object(socket, "create_connection", blocked):
                    call(url, key, prompt)
            else:
                call(url, key, prompt)
        print("asked", flush=True)
        sys.stdin.readline()
        if end == "raises":
            raise SystemExit(3)


def call(url: str, key: str, prompt: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(**PLAIN, headers=headers) as client:
        try:
            client.post(url + CHAT, json=question(prompt))
        except httpx.TransportError:
            return  # the application handles it


def blocked(*_: Any, **__: Any) -> Any:
    raise OSError("the network is off limits")


def dead_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return "http://{}:{}".format(*unused.getsockname())


if __name__ == "__main__":
    main(*sys.argv[1:])
