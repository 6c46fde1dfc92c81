#!/usr/bin/env python3
"""Ask an implementation the questions of the conformance suite, and say what it got wrong.

    python conformance/run.py -- COMMAND...

COMMAND starts an adapter; PROTOCOL.md says how it is asked. This program needs Python 3.9 and
nothing else, and knows no implementation: it may be copied into a port together with the fixtures.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import fnmatch
import json
import queue
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
FIXTURES = HERE / "fixtures"
NOTES = HERE / "notes.json"
SPECIFICATION = HERE.parent / "spec" / "cassette-v2.md"

PROTOCOL = 1
SUITE = "2.1.0"
TIMEOUT = 10.0  # seconds for one answer
GIVE_UP = 20  # deaths and silences in a row

#: What each class is asked: its own operations, and those of the classes that it includes.
INCLUDED = {
    "exact-reader": {"exact-reader"},
    "reader": {"exact-reader", "reader"},
    "matcher": {"exact-reader", "reader", "matcher"},
    "writer": {"writer"},
    "recorder": {"exact-reader", "reader", "matcher", "writer", "recorder"},
}
MODULES = ("aws-eventstream", "br", "zstd", "files-2.0", "origins", "digest", "validate")
OPERATIONS = {
    "load": "reader",
    "canonical": "matcher",
    "path": "matcher",
    "query": "matcher",
    "normalize": "matcher",
    "key": "matcher",
    "decode": "matcher",
    "miss": "matcher",
    "redact": "matcher",
    "secret": "matcher",
    "emit": "writer",
    "encode": "writer",
    "modes": "recorder",
    "replay": "recorder",
    "validate": "any",
}


# --- cases -------------------------------------------------------------------------------------


class Case(NamedTuple):
    """One question with its expectation."""

    name: str
    op: str
    content: dict[str, Any]

    @property
    def needs(self) -> list[str]:
        """Modules without which it is not asked."""
        own = list(self.content.get("needs", ()))
        return [*own, "validate"] if self.op == "validate" else own

    @property
    def asked_of(self) -> str:
        """The class that is asked (PROTOCOL.md, section 4)."""
        given = self.content["given"]
        if self.op in ("modes", "replay") and given.get("mode") == "none":
            return "matcher"
        if self.op == "redact" and "response" in given:
            return "writer"
        if self.content.get("exact"):
            return "exact-reader"
        return OPERATIONS[self.op]


def load_cases(fixtures: Path) -> list[Case]:
    """Every case of a folder of fixture files, in the order of their names."""
    return [
        Case(f"{name}/{content['id']}", file["op"], content)
        for name, file in fixture_files(fixtures)
        for content in file["cases"]
    ]


def fixture_files(fixtures: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each fixture file."""
    for path in sorted(fixtures.rglob("*.json")):
        name = path.relative_to(fixtures).with_suffix("").as_posix()
        yield name, json.loads(path.read_text(encoding="ascii"))


