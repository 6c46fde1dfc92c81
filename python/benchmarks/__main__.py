"""Measure and print the table."""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .race import Bench
from .rows import GROUPS
from .table import markdown


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=list(GROUPS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("--corpus", default="/work/shared/corpus/dev.jsonl.gz")
    args = parser.parse_args()
    pythons = dict(each.split("=", 1) for each in args.python)
    bench = Bench(pythons, args.folder, args.quick, args.corpus)
    rows = []
    for name in args.only or GROUPS:
        start = time.monotonic()
        mine = GROUPS[name](bench)
        rows += mine
        print("\n".join(markdown(mine)), file=sys.stderr, flush=True)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print("\n".join(markdown(rows)))


main()
