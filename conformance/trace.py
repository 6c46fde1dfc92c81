#!/usr/bin/env python3
"""Hold the specification and the cases together.

    python conformance/trace.py [--report FILE]

Every capital MUST stands in a paragraph with an identifier; every identifier has a case, or a
written reason in untested.json; no case names an identifier that does not exist; each case is in
the file of its rule, and no file is too large to read; notes and the manifest are those of the
fixtures. A step or a row of a requirement may have an identifier
of its own, ``NORM-9.3``: then each of these is counted, in place of the whole. What one identifier
says has at most 120 words. The last line is ``N passed, N failed, N skipped``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import manifest
from runner.cases import FIXTURES, HERE, NOTES, SPECIFICATION, Case, fixture_files, load_cases

UNTESTED = HERE / "untested.json"
DEFINED = re.compile(r"^- \*\*\[([A-Z0-9-]+)\]\*\* ")
PART = re.compile(r"^( +)(- |\| )\*\*\[([A-Z0-9-]+\.[1-9][0-9]*)\]\*\* ")
NAMED = re.compile(r"\[([A-Z][A-Z0-9]*-[A-Z]?[0-9]+(?:\.[0-9]+)?)\]")
FILE = re.compile(r"([a-z]+)/([A-Z][A-Z0-9]*-[A-Z]?[0-9]+(?:\.[0-9]+)?)(?:-[1-9][0-9]*)?")
CAPITALS = re.compile(r"\b(MUST|SHALL|SHOULD|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b")

#: How many words one identifier may have.
LONGEST = 120
#: How many bytes a fixture file may have, and the cases that need more, each with the reason.
LARGEST = 60_000


class Check(NamedTuple):
    """One thing that holds, or does not."""

    what: str
    problems: list[str]


class Paragraph(NamedTuple):
    """A bullet with its identifier and all that is indented under it; or any other line."""

    line: int
    requirement: str
    text: str

    def parts(self) -> list[str]:
        """The identifiers of its steps and rows, in their order."""
        return [found.group(3) for found in map(PART.match, self.text.splitlines()) if found]

    def sayings(self) -> dict[str, str]:
        """What each identifier says: a row is a line; a step has the lines indented more."""
        said = {self.requirement: ""}
        speaker, indent = self.requirement, -1
        for line in self.text.splitlines():
            found = PART.match(line)
            if found:
                speaker, indent = found.group(3), len(found.group(1))
            elif line.strip() and len(line) - len(line.lstrip()) <= indent:
                speaker, indent = self.requirement, -1
            said[speaker] = said.get(speaker, "") + line + "\n"
        return said


def paragraphs(text: str) -> Iterator[Paragraph]:
    """The specification, cut where a requirement begins and where it ends."""
    requirement, start = "", 1
    held: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        match = DEFINED.match(line)
        if match or (requirement and line and not line.startswith("  ")):
            if held:
                yield Paragraph(start, requirement, "\n".join(held))
            requirement, start, held = match.group(1) if match else "", number, []
        if not requirement and held:
            yield Paragraph(start, "", "\n".join(held))
            start, held = number, []
        held.append(line)
    yield Paragraph(start, requirement, "\n".join(held))


def checks(text: str, cases: list[Case], untested: dict[str, str]) -> Iterator[Check]:
    """Everything that is checked."""
    parts = list(paragraphs(text))
    requirements = [part for part in parts if part.requirement]
    leaves = [each for part in requirements for each in part.parts() or [part.requirement]]
    defined = [each for part in requirements for each in [part.requirement, *part.parts()]]
    covering = Counter(each for case in cases for each in case.content["covers"])
    yield Check("capitals stand in paragraphs with an identifier", list(loose(parts)))
    yield Check("an identifier is used once", [i for i, n in Counter(defined).items() if n > 1])
    yield Check("identifiers that the text names exist", list(dangling(parts, set(defined))))
    yield Check("a requirement says what must be", list(toothless(parts)))
    yield Check("parts are numbered from 1", list(misnumbered(requirements)))
    yield Check("an identifier has at most 120 words", list(talkative(requirements)))
    yield Check("cases cover what exists", list(unknown(cases, set(defined))))
    yield Check("reasons are for what exists", [i for i in untested if i not in defined])
    yield Check("reasons are sentences", [i for i, why in untested.items() if len(why) < 20])
    yield Check("names of cases are unique", doubles(case.name for case in cases))
    yield Check("flags have notes, notes have cases", list(unnoted(cases)))
    yield Check("files are of one suite", list(other_suites()))
    yield Check("a case is in the file of its rule", list(misplaced(fixture_files(FIXTURES))))
    yield Check("a file has at most 60,000 bytes", list(oversized(FIXTURES)))
    current = manifest.is_current()
    yield Check("the manifest is up to date", [] if current else ["run conformance/manifest.py"])
    for each in leaves:
        yield traced(each, covering[each], untested.get(each))


def loose(parts: list[Paragraph]) -> Iterator[str]:
    for part in parts:
        found = CAPITALS.search(part.text)
        if found and not part.requirement:
            yield f"line {part.line}: {found.group()} without an identifier"


def toothless(parts: list[Paragraph]) -> Iterator[str]:
    for part in parts:
        if part.requirement and not CAPITALS.search(part.text):
            yield f"line {part.line}: [{part.requirement}] has no MUST, SHOULD or MAY"


def misnumbered(requirements: list[Paragraph]) -> Iterator[str]:
    for each in requirements:
        expected = [f"{each.requirement}.{n}" for n in range(1, len(each.parts()) + 1)]
        if each.parts() != expected:
            yield f"line {each.line}: [{each.requirement}] has the parts {', '.join(each.parts())}"


def talkative(requirements: list[Paragraph]) -> Iterator[str]:
    for each in requirements:
        for name, said in each.sayings().items():
            words = len(said.split())
            if words > LONGEST:
                yield f"line {each.line}: [{name}] has {words} words"


def dangling(parts: list[Paragraph], defined: set[str]) -> Iterator[str]:
    for part in parts:
        for name in NAMED.findall(part.text):
            if name not in defined:
                yield f"line {part.line}: [{name}] is not defined"


def unknown(cases: list[Case], defined: set[str]) -> Iterator[str]:
    for case in cases:
        for name in case.content["covers"]:
            if name not in defined:
                yield f"{case.name} covers {name}, which does not exist"


def unnoted(cases: list[Case]) -> Iterator[str]:
    notes = json.loads(NOTES.read_text(encoding="utf-8"))
    used = {flag for case in cases for flag in case.content.get("flags", ())}
    yield from (f"{flag} has no note" for flag in sorted(used - notes.keys()))
    yield from (f"{flag} is the flag of no case" for flag in sorted(notes.keys() - used))


def other_suites() -> Iterator[str]:
    for name, file in fixture_files(FIXTURES):
        if not file["suite"].startswith("2.1."):
            yield f"{name} is of suite {file['suite']}"


def misplaced(files: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """The cases that are not in ``OPERATION/RULE``, ``OPERATION/RULE.STEP`` or a numbered part."""
    for name, file in files:
        found = FILE.fullmatch(name)
        for case in file["cases"]:
            first = case["covers"][0]
            rule = first.partition(".")[0]
            if not found or found[1] != file["op"] or found[2] not in (first, rule):
                yield f"{case['id']} is in {name}.json, its place is {file['op']}/{rule}.json"


def oversized(fixtures: Path) -> Iterator[str]:
    """The files that are too large."""
    for path in sorted(each for each in fixtures.rglob("*") if each.is_file()):
        name, size = path.relative_to(fixtures), path.stat().st_size
        if size > LARGEST:
            yield f"{name.as_posix()} has {size} bytes: divide it by steps, or number its parts"


def doubles(names: Iterator[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def traced(requirement: str, cases: int, reason: str | None) -> Check:
    what = f"[{requirement}] has a case or a reason"
    if cases and reason:
        return Check(what, [f"{cases} cases, and a reason in untested.json: strike it out"])
    return Check(what, [] if cases or reason else ["neither a case nor a reason"])


def main(argv: list[str]) -> int:
    """Print what does not hold, and the counts."""
    parser = argparse.ArgumentParser(description="Hold the specification and the cases together.")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the counts as JSON")
    asked = parser.parse_args(argv)
    text = SPECIFICATION.read_text(encoding="utf-8")
    untested = json.loads(UNTESTED.read_text(encoding="utf-8"))
    done = list(checks(text, load_cases(FIXTURES), untested))
    failed = [check for check in done if check.problems]
    for check in failed:
        print(f"FAIL {check.what}")
        for problem in check.problems:
            print(f"  {problem}")
    counts = {"passed": len(done) - len(failed), "failed": len(failed), "skipped": 0}
    if asked.report:
        asked.report.write_text(json.dumps(counts) + "\n", encoding="ascii")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
