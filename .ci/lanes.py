"""Run nox's sessions two at a time: ``lanes.py FOLDER [NOX-OPTION...]``.

``build`` runs first and alone. Then each lane takes the next session when it has finished one; a
session's output is printed in one piece, when the session ends. Each session leaves nox's report
in the folder, for ``count.py``. The options are those of nox: ``-s lint typing``, ``-- -x``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

LANES = 2
NOX = (sys.executable, "-m", "nox")

#: The longest start first, so that no lane works alone for long at the end.
LONGEST = (
    "plugin",
    "tests",
    "crash",
    "js",
    "mutants",
    "grammar",
    "oldest_libraries",
    "legacy",
    "corpus",
    "differential",
    "fuzz",
    "readings",
    "sdk",
)


class Lanes(NamedTuple):
    """What all sessions share."""

    folder: Path
    arguments: list[str]

    def run(self, session: str) -> bool:
        """Run a session and print what it printed; whether it succeeded, or skipped itself."""
        report = self.folder / (re.sub(r"[^\w.]+", "-", session).strip("-") + ".json")
        print(f"--- {session}: started", flush=True)
        start = time.monotonic()
        done = subprocess.run(
            [*NOX, f"--report={report}", "-s", session, *self.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PROMPTECHO_LANES": str(LANES)},
        )
        if not report.exists():
            failed = {"sessions": [{"name": session, "result": "failed"}]}
            report.write_text(json.dumps(failed), encoding="utf-8")
        outcome = "failed" if done.returncode else "done"
        seconds = time.monotonic() - start
        print(f"{done.stdout}--- {session}: {outcome} in {seconds:.0f} s", flush=True)
        return not done.returncode


def main(folder: str, *options: str) -> int:
    """Run the sessions that nox would run with these options; 0 if none of them failed.

    Without options, those that need programs of Debian are run too: `.ci/run` installs them.
    """
    split = options.index("--") if "--" in options else len(options)
    lanes = Lanes(Path(folder), list(options[split:]))
    chosen = options[:split]
    found = selected(chosen) if chosen else [*selected(()), *selected(("-t", "debian"))]
    sessions = sorted(found, key=rank)
    lanes.folder.mkdir(parents=True, exist_ok=True)
    if not lanes.run("build"):
        return 1
    with ThreadPoolExecutor(LANES) as pool:
        return int(not all(list(pool.map(lanes.run, sessions))))


def selected(options: tuple[str, ...]) -> list[str]:
    """The names of the sessions, without `build`."""
    listing = subprocess.run(
        [*NOX, "--list", "--json", *options], stdout=subprocess.PIPE, check=True
    )
    return [each["session"] for each in json.loads(listing.stdout) if each["name"] != "build"]


def rank(session: str) -> int:
    """The place of a session in the order of starts."""
    places = [place for place, name in enumerate(LONGEST) if session.startswith(name)]
    return places[0] if places else len(LONGEST)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
