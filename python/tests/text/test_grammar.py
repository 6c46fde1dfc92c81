"""The grammar of what a reader accepts, against the cases and the reader. [YAML-G1]

A rule whose name begins with `may-` is what a reader may refuse. Without these rules the grammar
matches what every reader reads; with them, all that some reader reads.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from promptecho._base.errors import YamlError
from promptecho._text.yaml_reader import read
from support.abnf import Grammar
from support.conformance_fixtures import as_bytes
from support.paths import FIXTURES, SPEC
from support.yaml_texts import texts

_TEXT = (SPEC / "grammar-reader.abnf").read_text("ascii")
EVERY_READER = Grammar(_TEXT, without="may-")
SOME_READER = Grammar(_TEXT)

#: The faults that the grammar is about. It is about `yaml.key` too, but not for each name.
FAULTS = {
    "yaml.syntax",
    "yaml.directive",
    "yaml.tag",
    "yaml.anchor",
    "yaml.multiple-documents",
    "yaml.empty",
}
#: The grammar does not count the characters of a name [YAML-R1].
LONG_NAMES = {
    "doc-long-key-1025",
    "doc-long-key-plain-1025",
    "doc-key-1025-plain",
    "doc-key-1025-with-quotes",
    "doc-key-1025-with-escape",
}
COUNT = int(os.environ.get("PROMPTECHO_GRAMMAR_TEXTS", "1000"))


def applied(grammar: Grammar, text: str) -> bool:
    """Whether the grammar matches a text, by the steps at its head."""
    text = text[1:] if text.startswith("\ufeff") else text
    text = text.replace("\r\n", "\n")
    text = text if text.endswith("\n") else f"{text}\n"
    marks = {"---": "\ud800", "...": "\ud801"}
    text = re.sub(r"^(---|\.\.\.)(?=[ \t]|$)", lambda mark: marks[mark[0]], text, flags=re.M)
    return grammar.matches("text", text)


def matched_by(text: str) -> str:
    """Who reads a text, by the grammar: `nobody`, `some` or `all`."""
    if applied(EVERY_READER, text):
        assert applied(SOME_READER, text)
        return "all"
    with_cr = text.replace("\r\n", "\n").replace("\r", "\n")
    return "some" if applied(SOME_READER, text) or applied(SOME_READER, with_cr) else "nobody"


def fault(text: str) -> str | None:
    """The code of what the reader refuses a text for."""
    try:
        read(text, legacy=False)
    except YamlError as error:
        return error.code
    return None


def agrees(who: str, code: str | None) -> bool:
    """Whether the grammar allows what a reader has made of a text.

    If a text has another fault, its reader need not have seen all of it.
    """
    if code is None:
        return who != "nobody"
    return who != "all" if code in FAULTS else True


def fixtures() -> list[Any]:
    found = []
    for name in ("load", "yaml", "emit", "emit-cassette"):
        for case in json.loads((FIXTURES / f"{name}.json").read_text("ascii"))["cases"]:
            text = _text_of(case)
            if text is not None:
                found.append(pytest.param(text, id=f"{name}-{case['id']}"))
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
    if name.partition("-")[2] in LONG_NAMES:
        assert (who, code) == ("all", "yaml.syntax")
        return
    assert agrees(who, code), (who, code)
    if code not in FAULTS | {None, "yaml.key", "yaml.encoding"}:
        assert who != "nobody", code


def test_the_grammar_and_the_reader_agree_on_generated_texts() -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    for kind, text in texts(COUNT, seed=16):
        who, code = matched_by(text), fault(text)
        assert agrees(who, code), (kind, who, code, text)
        seen[who, code is None] += 1
    print(dict(seen))
    assert seen["all", True] > COUNT / 4
    assert seen["nobody", False] > COUNT / 10
    assert seen["some", True] > COUNT / 100
    assert seen["some", False] > COUNT / 100


def test_what_a_writer_writes_is_read_by_all() -> None:
    written = [text for kind, text in texts(COUNT // 4, seed=17) if kind == "written"]
    assert {matched_by(text) for text in written} == {"all"}
