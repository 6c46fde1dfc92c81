"""What a run prints: deaths first, then wrong answers, then the counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from .adapter import last
from .asking import Failure, Outcome
from .cases import INCLUDED, NOTES, SPECIFICATION, SUITE
from .claims import SHOWN, Claims
from .comparing import Difference
from .sentences import Requirement, beginning, requirements
from .showing import printable, shown

#: The order in which failures are shown; what was given up is only counted.
KINDS = ("died", "broken", "wrong")


class Texts(NamedTuple):
    """What is quoted: the notes by flag, and the requirements by identifier."""

    notes: dict[str, str]
    requirements: dict[str, Requirement]


def quoted_texts() -> Texts:
    """The texts beside the runner; empty where the folder was copied without them."""
    notes = json.loads(NOTES.read_text(encoding="utf-8")) if NOTES.exists() else {}
    text = SPECIFICATION.read_text(encoding="utf-8") if SPECIFICATION.exists() else ""
    return Texts(notes, requirements(text))


def in_order(failures: list[Failure]) -> list[Failure]:
    """Failures with something to show: deaths first, then silences, then wrong answers."""
    shown_ones = [each for each in failures if each.kind in KINDS]
    return sorted(shown_ones, key=lambda each: (KINDS.index(each.kind), each.case.name))


def given_up(failures: list[Failure]) -> int:
    """How many cases were not asked because the adapter was given up."""
    return sum(each.kind == "given up" for each in failures)


def report(failure: Failure, texts: Texts, *, whole: bool) -> str:
    """A failure, for the eye; with the whole question, or its beginning."""
    content = failure.case.content
    given = content["given"]
    is_death = failure.kind == "died"
    lines = [
        f"{'DIED' if is_death else 'FAIL'} {failure.case.name}  [{', '.join(content['covers'])}]",
        *(died(failure) if is_death else ()),
        f"  {content['title']}",
        *(() if is_death else compared(failure.found)),
        f"  given: {json.dumps(given) if whole else shown(given)}",
        *(f"  why it matters: {each}" for each in reasons(failure, texts)),
        *(f"  the specification: {each}" for each in quoted(failure, texts)),
        *(() if is_death or not failure.noise else noise("standard error", failure.noise)),
    ]
    return "\n".join(lines)


def died(failure: Failure) -> Iterator[str]:
    """How the adapter ended, and its last words."""
    yield f"  {failure.found.got}"
    if failure.noise:
        yield from noise("its last words", failure.noise)
    else:
        yield "  It wrote nothing to standard error."


def noise(what: str, text: str) -> Iterator[str]:
    """The end of standard error."""
    yield f"  {what}:"
    yield from ("    " + printable(line) for line in last(text))


def compared(found: Difference) -> Iterator[str]:
    """Where an answer differs, and the whole list around the place."""
    yield f"  at {found.pointer or 'the answer'}" + (f" ({found.place})" if found.place else "")
    yield f"    want: {found.want}"
    yield f"    got:  {found.got}"
    if found.rows:
        yield f"  the whole list at {found.list_at}:"
    for index, row in enumerate(found.rows):
        if row.want == row.got:
            yield f"    {index}: {row.want}"
        else:
            yield f"    {index}: want {row.want}"
            yield f"    {' ' * len(str(index))}  got  {row.got}"


def reasons(failure: Failure, texts: Texts) -> list[str]:
    """Why a case matters."""
    return [texts.notes[f] for f in failure.case.content.get("flags", ()) if f in texts.notes]


def quoted(failure: Failure, texts: Texts) -> list[str]:
    """The requirements of a case, each cut at a sentence."""
    found = texts.requirements
    covers = failure.case.content["covers"]
    return [f"[{each}] {beginning(found[each])}" for each in covers if each in found]


def skips(outcome: Outcome) -> list[tuple[str, int]]:
    """Reasons for which cases were skipped, and how many."""
    return sorted(Counter(reason for _, reason in outcome.skipped).items())


def shows(claimed: Claims, *, is_whole: bool) -> Iterator[str]:
    """What a run shows of the classes and modules that are claimed."""
    if claimed.formats:
        yield f"formats: {', '.join(claimed.formats)}"
    yield f"modules: {', '.join(claimed.modules) or 'none'}" + (
        f" (left out: {', '.join(claimed.left_out)})" if claimed.left_out else ""
    )
    if not is_whole:
        return
    for each in claimed.classes:
        yield (
            f"class {each.name}: {each.passed} passed, {each.failed} failed, {each.skipped} skipped"
        )
    if claimed.badge:
        yield f"The badge {claimed.badge} is earned. This run shows:"
        yield from (f"  {SHOWN[each][0]}" for each in SHOWN if each in INCLUDED[claimed.badge])
        yield "It does not show:"
        yield from (f"  {SHOWN[each][1]}" for each in SHOWN if each in INCLUDED[claimed.badge])


def counts(outcome: Outcome) -> str:
    """The closing line."""
    return (
        f"{len(outcome.passed)} passed, {len(outcome.failures)} failed, "
        f"{len(outcome.skipped)} skipped"
    )


def summary(outcome: Outcome, hello: dict[str, Any], claimed: Claims, seed: int) -> dict[str, Any]:
    """A run, for machines."""
    return {
        "suite": SUITE,
        "seed": seed,
        "adapter": hello,
        "passed": len(outcome.passed),
        "failed": len(outcome.failures),
        "skipped": len(outcome.skipped),
        "classes": [each._asdict() for each in claimed.classes],
        "modules": list(claimed.modules),
        "left_out": list(claimed.left_out),
        "failures": [
            {
                "case": failure.case.name,
                "kind": failure.kind,
                "covers": failure.case.content["covers"],
                "title": failure.case.content["title"],
                **failure.found._asdict(),
                "stderr": failure.noise,
            }
            for failure in outcome.failures
        ],
        "skips": [{"case": case.name, "reason": reason} for case, reason in outcome.skipped],
    }
