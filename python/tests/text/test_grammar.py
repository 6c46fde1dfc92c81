"""The grammar of what a reader accepts, against the cases and the reader. [YAML-G1]

A rule whose name begins with `may-` is what a reader may refuse. Without these rules the grammar
matches what every reader reads; with them, all that some reader reads.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from support.conformance_fixtures import as_bytes, named
from support.grammars import COUNT, FAULTS, LONG_NAMES, agrees, fault, matched_by
from support.paths import FIXTURES
from support.yaml_texts import texts


def fixtures() -> list[Any]:
    found = []
    for case in named("load", "yaml", "emit", "emit-cassette"):
        text = _text_of(case)
        if text is not None:
            found.append(pytest.param(text, id=case["id"]))
    return found


def _text_of(case: dict[str, Any]) -> str | None:
    """The text of a case, if it has one in UTF-8."""
    if "bytes" not in case["given"]:
        text = case.get("expect", {}).get("text")
        return str(text) if text is not None else None
    given = case["given"]["bytes"]
    data = (FIXTURES / Path(given["$file"])).read_bytes() if "$file" in given else as_bytes(given)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("text", fixtures())
def test_the_grammar_and_the_reader_agree_on_a_case(
    text: str, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    code = fault(text)
    if code == "yaml.depth":
        assert "nested" in name or "depth" in name
        return  # the grammar does not count
    who = matched_by(text)
    if name in LONG_NAMES:
        assert (who, code) == ("all", "yaml.syntax")
        return
    assert agrees(who, code, text), (who, code)
    if code not in FAULTS | {None, "yaml.key", "yaml.encoding"}:
        assert who != "nobody", code


def test_the_grammar_and_the_reader_agree_on_generated_texts() -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    for kind, text in texts(COUNT, seed=16):
        who, code = matched_by(text), fault(text)
        assert agrees(who, code, text), (kind, who, code, text)
        if kind == "written":
            assert who == "all", text
        seen[who, code is None] += 1
    assert seen["all", True] > COUNT / 4
    assert seen["nobody", False] > COUNT / 10
    assert seen["some", True] > COUNT / 100
    assert seen["some", False] > COUNT / 200
