"""What is cited of the specification exists: its requirements, and its sections by name or number.

Three forms are known: the id of a requirement (``BODY-2``), ``spec section "Matching"``, and
``section 9.1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import ROOT

SPEC = (ROOT / "spec" / "cassette-v2.md").read_text(encoding="utf-8")

IDS = frozenset(re.findall(r"^ *[-|] \*\*\[([A-Z0-9]+-[A-Z]?[0-9.]+)\]\*\*", SPEC, re.MULTILINE))
FAMILIES = "|".join(sorted({name.partition("-")[0] for name in IDS}))
HEADINGS = re.findall(r"^##+ ([0-9.]+?)\.? (.+)$", SPEC, re.MULTILINE)
NUMBERS = frozenset(number for number, _ in HEADINGS)
NAMES = frozenset(name.lower() for _, name in HEADINGS)

_NUMBER = r"[A-Z]?[0-9]+(?:\.[0-9]+)?"
_ID = re.compile(rf"\b(?:{FAMILIES})-{_NUMBER}\b|(?<=\[)[A-Z][A-Z0-9]+-{_NUMBER}(?=[\],])")
_NAMED = re.compile(r'\bspec(?:ification)?(?:\s+sections?)?\s+((?:"[^"]+"[\s,]*(?:and\s+)?)+)')
_NUMBERED = re.compile(r"\b[Ss]ections?\s+([0-9]+(?:\.[0-9]+)?(?:(?:,|\s+and|\s+to)\s+[0-9.]+)*)")

#: CONTRIBUTING.md shows with a made-up id how a requirement is added.
PAGES = (
    *(page for page in ROOT.glob("*.md") if page.name != "CONTRIBUTING.md"),
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("conformance/*.md"),
    *ROOT.glob("python/src/promptecho/**/*.py"),
)


def missing(text: str) -> list[str]:
    """The references of a text that lead nowhere."""
    ids = [each for each in _ID.findall(text) if each not in IDS]
    names = [each for each in _quoted(text) if each.lower() not in NAMES]
    numbers = [each for each in _numbers(text) if each not in NUMBERS]
    return [*ids, *names, *numbers]


def _quoted(text: str) -> Iterator[str]:
    for listed in _NAMED.findall(text):
        for name in re.findall(r'"([^"]+)"', listed):
            yield " ".join(name.split())


def _numbers(text: str) -> Iterator[str]:
    for listed in _NUMBERED.findall(text):
        yield from (each.rstrip(".") for each in re.findall(r"[0-9][0-9.]*", listed))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_reference_to_the_specification_leads_somewhere(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[BODY-2] and YAML-W8 in section 9.5", []),
        ('(spec section "Matching"), spec sections "The file", "The\n    key"', []),
        ("sections 9 and 11, UTF-8, CRC-32, [A-Z]", []),
        ("what [BODY-99] says", ["BODY-99"]),
        ("what [BODIES-1, KEY-1] says", ["BODIES-1"]),
        ("# STORE-77", ["STORE-77"]),
        ('(spec section "Miss")', ["Miss"]),
        ('(spec "Canonical\n    bodies")', ["Canonical bodies"]),
        ('spec sections "The file", "YAML profile"', ["YAML profile"]),
        ("Sections 9.99 and 21.", ["9.99", "21"]),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(text: str, expected: list[str]) -> None:
    assert missing(text) == expected
