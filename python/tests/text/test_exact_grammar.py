"""The grammar of the exact form, against the cases, the writer and the readers. [YAML-G1]

`cassette` is what a writer writes, `file` what an exact reader must read or refuse with the right
code, and `text` the text of any value.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings

from promptecho._base.errors import CassetteError, YamlError
from promptecho._base.model import CassetteFile
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._text.storable import storable
from promptecho._text.yaml_reader import read
from promptecho._text.yaml_writer import emit
from support.cassette_strategies import EVERYTHING, EXAMPLE, FILES
from support.conformance_fixtures import as_bytes, cases
from support.damages import damages
from support.grammars import COUNT, EXACT, LONG_NAMES, agrees, fault, matched_by
from support.paths import FIXTURES
from support.yaml_texts import texts

#: What the grammar does not say: it does not compare, and gives no meaning to strings.
BEYOND = {
    "yaml.duplicate-key",
    "cassette.base64",
    "cassette.body-form",
    "cassette.key",
    "cassette.value",
}
#: Damaged texts of each generated file.
DAMAGES = 4


def is_exact(rule: str, text: str) -> bool:
    return EXACT.matches(rule, text)


@cases("emit")
def test_the_text_of_a_value_is_exact(case: dict[str, Any]) -> None:
    if "expect" in case:
        assert is_exact("text", case["expect"]["text"])
        assert is_exact("file", case["expect"]["text"] + "...\n")


@cases("emit-cassette")
def test_the_text_of_a_file_is_exact(case: dict[str, Any]) -> None:
    text = case["expect"]["text"]
    assert is_exact("cassette", text)
    assert is_exact("file", text)
    assert matched_by(text) == "all"


@pytest.mark.parametrize("text", [EXAMPLE, EVERYTHING], ids=["example", "everything"])
def test_a_file_of_the_specification_is_exact(text: str) -> None:
    assert is_exact("cassette", text)


@cases("load")
def test_the_cases_marked_as_exact_are_those_that_the_grammar_matches(case: dict[str, Any]) -> None:
    given = case["given"]["bytes"]
    data = (FIXTURES / Path(given["$file"])).read_bytes() if "$file" in given else as_bytes(given)
    text = data.decode("utf-8", "surrogateescape")
    matched = is_exact("file", text)
    if case.get("error", {}).get("code") == "yaml.duplicate-key":
        assert "exact" not in case  # it has no value that a writer could write
    else:
        assert matched == case.get("exact", False)


@cases("yaml")
def test_a_text_that_is_refused_as_a_text_is_not_exact(case: dict[str, Any]) -> None:
    text = as_bytes(case["given"]["bytes"]).decode("utf-8", "surrogateescape")
    code = case.get("error", {}).get("code")
    if code is None and is_exact("text", text):
        assert emit(read(text, legacy=False)) == text
    elif code is not None and is_exact("text", text):
        assert code in BEYOND | {"yaml.depth"} or case["id"] in LONG_NAMES


def test_a_text_is_exact_if_and_only_if_it_is_what_its_value_is_written_as() -> None:
    seen: Counter[bool] = Counter()
    for kind, made in texts(COUNT, seed=18):
        text = made[: -len("...\n")] if made.endswith("\n...\n") else made
        matched = is_exact("text", text)
        seen[matched] += 1
        again, code = written_again(text)
        assert matched == (again == text) or (matched and code in BEYOND), (kind, text)
    assert seen[True] > COUNT / 10
    assert seen[False] > COUNT / 3


def written_again(text: str) -> tuple[str | None, str | None]:
    """What a writer makes of the value of a text, or None; and the code if the text has none."""
    try:
        value = read(text, legacy=False)
    except YamlError as error:
        return None, error.code
    return emit(value) if storable(value) else None, None


def test_generated_files_and_damaged_ones_are_exact_if_a_writer_writes_them() -> None:
    seen: Counter[Any] = Counter()

    @settings(max_examples=COUNT // (1 + DAMAGES))
    @seed(16)
    @given(FILES)
    def each(file: CassetteFile) -> None:
        text = dump(file)
        assert is_exact("cassette", text)
        assert is_exact("file", text)
        assert matched_by(text) == "all"
        seen["files"] += 1
        chance = random.Random(seen["files"])
        for damaged in chance.sample(list(damages(text, chance)), DAMAGES):
            check_damaged(damaged, seen)

    each()
    assert seen["files"] > COUNT / 10
    assert seen["read", True] > COUNT / 20
    assert seen["read", False] > COUNT / 40
    assert seen["refused", False] > COUNT / 10


def check_damaged(text: str, seen: Counter[Any]) -> None:
    """Compare the grammars with what the reader and the writer make of a damaged file."""
    who, code = matched_by(text), fault(text)
    assert agrees(who, code, text), (who, code, text)
    matched = is_exact("cassette", text)
    assert is_exact("file", text) or not matched, text
    again, code = dumped_again(text)
    if again is None:
        seen["refused", matched] += 1
        assert not matched or code in BEYOND, (code, text)
    else:
        seen["read", matched] += 1
        assert matched == (again == text) or (matched and _in_order(again) == _in_order(text))


def dumped_again(text: str) -> tuple[str | None, str | None]:
    """What a writer makes of a file, or the code why it is none."""
    try:
        return dump(load(text.encode(), "a.yaml")), None
    except CassetteError as error:
        return None, error.code


def _in_order(text: str) -> list[str]:
    """The lines of a text; the grammar does not know the order of lists, nor doubles in them."""
    return sorted(set(text.lower().split("\n")))