def resolved(value: Any, fixtures: Path) -> Any:
    """A value with `$file`, `$json` and `$join` turned into bytes and text (PROTOCOL.md, 2)."""
    if isinstance(value, list):
        return [resolved(item, fixtures) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$file"}:
        return bytes_form((fixtures / value["$file"]).read_bytes())
    if set(value) == {"$join"}:
        return "".join(value["$join"])
    if set(value) == {"$json"}:
        inner = resolved(value["$json"], fixtures)
        return {"utf8": json.dumps(inner, ensure_ascii=False, separators=(",", ":"))}
    return {name: resolved(member, fixtures) for name, member in value.items()}


def bytes_form(data: bytes) -> dict[str, str]:
    try:
        return {"utf8": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


# --- comparing ---------------------------------------------------------------------------------


class Difference(NamedTuple):
    """The first place where an answer is not what is wanted."""

    pointer: str
    want: str
    got: str
    place: str = ""


class Token(str):
    """A number by its spelling."""


class Members(list):  # type: ignore[type-arg]
    """The members of an object, in order."""


ABSENT = object()


def wrong(case: Case, answer: dict[str, Any], fixtures: Path) -> Difference | None:
    """What is wrong with an answer; None if nothing is."""
    content = case.content
    if "error" in content:
        return wrong_error(content["error"], answer)
    if "expect" in content:
        return wrong_ok(resolved(content["expect"], fixtures), answer)
    found = []
    for each in resolved(content["any_of"], fixtures):
        refused = set(each) == {"error"}
        found.append(wrong_error(each["error"], answer) if refused else wrong_ok(each, answer))
    return None if None in found else found[0]


def wrong_error(want: dict[str, Any], answer: dict[str, Any]) -> Difference | None:
    if "error" not in answer:
        return Difference("/error/code", want["code"], "accepted: " + shown(answer.get("ok")))
    got = {name: answer["error"].get(name, ABSENT) for name in want}
    return difference(want, got, "/error")


def wrong_ok(want: dict[str, Any], answer: dict[str, Any]) -> Difference | None:
    if "ok" not in answer:
        error = answer["error"]
        message = shortened(str(error.get("message", "")), 600)
        return Difference("/ok", shown(want), f"the error {error.get('code')}: {message}")
    if not isinstance(answer["ok"], dict):
        return Difference("/ok", shown(want), shown(answer["ok"]))
    got = {name: answer["ok"].get(name, ABSENT) for name in want}
    return difference(want, got, "/ok")


def difference(want: Any, got: Any, pointer: str) -> Difference | None:
    """The first difference of two values of the protocol."""
    if got is ABSENT:
        return Difference(pointer, shown(want), "nothing there")
    if is_form(want, "$text"):
        return text_difference(want["$text"], got, pointer)
    if is_bytes(want) and is_bytes(got):
        return bytes_difference(as_bytes(want), as_bytes(got), pointer)
    if is_form(want, "json") and is_form(got, "json"):
        return spelled_difference(want["json"], got["json"], pointer)
    if isinstance(want, dict) and isinstance(got, dict):
        names = [*want, *(name for name in got if name not in want)]
        steps = ((name, want.get(name, ABSENT), got.get(name, ABSENT)) for name in names)
        return first(steps, pointer)
    if isinstance(want, list) and isinstance(got, list):
        return first(items(want, got), pointer)
    if isinstance(want, str) and isinstance(got, str):
        return string_difference(want, got, pointer)
    return None if same_scalar(want, got) else Difference(pointer, shown(want), shown(got))


def items(want: list[Any], got: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    for index in range(max(len(want), len(got))):
        yield (
            index,
            want[index] if index < len(want) else ABSENT,
            got[index] if index < len(got) else ABSENT,
        )


def first(steps: Iterable[tuple[Any, Any, Any]], pointer: str) -> Difference | None:
    for step, want, got in steps:
        inner = f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
        if want is ABSENT:
            return Difference(inner, "nothing there", shown(got))
        found = difference(want, got, inner)
        if found:
            return found
    return None


def same_scalar(want: Any, got: Any) -> bool:
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    if isinstance(want, (int, float)) and isinstance(got, (int, float)):
        return float(want) == float(got)
    return type(want) is type(got) and bool(want == got)


def spelled_difference(want: str, got: str, pointer: str) -> Difference | None:
    """Two JSON texts: numbers by their tokens, members in their order."""
    try:
        return ordered_difference(spelled(want), spelled(got), pointer + "/json")
    except ValueError as error:
        return Difference(pointer + "/json", shown(want), f"no JSON text ({error}): {shown(got)}")


def spelled(text: str) -> Any:
    return json.loads(text, parse_int=Token, parse_float=Token, object_pairs_hook=Members)


def ordered_difference(want: Any, got: Any, pointer: str) -> Difference | None:
    if type(want) is not type(got):
        return Difference(pointer, spelled_text(want), spelled_text(got))
    if isinstance(want, Members):
        wanted, found = [name for name, _ in want], [name for name, _ in got]
        if wanted != found:
            return Difference(pointer, f"members {shown(wanted)}", f"members {shown(found)}")
        steps = ((name, member, got[i][1]) for i, (name, member) in enumerate(want))
    elif isinstance(want, list):
        if len(want) != len(got):
            return Difference(pointer, f"{len(want)} items", f"{len(got)} items")
        steps = ((i, item, got[i]) for i, item in enumerate(want))
    elif isinstance(want, str) and not isinstance(want, Token):
        return string_difference(want, got, pointer)
    else:
        same = want == got
        return None if same else Difference(pointer, spelled_text(want), spelled_text(got))
    for step, one, other in steps:
        found_inside = ordered_difference(one, other, f"{pointer}/{step}")
        if found_inside:
            return found_inside
    return None


def text_difference(rule: dict[str, Any], got: Any, pointer: str) -> Difference | None:
    if not isinstance(got, str):
        return Difference(pointer, "a text", shown(got))
    for part in rule.get("contains", ()):
        if part not in got:
            return Difference(pointer, f"a text that contains {shown(part)}", shown(got))
    for part in rule.get("lacks", ()):
        if part in got:
            return Difference(pointer, f"a text without {shown(part)}", shown(got))
    if len(got) > rule.get("at_most", len(got)):
        most = rule["at_most"]
        return Difference(pointer, f"at most {most} characters", f"{len(got)} characters")
    return None


def string_difference(want: str, got: str, pointer: str) -> Difference | None:
    if want == got:
        return None
    at = first_index(want, got)
    line, column = want.count("\n", 0, at) + 1, at - (want.rfind("\n", 0, at) + 1) + 1
    place = f"character {at}" if "\n" not in want else f"line {line}, column {column}"
    return Difference(pointer, window(want, at), window(got, at), place)


def bytes_difference(want: bytes, got: bytes, pointer: str) -> Difference | None:
    if want == got:
        return None
    at = first_index(want, got)
    place = f"byte {at}, line {want.count(10, 0, at) + 1}"
    return Difference(pointer, hex_window(want, at), hex_window(got, at), place)


def first_index(want: Any, got: Any) -> int:
    pairs = enumerate(zip(want, got))
    return next((i for i, (a, b) in pairs if a != b), min(len(want), len(got)))


def window(text: str, at: int) -> str:
    start, end = max(0, at - 30), at + 50
    before, after = "..." if start else "", "..." if end < len(text) else ""
    return before + json.dumps(text[start:end], ensure_ascii=True) + after


def hex_window(data: bytes, at: int) -> str:
    start, end = max(0, at - 30), at + 50
    text = ("..." if start else "") + ascii(data[start:end])[1:] + ("..." if data[end:] else "")
    octets = data[at : at + 8].hex(" ") or "the end"
    return f"{text} (there: {octets})"


def is_form(value: Any, name: str) -> bool:
    if not isinstance(value, dict) or set(value) != {name}:
        return False
    return isinstance(value[name], dict if name == "$text" else str)


def is_bytes(value: Any) -> bool:
    return is_form(value, "utf8") or is_form(value, "base64")


def as_bytes(form: dict[str, str]) -> bytes:
    if "utf8" in form:
        return form["utf8"].encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(form["base64"], validate=True)
    except (binascii.Error, ValueError):
        return b"(not base64) " + form["base64"].encode("utf-8", "surrogatepass")


def shown(value: Any) -> str:
    if value is ABSENT:
        return "nothing there"
    return shortened(json.dumps(value, ensure_ascii=True, default=str), 300)


def spelled_text(value: Any) -> str:
    if isinstance(value, Token):
        return f"the number {shortened(value, 300)}"
    if isinstance(value, Members):
        return "an object"
    return "an array" if isinstance(value, list) else shown(value)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "..."


# --- the adapter -------------------------------------------------------------------------------


class Broken(Exception):
    """No answer came, or something that is none."""


class Adapter:
    """A process that answers, one line for a line."""

    def __init__(self, command: list[str], timeout: float) -> None:
        self._command = command
        self._timeout = timeout
        self._questions: queue.Queue[bytes | None] = queue.Queue()
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._noise: list[bytes] = []
        self._process = self._start()
        self.hello = self._greet()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question.

        Raises:
            Broken: the process died, was silent, or said something else.
        """
        self._noise.clear()
        line = self._exchange(question)
        try:
            answer = json.loads(line)
        except ValueError:
            raise Broken(
                f"this line is no JSON: {shown(line.decode('utf-8', 'replace'))}"
            ) from None
        kinds = {"ok", "error", "unsupported"} & set(answer if isinstance(answer, dict) else ())
        if len(kinds) != 1 or answer.get("id") != question["id"]:
            raise Broken(f"no answer to question {question['id']}: {shown(answer)}")
        if "error" in answer and not isinstance(answer["error"], dict):
            raise Broken(f"an error is an object with a code: {shown(answer)}")
        return dict(answer)

    def noise(self) -> str:
        """What it wrote to standard error since the last question."""
        time.sleep(0.05)
        return b"".join(self._noise).decode("utf-8", "replace").strip()

    def restart(self) -> None:
        """End the process and start it anew."""
        self.stop()
        self._process = self._start()
        self._greet()

    def stop(self) -> None:
        """End the process."""
        self._questions.put(None)
        try:
            self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise Broken(f"{self._command[0]} cannot be started: {error}") from None
        self._questions, self._lines, self._noise = queue.Queue(), queue.Queue(), []
        for work, through in (
            (write_questions, self._questions),
            (read_lines, self._lines),
            (read_noise, self._noise),
        ):
            threading.Thread(target=work, args=(process, through), daemon=True).start()
        return process

    def _greet(self) -> dict[str, Any]:
        question = {"op": "hello", "protocol": PROTOCOL, "suite": SUITE}
        try:
            answer = json.loads(self._exchange(question))
            problem = hello_problem(answer)
        except ValueError:
            problem = "it is no JSON"
        if problem:
            raise Broken(f"the answer to hello: {problem}")
        return dict(answer)

    def _exchange(self, question: dict[str, Any]) -> bytes:
        self._questions.put(json.dumps(question).encode("ascii") + b"\n")
        try:
            line = self._lines.get(timeout=self._timeout)
        except queue.Empty:
            raise Broken(f"no answer within {self._timeout:g} seconds") from None
        if line is None:
            raise Broken(f"the process died, {self._status()}")
        return line

    def _status(self) -> str:
        try:
            return f"exit status {self._process.wait(timeout=1)}"
        except subprocess.TimeoutExpired:
            return "having closed its standard output"


# A pipe is filled and emptied in threads: neither side can then wait for the other for ever.


def write_questions(process: subprocess.Popen[bytes], lines: queue.Queue[bytes | None]) -> None:
    with contextlib.suppress(OSError), process.stdin as stream:  # type: ignore[union-attr]
        for line in iter(lines.get, None):
            stream.write(line)
            stream.flush()


def read_lines(process: subprocess.Popen[bytes], lines: queue.Queue[bytes | None]) -> None:
    with process.stdout as stream:  # type: ignore[union-attr]
        for line in stream:
            lines.put(line)
    lines.put(None)


def read_noise(process: subprocess.Popen[bytes], noise: list[bytes]) -> None:
    with process.stderr as stream:  # type: ignore[union-attr]
        for line in stream:
            noise.append(line)


def hello_problem(answer: Any) -> str:
    if not isinstance(answer, dict):
        return "it is no object"
    if answer.get("protocol") != PROTOCOL:
        return f"its protocol is {shown(answer.get('protocol'))}, not {PROTOCOL}"
    for name, known in (("classes", INCLUDED), ("modules", MODULES), ("ops", OPERATIONS)):
        claimed = answer.get(name, [])
        if not isinstance(claimed, list) or not set(map(str, claimed)) <= set(known):
            return f"{name} is {shown(claimed)}, not a list of some of {', '.join(known)}"
    if not answer.get("name"):
        return "it has no name"
    if not all(isinstance(skip, dict) and skip.get("link") for skip in answer.get("skips", ())):
        return "each of skips is an object with a case and a link"
    return ""


# --- a run -------------------------------------------------------------------------------------


class Failure(NamedTuple):
    """A case that failed, and what there is to say about it."""

    case: Case
    found: Difference
    noise: str


class Outcome(NamedTuple):
    """What became of all cases."""

    passed: list[str]
    failures: list[Failure]
    skipped: list[tuple[str, str]]


class Run:
    """One pass, or two, over the cases that an adapter claims."""

    def __init__(self, adapter: Adapter, fixtures: Path, known: dict[str, str]) -> None:
        self._adapter = adapter
        self._fixtures = fixtures
        self._known = known
        self._broken = 0
        self._serial = 0

    def whole(self, cases: list[Case], *, twice: bool) -> Outcome:
        """Ask every case; a second time in the opposite order, if wanted."""
        outcome = Outcome([], [], [])
        answers: dict[str, Any] = {}
        results = {case.name: self._one(case, answers, None) for case in cases}
        if twice:
            for case in reversed(cases):
                if results[case.name] is None:
                    results[case.name] = self._one(case, {}, answers.get(case.name))
        for case in cases:
            self._sort(case, results[case.name], outcome)
        return outcome

    def _sort(self, case: Case, result: Any, outcome: Outcome) -> None:
        reason = self._known.get(case.name)
        if isinstance(result, str):
            outcome.skipped.append((case.name, result))
        elif reason is None and result is None:
            outcome.passed.append(case.name)
        elif reason is None:
            outcome.failures.append(result)
        elif result is not None:
            outcome.skipped.append((case.name, f"known to fail: {reason}"))
        else:
            stale = Difference("", "a failure, as was said", f"it passes; strike out: {reason}")
            outcome.failures.append(Failure(case, stale, ""))

    def _one(self, case: Case, answers: dict[str, Any], before: Any) -> Any:
        """None if a case passes, a text if it is skipped, else its failure."""
        if self._broken >= GIVE_UP:
            return Failure(case, Difference("", "an answer", f"given up: {GIVE_UP} in a row"), "")
        self._serial += 1
        given = resolved(case.content["given"], self._fixtures)
        try:
            answer = self._adapter.ask({"id": self._serial, "op": case.op, "given": given})
        except Broken as error:
            return self._failed(case, error)
        self._broken = 0
        if "unsupported" in answer:
            return self._unsupported(case, answer["unsupported"])
        answers[case.name] = remembered(answer)
        found = wrong(case, answer, self._fixtures)
        if found and not_exact(case, answer, self._adapter.hello):
            return "an exact reader need not read the text"
        if found is None and before is not None:
            found = difference(before, remembered(answer), "")
            if found:
                found = found._replace(want=f"the same answer as before: {found.want}")
        return None if found is None else Failure(case, found, self._adapter.noise())

    def _failed(self, case: Case, error: Broken) -> Failure:
        self._broken += 1
        failure = Failure(case, Difference("", "an answer", str(error)), self._adapter.noise())
        try:
            self._adapter.restart()
        except Broken:
            self._broken = GIVE_UP
        return failure

    def _unsupported(self, case: Case, module: Any) -> Any:
        if module in MODULES and module not in self._adapter.hello.get("modules", ()):
            return f"needs the module {module}"
        found = Difference("/unsupported", "a module that is not claimed", shown(module))
        return Failure(case, found, "")


def not_exact(case: Case, answer: dict[str, Any], hello: dict[str, Any]) -> bool:
    """Whether an answer is that of an exact reader to a text in another form [CONF-5]."""
    classes = set().union(*(INCLUDED[each] for each in hello.get("classes", ())))
    is_exact_reader = "exact-reader" in classes and "reader" not in classes
    refused = answer.get("error", {}).get("code") == "yaml.syntax"
    return case.asked_of == "reader" and is_exact_reader and refused


def remembered(answer: dict[str, Any]) -> Any:
    """What of an answer must be the same when it is asked again."""
    if "ok" in answer:
        return {"ok": answer["ok"]}
    return {"error": {name: answer["error"].get(name) for name in ("code", "at")}}


def unclaimed(case: Case, hello: dict[str, Any]) -> str:
    """Why an adapter is not asked a case; empty if it is."""
    if "ops" in hello and case.op not in hello["ops"]:
        return f"the operation {case.op} is not claimed"
    for module in case.needs:
        if module not in hello.get("modules", ()):
            return f"needs the module {module}"
    classes = set().union(*(INCLUDED[each] for each in hello.get("classes", ())))
    if case.asked_of == "reader" and "exact-reader" in classes:
        return ""  # the answer may be that the text is not read [CONF-5]
    if (classes or "ops" not in hello) and case.asked_of not in {*classes, "any"}:
        return f"the class {case.asked_of} is not claimed"
    return ""


# --- saying it ---------------------------------------------------------------------------------


def requirements(text: str) -> dict[str, str]:
    """The requirements of the specification: id -> its sentences, steps and tables on one line."""
    found = {}
    paragraph = r"^- \*\*\[([A-Z0-9-]+)\]\*\* (.*(?:\n(?:  .*)?)*)"
    for match in re.finditer(paragraph, text, re.MULTILINE):
        found[match.group(1)] = " ".join(match.group(2).split())
    return found


def report(failure: Failure, notes: dict[str, str], spec: dict[str, str], whole: bool) -> str:
    """A failure, for the eye; with the whole question, or its beginning."""
    case, found, noise = failure
    given = case.content["given"]
    place = f"at {found.pointer or 'the answer'}" + (f" ({found.place})" if found.place else "")
    lines = [
        f"FAIL {case.name}  [{', '.join(case.content['covers'])}]",
        f"  {case.content['title']}",
        f"  {place}",
        f"    want: {found.want}",
        f"    got:  {found.got}",
        f"  given: {json.dumps(given) if whole else shown(given)}",
    ]
    lines += [f"  why it matters: {notes[f]}" for f in case.content.get("flags", ()) if f in notes]
    lines += [
        f"  the specification: [{each}] {shortened(spec[each], 700)}"
        for each in case.content["covers"]
        if each in spec
    ]
    if noise:
        lines += ["  standard error:", *("    " + line for line in noise.splitlines()[-20:])]
    return "\n".join(lines)


def summary(outcome: Outcome, hello: dict[str, Any], seed: int) -> dict[str, Any]:
    """A run, for machines."""
    return {
        "suite": SUITE,
        "seed": seed,
        "adapter": hello,
        "passed": len(outcome.passed),
        "failed": len(outcome.failures),
        "skipped": len(outcome.skipped),
        "failures": [
            {
                "case": case.name,
                "covers": case.content["covers"],
                "title": case.content["title"],
                **found._asdict(),
                "stderr": noise,
            }
            for case, found, noise in outcome.failures
        ],
        "skips": [{"case": name, "reason": reason} for name, reason in outcome.skipped],
    }


def counts(outcome: Outcome) -> str:
    """The closing line."""
    return (
        f"{len(outcome.passed)} passed, {len(outcome.failures)} failed, "
        f"{len(outcome.skipped)} skipped"
    )


# --- the command -------------------------------------------------------------------------------


def arguments(argv: list[str]) -> argparse.Namespace:
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
    add("--report", type=Path, metavar="FILE", help="write that object to a file")
    add("command", nargs="+", metavar="COMMAND", help="how to start the adapter")
    return parser.parse_args(argv)


def chosen(case: Case, filters: list[str], klass: str | None) -> bool:
    """Whether a case is among those that were asked for."""
    if klass is not None and case.asked_of not in INCLUDED[klass]:
        return False
    return not filters or any(
        each in case.content["covers"] or each in case.name or fnmatch.fnmatch(case.name, each)
        for each in filters
    )


def known_failures(hello: dict[str, Any], path: Path | None) -> dict[str, str]:
    """Cases that are known to fail -> where that is said."""
    known = {str(skip.get("case")): str(skip["link"]) for skip in hello.get("skips", ())}
    for line in path.read_text(encoding="utf-8").splitlines() if path else ():
        name, _, reason = (part.strip() for part in line.partition("#"))
        if name:
            known[name] = reason or str(path)
    return known


def main(argv: list[str]) -> int:
    """Run the suite; 0 if nothing failed, 1 if something did, 2 if it could not be run."""
    asked = arguments(argv)
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    every = load_cases(asked.fixtures)
    cases = [case for case in every if chosen(case, asked.filter, asked.klass)]
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
    reasons = {case.name: unclaimed(case, adapter.hello) for case in cases}
    mine = [case for case in cases if not reasons[case.name]]
    outcome = Run(adapter, asked.fixtures, known).whole(mine, twice=asked.twice)
    for name in sorted(set(known) - names):
        ghost = Case(name, "", {"covers": [], "title": "A known failure.", "given": {}})
        found = Difference("", "the name of a case", "there is no such case")
        outcome.failures.append(Failure(ghost, found, ""))
    if not asked.claimed:
        outcome.skipped.extend((name, why) for name, why in reasons.items() if why)
    return outcome


def tell(outcome: Outcome, hello: dict[str, Any], seed: int, asked: argparse.Namespace) -> None:
    """Print what came out."""
    result = summary(outcome, hello, seed)
    if asked.report:
        asked.report.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    notes = json.loads(NOTES.read_text(encoding="utf-8")) if NOTES.exists() else {}
    text = SPECIFICATION.read_text(encoding="utf-8") if SPECIFICATION.exists() else ""
    spec = requirements(text)
    who = f"{hello['name']} {hello.get('version', '')} ({hello.get('language', '?')})"
    print(f"suite {SUITE}, seed {seed}: {who}\n")
    for failure in sorted(outcome.failures, key=lambda each: each.case.name):
        print(report(failure, notes, spec, asked.verbose) + "\n")
    reasons: dict[str, int] = {}
    for _, reason in outcome.skipped:
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        print(f"skipped {count}: {reason}")
    if not outcome.passed and not outcome.failures:
        print("No case was asked: that is a failure of the run.")
    print(counts(outcome))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
