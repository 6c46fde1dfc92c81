"""The requirements of the specification, and the beginning of one, cut at a sentence."""

from __future__ import annotations

import re
from typing import NamedTuple

PART = re.compile(r"( +)(?:- |\| )\*\*\[([A-Z0-9-]+\.[1-9][0-9]*)\]\*\* ")
LONGEST = 60  # words of a requirement that are shown, unless one sentence has more


class Requirement(NamedTuple):
    """A requirement of the specification.

    Attributes:
        line: where it begins, from 1.
        prose: its first paragraph on one line (of a step or a row: all of it).
        words: how many the whole has.
    """

    line: int
    prose: str
    words: int


def requirements(text: str) -> dict[str, Requirement]:
    """The requirements of a text, by their identifiers."""
    found = {}
    paragraph = r"^- \*\*\[([A-Z0-9-]+)\]\*\* (.*(?:\n(?:  .*)?)*)"
    for match in re.finditer(paragraph, text, re.MULTILINE):
        whole = match.group(2)
        prose = re.split(r"\n[ \t]*\n", whole)[0]
        line = text.count("\n", 0, match.start()) + 1
        found[match.group(1)] = Requirement(line, " ".join(prose.split()), len(whole.split()))
        found.update(parts(whole, line))
    return found


def parts(whole: str, first: int) -> dict[str, Requirement]:
    """The steps and rows of a requirement that have identifiers of their own."""
    found: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    name, indent = "", 0
    for number, line in enumerate(whole.splitlines(), first):
        begins = PART.match(line)
        if begins:
            name, indent = begins.group(2), len(begins.group(1))
            found[name], lines[name] = [line[begins.end() :].rstrip("| ")], number
        elif name and line.startswith(" " * (indent + 1)):
            found[name].append(line)
        elif line.strip():
            name = ""
    said = {each: " ".join(" ".join(text).split()) for each, text in found.items()}
    return {each: Requirement(lines[each], text, len(text.split())) for each, text in said.items()}


def beginning(requirement: Requirement) -> str:
    """The first sentences of a requirement, and where to read on if there are more."""
    shown: list[str] = []
    for sentence in sentences(requirement.prose):
        if shown and len(" ".join([*shown, sentence]).split()) > LONGEST:
            break
        shown.append(sentence)
    text = " ".join(shown)
    more = requirement.words - len(text.split())
    return f"{text} ({more} more words: line {requirement.line})" if more > 0 else text


def sentences(prose: str) -> list[str]:
    """A paragraph, cut behind each point that ends a sentence."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`*\[(])", prose)
