"""Fuzz the core: ``run.py [--seconds N] [--seed N] [--target NAME] [--report FILE]``.

The targets take turns until the time is over. The input of a turn is made from the seed, the target
and the number of the turn, so a seed gives the same inputs everywhere; how many fit the time is the
only difference. A failing input is written to a file, with the command that repeats it. ``run.py
--input FILE`` does so.

The report is for .ci/count.py: each target is one test.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from fuzz.targets import TARGETS, Input  # noqa: E402

FAILED = TESTS.parents[1] / "build" / "fuzz"
_MOST = 3  # failures of one target that are written


def main() -> int:
    arguments = _arguments()
    warnings.simplefilter("ignore")
    if arguments.input is not None:
        saved = json.loads(arguments.input.read_text(encoding="ascii"))
        TARGETS[saved["target"]].check(saved["input"])
        print("the input passes")
        return 0
    names = arguments.target or list(TARGETS)
    turns, failures = _fuzz(names, arguments.seed, arguments.seconds, arguments.turns)
    for name in names:
        print(f"{name:10} {turns[name]:8} inputs, {failures[name]} failed")
    print(f"seed {arguments.seed}: {sum(turns.values())} inputs, {sum(failures.values())} failed")
    failed = sum(failures[name] > 0 or not turns[name] for name in names)
    if arguments.report is not None:
        report = {"passed": len(names) - failed, "failed": failed, "skipped": 0}
        arguments.report.write_text(json.dumps(report), encoding="ascii")
    return int(failed > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz the core of promptecho.")
    parser.add_argument("--seconds", type=float, default=120, help="how long (default: 120)")
    parser.add_argument("--seed", type=int, default=1, help="of all inputs (default: 1)")
    parser.add_argument("--turns", type=int, help="at most so many of each target")
    parser.add_argument("--target", action="append", choices=list(TARGETS))
    parser.add_argument("--input", type=Path, metavar="FILE", help="check one saved input")
    parser.add_argument("--report", type=Path, metavar="FILE", help="for .ci/count.py")
    return parser.parse_args()


def _fuzz(
    names: list[str], seed: int, seconds: float, most: int | None
) -> tuple[Counter[str], Counter[str]]:
    turns: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    spent = dict.fromkeys(names, 0.0)
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        left = [name for name in names if most is None or turns[name] < most]
        if not left:
            break
        name = min(left, key=spent.__getitem__)  # each target gets the same time
        begun = time.monotonic()
        made = TARGETS[name].make(Random(f"{seed}/{name}/{turns[name]}"))
        try:
            TARGETS[name].check(made)
        except Exception:
            failures[name] += 1
            if failures[name] <= _MOST:
                _write(name, seed, turns[name], made)
        turns[name] += 1
        spent[name] += time.monotonic() - begun
    return turns, failures


def _write(name: str, seed: int, turn: int, made: Input) -> None:
    FAILED.mkdir(parents=True, exist_ok=True)
    file = FAILED / f"{name}-{seed}-{turn}.json"
    file.write_text(json.dumps({"target": name, "input": made}), encoding="ascii")
    traceback.print_exc(limit=-4, file=sys.stdout)
    command = f"python {Path(__file__).relative_to(TESTS.parents[1])} --input {file}"
    print(
        f"failed: {name}; to repeat it, run\n    {shlex.join(shlex.split(command))}\n", flush=True
    )


if __name__ == "__main__":
    sys.exit(main())
