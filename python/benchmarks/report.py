"""RESULTS.md: the machine and the tables, in results-template.md, which says what each row is."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from .race import PROCESSOR, environ, output_of
from .table import Row, markdown

RESULTS = Path(__file__).with_name("RESULTS.md")
TEMPLATE = Path(__file__).with_name("results-template.md")

_PACKAGES = (
    *("promptecho", "cassetter", "vcrpy", "pytest-recording", "pytest"),
    *("httpx", "httpx2", "PyYAML"),
)
_VERSIONS = f"""
import importlib.metadata as installed, json
names = {{each.metadata["Name"].lower(): each.version for each in installed.distributions()}}
print(json.dumps({{name: names[name.lower()] for name in {_PACKAGES} if name.lower() in names}}))
"""


def text(machine: str, rows: Sequence[Row], printed: Mapping[str, str]) -> str:
    """The whole file."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        machine=machine,
        rows="\n".join(markdown(rows)),
        matching=printed["matching"],
        first_event=printed["first-event"],
    )


def machine(pythons: Mapping[str, str], load_before: str) -> str:
    """The machine and the versions, in a few lines."""
    versions: dict[str, list[str]] = {}
    for python in pythons.values():
        for name, version in json.loads(output_of([python, "-c", _VERSIONS])).items():
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
