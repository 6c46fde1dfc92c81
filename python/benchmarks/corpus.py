"""The full reader over real traffic, beside PyYAML's C loader over the same texts.

Our session records every cassette of the corpus. ``python -m benchmarks.corpus write FILE FOLDER``
writes a thousand of them. ``read FOLDER ROUNDS`` prints what each round took over these; both
readers read each text in turn. ``validate FOLDER`` is the command over them.
"""

from __future__ import annotations

import base64
import gc
import gzip
import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from promptecho._base.model import CassetteFile, Request
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.response import LiveResponse, record
from promptecho._session.session import CallUpstream, Session

MATCH_ON = default_match_on()
MATCHING = matching(MATCH_ON)
RULES = rules()


def texts(corpus: str) -> list[bytes]:
    """The cassettes of the corpus, as we write them."""
    cassettes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            cassettes.setdefault((row["source_repo"], row["cassette_path"]), []).append(row)
    return [_written(rows) for rows in cassettes.values()]


def _written(rows: list[dict[str, Any]]) -> bytes:
    file = CassetteFile(MATCH_ON)
    setup = Setup("corpus.yaml", file, State.ABSENT, Mode.ONCE, MATCHING, RULES)
    session = Session(setup)
    for row in rows:
        prepared = prepare(_request(row), RULES, MATCHING)
        decision = session.decide(prepared)
        assert isinstance(decision, CallUpstream)
        recorded = record(_received(row), RULES, conversation=prepared.conversation)
        session.record(decision.ticket, recorded.response, recorded.redacted, None)
    return dump(file._replace(interactions=tuple(session.recorded))).encode()


def _request(row: dict[str, Any]) -> Request:
    url = row["url"] if "://" in row["url"] else f"https://redacted.invalid/{row['url']}"
    headers = tuple((name, value) for name, value in row["request_headers"])
    return Request(row["method"], url, headers, base64.b64decode(row["request_body_b64"] or ""))


def _received(row: dict[str, Any]) -> LiveResponse:
    # The corpus has undone content encodings, but kept their headers.
    pairs = ((name, value) for name, value in row["response_headers"])
    headers = tuple(pair for pair in pairs if pair[0].lower() != "content-encoding")
    body = base64.b64decode(row["response_body_b64"] or "")
    return LiveResponse(row["response_status"], "", headers, (body,))


def one_round(cassettes: list[bytes]) -> dict[str, float]:
    """Seconds of both readers over all texts."""
    gc.collect()
    ours = theirs = 0.0
    for text in cassettes:
        start = time.process_time()
        file = load(text, "corpus.yaml")
        middle = time.process_time()
        tree = yaml.load(text, Loader=yaml.CSafeLoader)
        theirs += time.process_time() - middle
        ours += middle - start
        assert len(file.interactions) == len(tree["interactions"])
    return {"ours": ours, "yaml": theirs}


def read(folder: str, rounds: str) -> None:
    """Print one line of JSON: what each round took over the cassettes of a folder."""
    cassettes = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    one_round(cassettes[::10])
    taken = [one_round(cassettes) for _ in range(int(rounds))]
    megabytes = sum(map(len, cassettes)) / 1e6
    print(json.dumps({"rounds": taken, "cassettes": len(cassettes), "megabytes": megabytes}))


def write(corpus: str, folder: str) -> None:
    """Write a thousand of the cassettes."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for index, text in enumerate(texts(corpus)[:1000]):
        Path(folder, f"{index:03}.yaml").write_bytes(text)


def validate(folder: str) -> None:
    """Run the command; its findings are warnings at most."""
    sys.argv[1:] = ["validate", folder]
    runpy.run_module("promptecho", run_name="__main__")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
