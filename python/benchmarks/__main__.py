"""Measure promptecho beside other recorders, print a table, and write RESULTS.md.

``nox -s bench`` makes the environments and runs this; what follows ``--`` comes here:
``nox -s bench -- --quick --only open --only play``. RESULTS.md is written by a whole run only.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from . import calls, processes, report
from .race import Bench, output_of
from .recorders import OURS
from .table import Row, markdown

GROUPS = {
    "start": processes.start_up,
    "open": calls.opening,
    "play": calls.playing,
    "long": calls.long_bodies,
    "record": calls.recording,
    "stream": calls.streaming,
    "corpus": processes.reading,
    "memory": processes.memory,
    "suite": processes.suites,
}
#: Of promptecho alone: programs that print tables of their own.
PROGRAMS = {"matching": "benchmarks.normalize", "first-event": "benchmarks.streaming"}


def main() -> None:
    """Measure what is asked for."""
    args = _arguments()
    pythons = dict(each.split("=", 1) for each in args.python)
    corpus = args.corpus if args.corpus and args.corpus.exists() else None
    bench = Bench(pythons, args.folder, corpus, args.quick)
    load = report.load()
    rows: list[Row] = []
    printed: dict[str, str] = {}
    for name in args.only:
        start, worked = time.monotonic(), _worked()
        if name in GROUPS:
            found = GROUPS[name](bench)
            rows += found
            shown = "\n".join(markdown(found))
        else:
            shown = output_of([bench.python(OURS), "-m", PROGRAMS[name]]).strip()
            printed[name] = shown
        seconds, busy = time.monotonic() - start, _worked() - worked
        print(f"\n{name}: {seconds:.0f} s, {busy:.0f} s of work\n\n{shown}", flush=True)
    if not args.quick and set(args.only) >= {*GROUPS, *PROGRAMS}:
        machine = report.machine(pythons, load)
        report.RESULTS.write_text(report.text(machine, rows, printed), encoding="utf-8")
        print(f"\nwritten: {report.RESULTS}")


def _worked() -> float:
    """Processor time of what was measured so far; on a quiet machine nearly as long as it took."""
    times = os.times()
    return times.children_user + times.children_system


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [*GROUPS, *PROGRAMS]
    parser.add_argument("--only", action="append", choices=names, help="measure this; repeatable")
    parser.add_argument("--quick", action="store_true", help="three rounds at most")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--folder", type=Path, required=True, help="for what is made on the way")
    parser.add_argument("--corpus", type=Path, help="dev.jsonl.gz; its row is left out without")
    args = parser.parse_args()
    args.only = args.only or names
    return args


if __name__ == "__main__":
    main()
