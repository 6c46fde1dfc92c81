"""A suite of a few cases and an adapter of a few lines, asked by the real runner."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.paths import CONFORMANCE

HELLO = {"name": "tiny", "protocol": 1, "classes": ["matcher"], "modules": []}

#: An adapter around a function `reply(question)`, and how often it was asked.
ADAPTER = """\
import json, os, sys, time
asked = 0
{reply}
for line in sys.stdin:
    question = json.loads(line)
    hello = question["op"] == "hello"
    answer = {hello!r} if hello else reply(question)
    print(answer if isinstance(answer, str) else json.dumps(answer), flush=True)
"""
RIGHT = """\
def reply(question):
    return {"id": question["id"], "ok": {"path": question["given"]["url"]}}
"""


class Ran:
    """What came of one run."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.status = process.returncode
        self.text = process.stdout
        self.last = process.stdout.splitlines()[-1] if process.stdout else ""


class Suite:
    """A suite of a few cases, and an adapter, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cases = [case("one", "/a"), case("two", "/b")]

    def run(self, reply: str, *options: str, hello: dict[str, Any] = HELLO) -> Ran:
        """Run the suite over an adapter that answers with `reply(question)`."""
        command = self.command(reply, *options, hello=hello)
        return Ran(subprocess.run(command, capture_output=True, text=True, check=False))

    def command(
        self, reply: str, *options: str, hello: dict[str, Any] = HELLO, op: str = "path"
    ) -> list[str]:
        """The command that does so."""
        fixtures = self.folder / "fixtures"
        fixtures.mkdir(exist_ok=True)
        file = {"suite": "2.1.0", "op": op, "cases": self.cases}
        (fixtures / "few.json").write_text(json.dumps(file), encoding="ascii")
        adapter = self.folder / "adapter.py"
        adapter.write_text(ADAPTER.format(reply=reply, hello=hello), encoding="utf-8")
        runner = (sys.executable, str(CONFORMANCE / "run.py"))
        given = (f"--fixtures={fixtures}", "--seed=1", *options)
        return [*runner, *given, "--", sys.executable, str(adapter)]


def case(name: str, path: str, **more: Any) -> dict[str, Any]:
    given, expect = {"url": path}, {"path": path}
    covers = ["URL-1"]
    whole = {"id": f"few/{name}", "title": f"It is {path}.", "covers": covers, "given": given}
    return {**whole, "expect": expect, "flags": ["needless-miss"], **more}
