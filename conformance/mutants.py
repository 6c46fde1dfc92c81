#!/usr/bin/env python3
"""Show that the suite can fail: wrong implementations must be noticed.

    python conformance/mutants.py [--readings] [--report FILE] [ID...]

Each entry of mutants.json changes one rule of the reference in a copy of it; a case that covers a
requirement which the change breaks must then get a wrong answer. A crash does not count as one. The
ports of examples/wrong fail exactly the cases that expected.json names, and the untouched reference
fails none. With --readings the same is done with readings.json and the port in JavaScript: each
entry is what another careful reader could understand of a step or a row. The last line is
``N passed, N failed, N skipped``.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import queue
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from runner.adapter import Adapter, Broken, Died
from runner.cases import FIXTURES, HERE, Case, load_cases, resolved, unclaimed
from runner.comparing import wrong

MUTANTS = HERE / "mutants.json"
READINGS = HERE / "readings.json"
EXAMPLES = HERE / "examples"
WRONG = EXAMPLES / "wrong"
PACKAGE = HERE.parent / "python" / "src" / "promptecho"
JAVASCRIPT = HERE.parent / "js" / "src" / "core"
SPEC = HERE.parent / "spec"
WORKERS = 2

#: Beside a copy of the package: the folder of a script is where Python looks first.
SCRIPT = "import runpy\n\nrunpy.run_module('promptecho.conformance', run_name='__main__')\n"


class Mutant(NamedTuple):
    """One change to an implementation; of a reading, `about` is what its reader understood."""

    id: str
    breaks: list[str]
    file: str
    find: str
    replace: str
    about: str


class Result(NamedTuple):
    """What became of a mutant, a wrong port or the reference."""

    what: str
    problem: str
    detail: str


class Unfit(Exception):
    """A mutant that is none: it does not apply, or the adapter does not start."""


# --- asking ------------------------------------------------------------------------------------


class Asker:
    """An adapter that is asked cases one by one."""

    def __init__(self, command: list[str]) -> None:
        self._adapter = Adapter(command)
        self.hello = self._adapter.hello
        self._serial = 0

    def fails(self, case: Case) -> str:
        """What is wrong with the answer to a case; empty if nothing is.

        Raises:
            Broken: there is no answer, or the adapter says that it went to pieces.
        """
        self._serial += 1
        given = resolved(case.content["given"], FIXTURES)
        answer = self._adapter.ask({"id": self._serial, "op": case.op, "given": given})
        if "unsupported" in answer:
            return "it is not supported"
        if answer.get("error", {}).get("code") == "internal":
            raise Broken(str(answer["error"].get("message", "")))
        found = wrong(case, answer, FIXTURES)
        return f"{found.pointer}: want {found.want}, got {found.got}" if found else ""

    def restart(self) -> None:
        """Start anew after a death."""
        self._adapter.restart()

    def stop(self) -> None:
        """End the process."""
        self._adapter.stop()


def failing(asker: Asker, cases: Iterable[Case]) -> Iterator[str]:
    """The names of the cases that fail, whichever way."""
    for case in cases:
        try:
            if asker.fails(case):
                yield case.name
        except Broken:
            yield case.name
            asker.restart()


# --- the reference and its mutants -------------------------------------------------------------


class Copy(NamedTuple):
    """A copy of an implementation, of which one file at a time is changed."""

    folder: Path
    command: list[str]

    def asker(self) -> Asker:
        """Start the adapter."""
        return Asker(self.command)

    def noticed(self, mutant: Mutant, cases: list[Case]) -> str:
        """The name of the first case that notices a mutant, and how many were asked.

        Raises:
            Unfit: it does not apply.
        """
        path = self.folder / mutant.file
        if not path.is_file():
            raise Unfit(f"there is no file {mutant.file}")
        text, before = path.read_text(encoding="utf-8"), path.stat()
        count = text.count(mutant.find)
        if count != 1 or mutant.find == mutant.replace:
            raise Unfit(f"what it replaces stands {count} times in {mutant.file}")
        changed = text.replace(mutant.find, mutant.replace)
        if path.suffix == ".py":
            compile(changed, mutant.file, "exec")
        path.write_text(changed, encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**10))
        try:
            return self._first(cases)
        finally:
            path.write_text(text, encoding="utf-8")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _first(self, cases: list[Case]) -> str:
        try:
            asker = self.asker()
        except Broken as error:
            raise Unfit(f"the adapter does not start: {error}") from None
        try:
            for case in cases:
                try:
                    if asker.fails(case):
                        return case.name
                except Died:  # a crash says nothing about a rule
                    asker.restart()
                except Broken:
                    continue
            return ""
        finally:
            asker.stop()


def reference(folder: Path) -> Copy:
    """A copy of the reference. It leaves no bytecode of what is about to change again."""
    package, script = folder / "promptecho", folder / "adapter.py"
    shutil.copytree(PACKAGE, package)
    if not (package / "_data").is_dir():  # as in a wheel
        shutil.copytree(SPEC / "data", package / "_data")
        shutil.copy(SPEC / "cassette-v2.schema.json", package / "_data")
    compileall.compile_dir(package, quiet=2)
    script.write_text(SCRIPT, encoding="ascii")
    return Copy(package, [sys.executable, "-B", str(script)])


def javascript(folder: Path) -> Copy:
    """A copy of the port in JavaScript, with the data of the specification where it looks."""
    examples = folder / "conformance" / "examples"
    examples.mkdir(parents=True)
    shutil.copytree(JAVASCRIPT, folder / "js" / "src" / "core")
    shutil.copy(EXAMPLES / "adapter.mjs", examples)
    shutil.copytree(SPEC / "data", folder / "spec" / "data")
    return Copy(folder / "js" / "src" / "core", ["node", str(examples / "adapter.mjs")])


def untouched(copy: Copy, cases: list[Case]) -> tuple[Result, list[Case]]:
    """An implementation as it is, and the cases that it claims and passes."""
    asker = copy.asker()
    try:
        claimed = [case for case in cases if not unclaimed(case, asker.hello)]
        failed = set(failing(asker, claimed))
    finally:
        asker.stop()
    problem = f"fails {len(failed)}: {', '.join(sorted(failed)[:5])}" if failed else ""
    sound = [case for case in claimed if case.name not in failed]
    what = f"the untouched {copy.folder.name}"
    return Result(what, problem, f"passes {len(sound)} of {len(cases)} cases"), sound


def hunted(mutant: Mutant, cases: list[Case], copies: queue.Queue[Copy]) -> Result:
    """Whether a mutant is noticed by a case that covers what it breaks."""
    mine = [case for case in cases if not set(mutant.breaks).isdisjoint(covered_by(case))]
    what = f"{mutant.id} [{', '.join(mutant.breaks)}]"
    copy = copies.get()
    try:
        name = copy.noticed(mutant, mine)
    except (Unfit, SyntaxError) as error:
        return Result(what, str(error), "")
    finally:
        copies.put(copy)
    problem = "" if name else f"none of {len(mine)} cases notices it: {mutant.about}"
    return Result(what, problem, f"noticed by {name}")


def covered_by(case: Case) -> set[str]:
    """What a case covers; with a step or a row of a requirement, the requirement as a whole."""
    covers = case.content["covers"]
    return {*covers, *(each.partition(".")[0] for each in covers)}


# --- the wrong ports ---------------------------------------------------------------------------


def compared(name: str, expected: list[dict[str, Any]], cases: list[Case]) -> Result:
    """Whether a wrong port fails exactly the cases that it should, of those that it claims."""
    asker = Asker([sys.executable, str(WRONG / name)])
    try:
        mine = [case for case in cases if not unclaimed(case, asker.hello)]
        failed = set(failing(asker, mine))
    finally:
        asker.stop()
    should, problems = expectations(expected, [case.name for case in mine])
    problems += [f"passes {each}, which it should fail" for each in sorted(should - failed)]
    problems += [f"fails {each}, which it should pass" for each in sorted(failed - should)]
    return Result(name, "; ".join(problems), f"fails {len(failed)} of {len(mine)} cases")


def expectations(groups: list[dict[str, Any]], names: list[str]) -> tuple[set[str], list[str]]:
    """The cases that are to fail; and the patterns that name no case."""
    should: set[str] = set()
    empty = []
    for group in groups:
        lucky = group.get("but_not", ())
        for pattern in group["cases"]:
            found = {name for name in names if fnmatchcase(name, pattern)}
            should |= {n for n in found if not any(fnmatchcase(n, each) for each in lucky)}
            if not found:
                empty.append(f"{pattern} is no case")
    return should, empty


# --- the command -------------------------------------------------------------------------------


def faults(mutants: list[Mutant], covered: set[str]) -> Iterator[Result]:
    """What is wrong with a list itself."""
    broken = {each for mutant in mutants for each in mutant.breaks}
    ids = Counter(mutant.id for mutant in mutants)
    twice = [each for each, count in ids.items() if count > 1]
    yield Result("names are unique", ", ".join(twice), f"{len(ids)} names")
    ghosts = sorted(broken - covered)
    yield Result("what is broken has a case", ", ".join(ghosts), f"{len(broken)} requirements")


def without_mutant(mutants: list[Mutant], without: dict[str, str], covered: set[str]) -> Result:
    """Whether each requirement with a case has a mutant or a reason."""
    whole = {each.partition(".")[0] for each in covered}
    changed = {each.partition(".")[0] for mutant in mutants for each in mutant.breaks}
    odd = sorted((whole ^ without.keys()) - changed | (changed & without.keys()))
    what = "a requirement with a case has a mutant or a reason"
    return Result(what, ", ".join(odd), f"{len(without)} with a reason")


def results(
    mutants: list[Mutant], cases: list[Case], copied: Callable[[Path], Copy], *, ports: bool
) -> Iterator[Result]:
    """Everything that is tried."""
    with tempfile.TemporaryDirectory(prefix="promptecho-mutants-") as folder:
        copies: queue.Queue[Copy] = queue.Queue()
        for number in range(WORKERS):
            place = Path(folder, str(number))
            place.mkdir()
            copies.put(copied(place))
        first = copies.get()
        whole, sound = untouched(first, cases)
        copies.put(first)
        yield whole
        with ThreadPoolExecutor(WORKERS) as pool:
            yield from pool.map(lambda mutant: hunted(mutant, sound, copies), mutants)
            if ports:
                expected = json.loads((WRONG / "expected.json").read_text(encoding="ascii"))
                yield from pool.map(lambda p: compared(p[0], p[1], cases), expected.items())


def listed(entries: list[dict[str, Any]]) -> list[Mutant]:
    """The entries of a list; a reading says what it is about in its own word."""
    return [Mutant(**{"about": each.pop("reading", ""), **each}) for each in entries]


def main(argv: list[str]) -> int:
    """Print a table and the counts; 0 if nothing failed."""
    parser = argparse.ArgumentParser(description="Show that the conformance suite can fail.")
    parser.add_argument("--readings", action="store_true", help="try readings.json")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the counts as JSON")
    parser.add_argument("ids", nargs="*", metavar="ID", help="only these")
    asked = parser.parse_args(argv)
    cases = load_cases(FIXTURES)
    covered = {each for case in cases for each in covered_by(case)}
    if asked.readings:
        every = listed(json.loads(READINGS.read_text(encoding="ascii"))["readings"])
        about, copied = list(faults(every, covered)), javascript
    else:
        file = json.loads(MUTANTS.read_text(encoding="ascii"))
        every = listed(file["mutants"])
        about = [*faults(every, covered), without_mutant(every, file["without"], covered)]
        copied = reference
    mutants = [each for each in every if not asked.ids or each.id in asked.ids]
    tried = results(mutants, cases, copied, ports=not asked.ids and not asked.readings)
    passed = failed = 0
    for result in chain(about, tried):
        mark = "FAIL" if result.problem else "ok"
        print(f"{mark:4} {result.what:60} {result.problem or result.detail}", flush=True)
        passed, failed = passed + (not result.problem), failed + bool(result.problem)
    counts = {"passed": passed, "failed": failed, "skipped": 0}
    if asked.report:
        asked.report.write_text(json.dumps(counts) + "\n", encoding="ascii")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
