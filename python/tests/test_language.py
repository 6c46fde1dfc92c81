"""Texts are plain English: words of the old, archaic voice do not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import promptecho

SOURCE = Path(promptecho.__file__).parent

#: Folders whose texts follow the rule; ``""`` is the root.
FOLDERS = ("", "_api", "_cli", "_intercept", "_pytest", "_session", "_storage")

ARCHAIC = re.compile(
    r"\b(mend(s|ed)?|anew|whoever|likewise|hand(s|ed|ing)? on|told|stands?|stood)\b", re.IGNORECASE
)


@pytest.mark.parametrize(
    "path",
    [path for folder in FOLDERS for path in sorted((SOURCE / folder).glob("*.py"))],
    ids=lambda path: path.relative_to(SOURCE).as_posix(),
)
def test_no_text_has_an_archaic_word(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"{n}: {line}" for n, line in enumerate(lines, 1) if ARCHAIC.search(line)] == []


@pytest.mark.parametrize("word", ["Mend the file", "made anew", "is handed on", "it stands twice"])
def test_the_rule_finds_such_words(word: str) -> None:
    assert ARCHAIC.search(word)
