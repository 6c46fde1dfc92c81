#!/usr/bin/env python3
"""Ask two implementations the same questions, and see that they answer alike.

    python conformance/differential.py [--seconds N] [--seed N] [--questions N]

Half of the questions are cases of the suite with a few values changed, half are generated calls.
An answer that differs is allowed by a freedom in freedoms.json, or is a fault: of one of the two,
or of the text that both were written from. For each kind of fault the smallest question is printed.
Two properties are checked of each implementation by itself: what was redacted is clean, and what
was normalized is normalized. The last line is ``N passed, N failed, N skipped``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from differ.calls import call
from differ.freedoms import allowed_by, freedoms
from differ.pairs import Found, Pair
from differ.properties import broken
from differ.questions import Question, mutated, usable
from differ.shrinking import smallest
from runner.cases import FIXTURES, HERE, load_cases

REFERENCE = [sys.executable, "-m", "promptecho.conformance"]
EXAMPLE = ["node", str(HERE / "examples" / "adapter.mjs")]
QUESTIONS = 100_000
BATCH = 200
SHOWN = 12  # kinds of faults that are shrunk and printed


def questions(seed: int) -> Iterator[Question]:
    """Changed cases and generated calls in turn: the same ones for a seed, everywhere."""
    bases = usable(load_cases(FIXTURES), FIXTURES)
    number = 0
    while True:
        random = Random(f"{seed}/{number}")
        yield call(random) if number % 2 else mutated(random, bases)
        number += 1


class Tally:
    """What was found."""

    def __init__(self) -> None:
        self.asked = 0
        self.freedoms: Counter[str] = Counter()
        self.faults: dict[tuple[str, ...], list[Found]] = {}

    def add(self, asked: int, found: list[Found]) -> None:
        """Sort the differences of a batch."""
        self.asked += asked
        every = freedoms()
        for each in found:
            name = allowed_by(each, every)
            if name:
                self.freedoms[name] += 1
            else:
                self.faults.setdefault(each.signature, []).append(each)


def compared(pair: Pair, seed: int, count: int, seconds: float) -> Tally:
    """Ask until the questions or the time are over."""
    tally, every = Tally(), questions(seed)
    end = time.monotonic() + seconds
    while tally.asked < count and time.monotonic() < end:
        batch = list(islice(every, min(BATCH, count - tally.asked)))
        tally.add(len(batch), [*pair.compared(batch), *broken(pair, batch)])
    return tally


def shown(pair: Pair, number: int, found: list[Found]) -> str:
    """A kind of fault, by its smallest question."""
    first = min(found, key=lambda each: len(json.dumps(each.question.given)))

    def still(tries: list[Question]) -> list[bool]:
        same = {
            id(each.question)
            for each in [*pair.compared(tries), *broken(pair, tries)]
            if each.signature == first.signature and not allowed_by(each, freedoms())
        }
        return [id(each) in same for each in tries]

    least = smallest(first.question, still)
    again = [*pair.compared([least]), *broken(pair, [least])]
    unequal = next((e for e in again if e.signature == first.signature), first).difference
    return "\n".join(
        [
            f"FAULT {number}: {' '.join(first.signature)}, {len(found)} times",
            f"  from {first.question.origin}",
            f"  {least.op} {json.dumps(least.given)}",
            f"  at {unequal.pointer or 'the answer'} {unequal.place}",
            f"    {pair.names[0]}: {unequal.want}",
            f"    {pair.names[1]}: {unequal.got}",
        ]
    )


def main(argv: list[str]) -> int:
    """Print the faults and the counts; 0 if there is no fault."""
    parser = argparse.ArgumentParser(description="Compare two implementations.")
    add = parser.add_argument
    add("--seconds", type=float, default=float("inf"), help="stop after so long")
    add("--seed", type=int, default=1, help="of all questions (default: 1)")
    add("--questions", type=int, default=QUESTIONS, help=f"how many (default: {QUESTIONS})")
    add("--report", type=Path, metavar="FILE", help="write the counts as JSON")
    asked = parser.parse_args(argv)
    pair = Pair((REFERENCE, EXAMPLE))
    try:
        tally = compared(pair, asked.seed, asked.questions, asked.seconds)
        for number, found in enumerate(islice(tally.faults.values(), SHOWN), 1):
            print(shown(pair, number, found) + "\n", flush=True)
    finally:
        pair.stop()
    for name, count in sorted(tally.freedoms.items()):
        print(f"allowed {count}: {name}")
    faults = sum(map(len, tally.faults.values()))
    print(f"seed {asked.seed}: {len(tally.faults)} kinds of faults")
    counts = {"passed": tally.asked - faults, "failed": faults, "skipped": 0}
    if asked.report:
        asked.report.write_text(json.dumps(counts) + "\n", encoding="ascii")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if faults or not tally.asked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
