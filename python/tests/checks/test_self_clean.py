"""What the recorder writes is what `validate`, `fmt` and `migrate` would have written.

`PROMPTECHO_GENERATED_CALLS` is how many calls are made up. Each session of them is one file.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from promptecho._base.model import CassetteFile, FileOptions, Request
from promptecho._base.vocabulary import WHOLE
from promptecho._base.warnings import PromptechoSecretWarning
from promptecho._checks.formatting import formatted, migrated
from promptecho._checks.validate import findings
from promptecho._format.reader import load
from promptecho._matching.normalize import normalize
from promptecho._matching.rules import UserRules, rules
from promptecho._matching.url import key_path
from promptecho._session.capture import Capture
from promptecho._session.modes import Mode
from promptecho._session.open_cassette import OpenCassette
from promptecho._session.options import options
from promptecho._session.response import ReplayResponse
from promptecho._text.canonical import canonical
from support.generated_calls import Calls

CALLS = int(os.environ.get("PROMPTECHO_GENERATED_CALLS", "2500"))
FILES = 50 if CALLS < 50_000 else CALLS // 1000
A_FILE = CALLS // FILES


class Made(NamedTuple):
    """A recorded session of made-up calls."""

    path: Path
    calls: list[Request]
    options: dict[str, Any]

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()

    @property
    def file(self) -> CassetteFile:
        return load(self.data, "c.yaml")


def record(path: Path, seed: int) -> Made:
    """Record calls, each live."""
    made = Calls(seed)
    given = made.options() if made.maybe() else {}
    asked = [made.request() for _ in range(A_FILE)]
    opened = OpenCassette(path, options({**given, "on_record_error": "record"}), Mode.ONCE, {})
    for number, request in enumerate(asked):
        capture = opened.answer(request)
        assert isinstance(capture, Capture)
        status, headers, chunks = made.answer()
        # No two recordings are the same, which would be a finding.
        capture.head(status, "", (*headers, ("x-number", str(number))))
        for chunk in chunks:
            capture.chunk(chunk)
        capture.end()
    opened.close(None)
    return Made(path, asked, given)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    folder = tmp_path_factory.mktemp("generated")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of secrets, which is not what this is about
        return [record(folder / f"{seed}.yaml", seed) for seed in range(FILES)]


def test_validate_has_nothing_to_say(sessions: list[Made]) -> None:
    for made in sessions:
        patterns = tuple(made.options.get("redact_patterns", ()))
        known = UserRules(FileOptions(redact_patterns=patterns))
        found = findings(made.data, "c.yaml", known)
        if made.options.get("on_secret") == "warn":  # the caller wants them there
            found = [each for each in found if each.code != "finding.secret"]
        assert found == [], (made.path, made.options)


def test_fmt_and_migrate_change_nothing(sessions: list[Made]) -> None:
    for made in sessions:
        assert formatted(made.data, "c.yaml") == made.data
        assert migrated(made.data, "c.yaml", rules()) == made.data


def test_a_stored_body_is_canonical(sessions: list[Made]) -> None:
    whole = 0
    for made in sessions:
        for item in made.file.interactions:
            request = item.request
            if not WHOLE.isdisjoint(request.body):
                whole += 1
                continue
            again = normalize(key_path(request.url), request.body, request.method)[1]
            assert canonical(again) == canonical(request.body), (made.path, request)
    assert 0 < whole < CALLS / 2


def test_each_call_is_found_again(sessions: list[Made]) -> None:
    for made in sessions:
        opened = OpenCassette(made.path, options(made.options), Mode.NONE, {})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for request in made.calls:
                assert isinstance(opened.answer(request), ReplayResponse)
            opened.close(None)
        assert opened.session.left == 0
        assert not any(replay.drift for replay in opened.session.replays)


def test_a_layout_without_effect_is_not_written(path: Path) -> None:
    opened = OpenCassette(path, options({"on_record_error": "record"}), Mode.ONCE, {})
    capture = opened.answer(Request("GET", "https://a.example/", (), b""))
    assert isinstance(capture, Capture)
    capture.head(200, "", (("content-type", "application/json"),))
    capture.chunk(b'{"client_secret": "\\u00e9"}')
    with pytest.warns(PromptechoSecretWarning, match="client_secret"):
        capture.end()
    opened.close(None)
    data = path.read_bytes()
    assert formatted(data, "c.yaml") == data


def test_an_empty_list_beside_the_text_of_a_system_block_is_left_out_at_once() -> None:
    body: Any = {"system": [{"text": "a", "annotations": []}], "messages": []}
    _, once = normalize("/model/m/converse", body)
    assert normalize("/model/m/converse", once)[1] == once
