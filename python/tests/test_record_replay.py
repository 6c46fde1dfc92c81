"""The gate of every release: record, shut the upstream down, replay, and get the same bytes.

Recording and replay are two processes. The second one has no key, and its upstream is gone.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.four_calls import CLIENTS, KINDS
from support.upstream import Answer, Upstream, json_answer, sse_answer

TESTS = Path(__file__).resolve().parent
KEY = "sk-proj-" + "Aa1Bb2Cc3" * 5

ANSWERS = {
    # Neither the layout nor the numbers are what a JSON library would write.
    "json": Answer((b'{ "n": [1.50, 2.5e-05],\n"text": "caf\\u00e9" }\n',)),
    "stream": sse_answer(
        'data: {"delta": "A"}', ": ping", 'data: {"delta": " cat"}', "data: [DONE]"
    ),
    "binary": Answer((b"ID3" + bytes(range(256)) * 8,), headers=(("content-type", "audio/mpeg"),)),
    "error": json_answer({"error": {"message": "Too many requests"}}, status=429),
}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    """Each client, sync and async."""
    library = request.param.partition("-")[0]
    pytest.importorskip(library, reason=f"{library} is not installed here")
    return str(request.param)


def four_calls(client: str, url: str, cassette: Path, **variables: str) -> list[tuple[int, bytes]]:
    """What a process of its own receives: the statuses and the bytes of four answers."""
    outside = ("CI", "PROMPTECHO_MODE", "OPENAI_API_KEY")
    environ = {name: value for name, value in os.environ.items() if name not in outside}
    environ["NO_PROXY"] = "127.0.0.1"
    environ["PYTHONPATH"] = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "support.four_calls", client, url, str(cassette)]
    done = subprocess.run(
        command, env={**environ, **variables}, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    received = [json.loads(line) for line in done.stdout.splitlines()]
    assert [kind for kind, _, _ in received] == list(KINDS)
    return [(status, base64.b64decode(body)) for _, status, body in received]


def test_a_recording_replays_to_the_same_bytes(client: str, path: Path) -> None:
    sent = [(answer.status, answer.body) for answer in ANSWERS.values()]

    with Upstream(ANSWERS.values()) as upstream:
        recorded = four_calls(client, upstream.url, path, OPENAI_API_KEY=KEY)
    assert recorded == sent
    assert [dict(call.headers).get("authorization") for call in upstream.calls] == [
        f"Bearer {KEY}"
    ] * 4
    assert KEY.encode() not in path.read_bytes()
    before = path.read_bytes()

    assert upstream.refuses()
    replayed = four_calls(client, upstream.url, path, PROMPTECHO_MODE="none")
    assert replayed == sent
    assert path.read_bytes() == before


def test_every_client_replays_what_another_recorded(client: str, path: Path) -> None:
    with Upstream(ANSWERS.values()) as upstream:
        recorded = four_calls("httpx", upstream.url, path)
    assert four_calls(client, upstream.url, path, PROMPTECHO_MODE="none") == recorded


def test_without_a_recording_the_same_program_fails(client: str, path: Path) -> None:
    with Upstream(ANSWERS.values()) as upstream:
        with pytest.raises(AssertionError, match="CassetteMiss"):
            four_calls(client, upstream.url, path, PROMPTECHO_MODE="none", OPENAI_API_KEY=KEY)
    assert upstream.calls == []
