#!/usr/bin/env python3
"""Ask an implementation the questions of the conformance suite, and say what it got wrong.

    python conformance/run.py -- COMMAND...

COMMAND starts an adapter; PROTOCOL.md says how it is asked. This program needs Python 3.9 and
nothing else, and knows no implementation: it may be copied into a port together with the fixtures
and the folder `runner`.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
import random
import sys
from pathlib import Path
from typing import Any

from runner.adapter import TIMEOUT, Adapter, Broken
from runner.asking import Outcome, Run, ghosts, known_failures
from runner.cases import FIXTURES, INCLUDED, OPERATIONS, SUITE, Case, load_cases, unclaimed
from runner.claims import claims
from runner.html_report import page
from runner.text_report import (
    counts,
    given_up,
    in_order,
    quoted_texts,
    report,
    shows,
    skips,
    summary,
)
from runner.watching import state, wait_for_change, watched


def arguments(argv: list[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description="Ask an implementation the questions of the conformance suite.",
        usage="%(prog)s [options] -- COMMAND...",
    )
    add = parser.add_argument
    add("--fixtures", type=Path, default=FIXTURES, metavar="DIR", help="other fixtures than ours")
    add(
        "--filter",
        action="append",
        default=[],
        metavar="ID",
        help="only these: a requirement, or (part of) the name of a case",
    )
    add("--class", dest="klass", choices=list(INCLUDED), help="only what this class is asked")
    add("--seed", type=int, help="the order of an earlier run")
    add("--twice", action="store_true", help="ask everything twice; the answers must be the same")
    add("--timeout", type=float, default=TIMEOUT, metavar="S", help="seconds for one answer")
    add(
        "--expected-failures",
        type=Path,
        metavar="FILE",
        help="names of cases known to fail, one a line",
    )
    add("--verbose", "-v", action="store_true", help="show the whole question of a failure")
    add("--claimed", action="store_true", help="do not count what is not claimed as skipped")
    add("--json", action="store_true", help="print one JSON object instead of text")
    add(
        "--report",
        type=Path,
        metavar="FILE",
        help="write the run to a file: a page if its name ends in .html, else that object",
    )
    add(
        "--watch",
        choices=list(OPERATIONS),
        metavar="OPERATION",
        help="ask the cases of one operation, again each time a file of the adapter changes",
    )
    add(
        "--watched",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="a file or folder to watch; default: the folders of the files in COMMAND",
    )
    add("command", nargs="+", metavar="COMMAND", help="how to start the adapter")
    return parser.parse_args(argv)


def chosen(case: Case, asked: argparse.Namespace) -> bool:
    """Whether a case is among those that were asked for."""
    if asked.watch is not None and case.op != asked.watch:
        return False
    if asked.klass is not None and case.asked_of not in INCLUDED[asked.klass]:
        return False
    return not asked.filter or any(
        each in case.content["covers"] or each in case.name or fnmatch.fnmatch(case.name, each)
        for each in asked.filter
    )


def main(argv: list[str]) -> int:
    """Run the suite; 0 if nothing failed, 1 if something did, 2 if it could not be run."""
    asked = arguments(argv)
    if asked.watch is None:
        return once(asked)
    with contextlib.suppress(KeyboardInterrupt):
        return watch(asked)
    return 0


def watch(asked: argparse.Namespace) -> int:
    """Run again each time a file changes, until the user interrupts."""
    places = watched(asked.command, asked.watched)
    if not places:
        print("run.py: no file to watch in COMMAND; name one with --watched", file=sys.stderr)
        return 2
    asked.seed = asked.seed or 0  # the same order each time
    while True:
        before = state(places)
        once(asked)
        print(f"\nwatching {', '.join(map(str, places))}; interrupt to end", flush=True)
        changed = wait_for_change(places, before)
        print(f"\n{', '.join(map(str, changed[:3]))} changed\n", flush=True)


def once(asked: argparse.Namespace) -> int:
    """One run."""
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    every = load_cases(asked.fixtures)
    cases = [case for case in every if chosen(case, asked)]
    random.Random(seed).shuffle(cases)
    try:
        adapter = Adapter(asked.command, asked.timeout)
    except Broken as error:
        print(f"run.py: {error}", file=sys.stderr)
        print("0 passed, 1 failed, 0 skipped")
        return 2
    try:
        outcome = run(adapter, cases, {case.name for case in every}, asked)
    finally:
        adapter.stop()
    tell(outcome, adapter.hello, seed, asked)
    return 1 if outcome.failures or not outcome.passed else 0


def run(adapter: Adapter, cases: list[Case], names: set[str], asked: argparse.Namespace) -> Outcome:
    """Ask the cases that are claimed."""
    known = known_failures(adapter.hello, asked.expected_failures)
    outcome = Run(adapter, asked.fixtures, known).whole(cases, twice=asked.twice)
    outcome.failures.extend(ghosts(known, names))
    if not asked.claimed:
        return outcome
    hello = adapter.hello
    asked_for = [(case, why) for case, why in outcome.skipped if why != unclaimed(case, hello)]
    return outcome._replace(skipped=asked_for)


def tell(outcome: Outcome, hello: dict[str, Any], seed: int, asked: argparse.Namespace) -> None:
    """Print what came out, and write the report."""
    claimed = claims(hello, outcome)
    texts = quoted_texts()
    is_whole = not (asked.filter or asked.klass or asked.watch)
    result = summary(outcome, hello, claimed, seed)
    if asked.report and asked.report.suffix.lower() in (".html", ".htm"):
        html = page(outcome, hello, claimed, texts, seed=seed, whole=is_whole)
        asked.report.write_text(html, encoding="utf-8")
    elif asked.report:
        asked.report.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    who = f"{hello['name']} {hello.get('version', '')} ({hello.get('language', '?')})"
    print(f"suite {SUITE}, seed {seed}: {who}\n")
    for failure in in_order(outcome.failures):
        print(report(failure, texts, whole=asked.verbose) + "\n")
    if left := given_up(outcome.failures):
        print(f"{left} more cases were not asked: given up, after so many without an answer.\n")
    for reason, count in skips(outcome):
        print(f"skipped {count}: {reason}")
    for line in shows(claimed, is_whole=is_whole):
        print(line)
    if not outcome.passed and not outcome.failures:
        print("No case was asked: that is a failure of the run.")
    print(counts(outcome), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
