"""Texts are plain English: words of the old, archaic voice do not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import promptecho
from promptecho._format.remedies import REMEDIES, remedy
from support.paths import ROOT

SOURCE = Path(promptecho.__file__).parent

#: Folders whose texts follow the rule; ``""`` is the root.
FOLDERS = (
    "",
    "_api",
    "_checks",
    "_cli",
    "_format",
    "_intercept",
    "_pytest",
    "_serve",
    "_session",
    "_storage",
    "_text",
)
#: Words that tell a user nothing he can do.
VAGUE = re.compile(
    r"\b(as it is|fix the value|correct it|take it out|record anew)\b", re.IGNORECASE
)

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


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_a_remedy_says_one_step_in_plain_words(code: str) -> None:
    text = remedy(code)
    assert text[0].isupper()
    assert text.endswith(".")
    assert not ARCHAIC.search(text)
    assert not VAGUE.search(text)
    assert all(len(sentence.split()) <= 25 for sentence in re.split(r"[.:] ", text))


def test_each_code_of_a_file_has_a_remedy_of_its_own() -> None:
    spec = (ROOT / "spec" / "cassette-v2.md").read_text(encoding="utf-8")
    listed = set(
        re.findall(r"^\| `((?:yaml|cassette)\.[a-z0-9-]+)` \| [^|]+ \| [^|]+ \|$", spec, re.M)
    )
    raised_elsewhere = {  # by the store, or when a session opens the file
        "cassette.too-large",
        "cassette.unreadable",
        "cassette.unwritable",
        "cassette.dialect",
    }
    assert set(REMEDIES) == listed - raised_elsewhere


def test_the_tables_of_the_specification_have_plain_remedies() -> None:
    spec = (ROOT / "spec" / "cassette-v2.md").read_text(encoding="utf-8")
    errors = spec[spec.index("## 17. Errors") : spec.index("## 18. Security")]
    assert not ARCHAIC.search(errors)
    assert not VAGUE.search(errors)
