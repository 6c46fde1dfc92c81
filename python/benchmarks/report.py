"""RESULTS.md: the machine and the tables, in results-template.md, which says what each row is."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from .clock import PART
from .race import PROCESSOR, Bench, environ, finished
from .table import Result, Row, markdown

RESULTS = Path(__file__).with_name("RESULTS.md")
TEMPLATE = Path(__file__).with_name("results-template.md")

NOT_MEASURED = "Not measured in this run."
_PACKAGES = (
    *("promptecho", "cassetter", "vcrpy", "pytest-recording", "pytest"),
    *("httpx", "httpx2", "PyYAML"),
)
_VERSIONS = f"""
import importlib.metadata as installed, json
names = {{each.metadata["Name"].lower(): each.version for each in installed.distributions()}}
print(json.dumps({{name: names[name.lower()] for name in {_PACKAGES} if name.lower() in names}}))
"""


def text(
    machine: str,
    measured: Sequence[tuple[Row, Result]],
    printed: Mapping[str, str],
    bench: Bench,
) -> str:
    """The whole file."""
    missed = [row for row, result in measured if "no" in row.verdict(result)]
    # With the other library, the time goes where it goes with httpx.
    missed = [row for row in missed if not row.name.endswith("httpx2")]
    return TEMPLATE.read_text(encoding="utf-8").format(
        machine=machine,
        rows="\n".join(markdown(measured)),
        missed="\n".join(profile(row, bench) for row in missed) or "No row is missed.",
        matching=printed.get("matching", NOT_MEASURED),
        first_event=printed.get("first event", NOT_MEASURED),
    )


def profile(row: Row, bench: Bench) -> str:
    """The functions that take most time of a row, where a worker of ours can profile it."""
    task = getattr(row.measure, "task", None)
    if task is None:
        return f"- **{row.name}**: measured by whole processes, and not profiled."
    shares = bench.profile(task)
    parts = [
        f"{name.removeprefix(PART)} {share:.0f} %"
        for name, share in shares.items()
        if name.startswith(PART)
    ]
    functions = [
        f"`{name}` {share:.0f} %" for name, share in shares.items() if not name.startswith(PART)
    ]
    return f"- **{row.name}**: {', '.join(parts)}. Of functions: {', '.join(functions)}."


def machine(pythons: Mapping[str, str], load_before: str) -> str:
    """The machine and the versions, in a few lines."""
    versions: dict[str, list[str]] = {}
    for python in pythons.values():
        for name, version in json.loads(finished([python, "-c", _VERSIONS]).output).items():
            known = versions.setdefault(name, [])
            known += [version] if version not in known else []
    listed = ", ".join(f"{name} {' and '.join(each)}" for name, each in versions.items())
    pinned = "nothing is pinned" if PROCESSOR is None else f"all measured on number {PROCESSOR}"
    return (
        f"On {date.today()}: {_processor()}, {os.cpu_count()} processors ({pinned}), "
        f"{platform.system()} {platform.release()}; CPython {platform.python_version()}; {listed}; "
        f"{len(environ())} environment variables; load before {load_before}, after {load()}."
    )


def load() -> str:
    """How busy the machine is: jobs in the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return f'"{found[1].strip()}"' if found else platform.processor()
