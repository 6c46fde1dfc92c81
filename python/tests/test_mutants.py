"""The lists of wrong implementations are well-formed: what each entry changes is there, once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from support.paths import CONFORMANCE

sys.path.insert(0, str(CONFORMANCE))
try:
    import mutants
finally:
    sys.path.remove(str(CONFORMANCE))

PACKAGE = CONFORMANCE.parent / "python" / "src" / "promptecho"
SPECIFICATION = (CONFORMANCE.parent / "spec" / "cassette-v2.md").read_text(encoding="utf-8")
LISTS = [
    pytest.param("mutants", PACKAGE, id="mutants"),
    pytest.param("readings", CONFORMANCE.parent / "js" / "src" / "core", id="readings"),
]


def entries(name: str) -> list[mutants.Mutant]:
    """The entries of one list."""
    text = (CONFORMANCE / f"{name}.json").read_text(encoding="ascii")
    return mutants.listed(json.loads(text)[name])


def changed(folder: Path, mutant: mutants.Mutant) -> str:
    """The text of the file that an entry changes; a wheel has the lists of the specification."""
    place = folder / mutant.file
    if mutant.file.startswith("_data/"):
        place = CONFORMANCE.parent / "spec" / "data" / place.name
    return place.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "folder"), LISTS)
def test_what_is_changed_occurs_once(name: str, folder: Path) -> None:
    counts = {each.id: changed(folder, each).count(each.find) for each in entries(name)}
    assert {each: count for each, count in counts.items() if count != 1} == {}


@pytest.mark.parametrize(("name", "folder"), LISTS)
def test_each_entry_has_a_name_of_its_own_and_says_what_it_is(name: str, folder: Path) -> None:
    listed = entries(name)
    assert len({each.id for each in listed}) == len(listed)
    assert [each.id for each in listed if not each.about.endswith((".", ")"))] == []
    assert [each.id for each in listed if each.find == each.replace] == []


@pytest.mark.parametrize(("name", "folder"), LISTS)
def test_what_is_broken_is_a_requirement(name: str, folder: Path) -> None:
    broken = {requirement for each in entries(name) for requirement in each.breaks}
    assert sorted(each for each in broken if f"**[{each}]**" not in SPECIFICATION) == []


def test_there_are_readings_of_each_part_of_the_specification() -> None:
    kinds = {each.breaks[0].partition("-")[0] for each in entries("readings")}
    bodies = "CANON KEY FORM URL DIGEST BODY SSE AWS AFTER HEAD RED NORM RPC"
    assert (
        set(f"FILE YAML ERR MATCH SEL DRIFT MODE FAIL STORE MISS PASS V20 {bodies}".split())
        <= kinds
    )
