"""Which values look secret. [RED-15]"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promptecho._matching.rules import rules
from promptecho._redaction.looks_secret import SecretTest
from promptecho._redaction.shapes import SecretPattern, literal_shape, pattern_shape
from support.conformance_fixtures import named

SPEC = Path(__file__).parents[3] / "spec" / "cassette-v2.md"
_ROW = re.compile(
    r"^\| `([^`]+)`(?: and then `([^`]+)`)? \| (yes|no) \| (?:\[RED-15\.[1-4]\]|a pattern)", re.M
)


def rows() -> list[tuple[str, bool]]:
    text = SPEC.read_text(encoding="utf-8")
    return [(start + end, verdict == "yes") for start, end, verdict in _ROW.findall(text)]


def test_the_table_of_the_specification_has_its_rows() -> None:
    assert len(rows()) == 24
    assert {verdict for _, verdict in rows()} == {True, False}


@pytest.mark.parametrize(("value", "verdict"), rows())
def test_each_row_of_the_specification_holds(value: str, verdict: bool) -> None:
    assert rules().redactor.looks_secret(value) is verdict


def test_a_pattern_of_the_user_counts() -> None:
    assert not SecretTest([])("acme-one")
    assert SecretTest([pattern_shape(SecretPattern("user", "", "acme-[a-z]+"))])("acme-one")


def test_a_literal_is_not_a_pattern() -> None:
    assert not SecretTest([literal_shape("acme-one", "a literal")])("acme-one")


def test_the_cases_of_the_suite_and_the_table_agree() -> None:
    asked = {
        "".join(each["given"]["value"]["$join"])
        if isinstance(each["given"]["value"], dict)
        else each["given"]["value"]
        for each in named("secret")
    }
    assert {value for value, _ in rows()} <= asked
