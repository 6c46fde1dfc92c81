"""Measure promptecho beside other recorders, print a table, and write RESULTS.md.

`nox -s bench` makes the environments and runs this; what follows `--` is passed on:
`nox -s bench -- --rounds 3 --rows "a miss" --rows stream`. A run of all rows writes RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from . import report
from .race import Bench, child_seconds, finished
from .recorders import OURS
from .rows import ROWS
from .table import Result, Row, markdown

#: Of promptecho alone: programs that print tables of their own.
PROGRAMS = {"matching": "benchmarks.normalize", "first event": "benchmarks.streaming"}


def main() -> None:
    """Measure what is asked for."""
    args = _arguments()
    rows = [row for row in ROWS if _is_chosen(row.name, args.rows)]
    programs = [name for name in PROGRAMS if _is_chosen(name, args.rows)]
    if args.list:
        print(*(f"{row.name} ({row.unit})" for row in rows), *programs, sep="\n")
        return
    pythons = dict(each.split("=", 1) for each in args.python)
    bench = Bench(pythons, args.folder, args.corpus, most_rounds=args.rounds, other=args.other)
    load = report.load()
    if args.profile:
        for row in rows:
            print(report.profile(row, bench), flush=True)
        return
    for row in rows:
        if not (args.resume and _kept(row, bench).exists()):
            _measure(row, bench)
    kept = rows if not args.write else [row for row in ROWS if _kept(row, bench).exists()]
    measured = [(row, Result(*json.loads(_kept(row, bench).read_text()))) for row in kept]
    print("", *markdown(measured), sep="\n")
    printed = {name: _printed(name, bench) for name in programs}
    if args.write or not args.rows:
        machine = report.machine(pythons, load)
        left = [row.name for row in ROWS if row not in kept]
        if left:
            machine += f" Not measured in this run: {', '.join(left)}."
        text = report.text(machine, measured, printed, bench)
        report.RESULTS.write_text(text, encoding="utf-8")
        print(f"\nwritten: {report.RESULTS}")


def _is_chosen(name: str, words: list[str]) -> bool:
    return not words or any(word in name for word in words)


def _measure(row: Row, bench: Bench) -> None:
    """Measure a row, and keep its figures in the folder."""
    start, worked = time.monotonic(), child_seconds()
    result = row.measure(bench)
    kept = _kept(row, bench)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result))
    seconds, busy = time.monotonic() - start, child_seconds() - worked
    print(f"{row.name}: {result.figure:.3f} {row.unit}", end=" ")
    print(f"{row.verdict(result)} ({seconds:.0f} s, {busy:.0f} s of work)", flush=True)


def _kept(row: Row, bench: Bench) -> Path:
    return bench.folder / "measured" / f"{ROWS.index(row)}.json"


def _printed(name: str, bench: Bench) -> str:
    shown = finished([bench.python(OURS), "-m", PROGRAMS[name]]).output.strip()
    print(f"\n{name}\n\n{shown}", flush=True)
    return shown


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--rows",
        action="append",
        default=[],
        metavar="WORDS",
        help="measure the rows whose names have these words; repeatable",
    )
    add("--list", action="store_true", help="print the names of the rows, and end")
    add("--rounds", type=int, default=1000, metavar="MOST", help="fewer than the usual 20")
    add("--profile", action="store_true", help="print where the time of the rows goes instead")
    add("--resume", action="store_true", help="leave out rows that are measured in this folder")
    add("--write", action="store_true", help="write RESULTS.md of all that is measured there")
    add("--other", type=Path, metavar="SOURCE", help="measure this source tree, too")
    add(
        "--python",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="the interpreter of an environment: promptecho, cassetter, vcrpy, promptecho-0.1.3",
    )
    add("--folder", type=Path, default="build/bench", help="for what is made on the way")
    add("--corpus", type=Path, help="dev.jsonl.gz, for the rows of the corpus")
    return parser.parse_args()


if __name__ == "__main__":
    main()
