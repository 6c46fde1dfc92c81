"""A run: every case that an adapter claims, in order, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from .adapter import Adapter, Broken, Died
from .cases import MODULES, Case, not_exact, resolved, unclaimed
from .comparing import Difference, difference, wrong
from .places import ANYTHING, answer_place
from .showing import shown

GIVE_UP = 20  # deaths and silences in a row


class Failure(NamedTuple):
    """A case that failed, and what there is to say about it.

    Attributes:
        kind: "died" if the adapter ended, "broken" if no answer came, "given up" if the case was
            not asked because of those before it, or "wrong".
        noise: what the adapter wrote to standard error.
    """

    case: Case
    found: Difference
    noise: str = ""
    kind: str = "wrong"


class Outcome(NamedTuple):
    """What became of all cases."""

    passed: list[Case]
    failures: list[Failure]
    skipped: list[tuple[Case, str]]


class Run:
    """One pass, or two, over the cases that an adapter claims."""

    def __init__(self, adapter: Adapter, fixtures: Path, known: dict[str, str]) -> None:
        self._adapter = adapter
        self._fixtures = fixtures
        self._known = known
        self._broken = 0
        self._serial = 0

    def whole(self, cases: list[Case], *, twice: bool) -> Outcome:
        """Ask every case that is claimed; a second time in the opposite order, if wanted."""
        outcome = Outcome([], [], [])
        reasons = {case.name: unclaimed(case, self._adapter.hello) for case in cases}
        mine = [case for case in cases if not reasons[case.name]]
        answers: dict[str, Any] = {}
        results = {case.name: self._one(case, answers, None) for case in mine}
        if twice:
            for case in reversed(mine):
                if results[case.name] is None:
                    results[case.name] = self._one(case, {}, answers.get(case.name))
        for case in cases:
            self._sort(case, reasons[case.name] or results[case.name], outcome)
        return outcome

    def _sort(self, case: Case, result: Any, outcome: Outcome) -> None:
        reason = self._known.get(case.name)
        if isinstance(result, str):
            outcome.skipped.append((case, result))
        elif reason is None and result is None:
            outcome.passed.append(case)
        elif reason is None:
            outcome.failures.append(result)
        elif result is not None:
            outcome.skipped.append((case, f"known to fail: {reason}"))
        else:
            stale = Difference("", "a failure, as was said", f"it passes; strike out: {reason}")
            outcome.failures.append(Failure(case, stale))

    def _one(self, case: Case, answers: dict[str, Any], before: Any) -> Any:
        """None if a case passes, a text if it is skipped, else its failure."""
        if self._broken >= GIVE_UP:
            given_up = Difference("", "an answer", f"given up: {GIVE_UP} in a row")
            return Failure(case, given_up, kind="given up")
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
            found = changed(case.op, before, remembered(answer))
        return None if found is None else Failure(case, found, self._adapter.noise())

    def _failed(self, case: Case, error: Broken) -> Failure:
        self._broken += 1
        kind = "died" if isinstance(error, Died) else "broken"
        found = Difference("", "an answer", str(error))
        failure = Failure(case, found, self._adapter.noise(), kind)
        try:
            self._adapter.restart()
        except Broken:
            self._broken = GIVE_UP
        return failure

    def _unsupported(self, case: Case, module: Any) -> Any:
        if module in MODULES and module not in self._adapter.hello.get("modules", ()):
            return f"needs the module {module}"
        found = Difference("/unsupported", "a module that is not claimed", shown(module))
        return Failure(case, found)


def remembered(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer must be the same when it is asked again."""
    if "ok" in answer:
        return {"ok": answer["ok"]}
    return {"error": {name: answer["error"].get(name) for name in ("code", "at")}}


def changed(op: str, before: dict[str, Any], after: dict[str, Any]) -> Difference | None:
    """How a second answer differs from the first."""
    if "ok" in before and "ok" in after:
        found = difference(before["ok"], after["ok"], "/ok", answer_place(op))
    else:
        found = difference(before, after, "", ANYTHING)
    return found and found._replace(want=f"the same answer as before: {found.want}")


def known_failures(hello: dict[str, Any], path: Path | None) -> dict[str, str]:
    """Cases that are known to fail -> where that is said."""
    known = {str(skip.get("case")): str(skip["link"]) for skip in hello.get("skips", ())}
    for line in path.read_text(encoding="utf-8").splitlines() if path else ():
        name, _, reason = (part.strip() for part in line.partition("#"))
        if name:
            known[name] = reason or str(path)
    return known


def ghosts(known: dict[str, str], names: set[str]) -> list[Failure]:
    """A failure for each known failure that names no case."""
    found = Difference("", "the name of a case", "there is no such case")
    content = {"covers": [], "title": "A known failure.", "given": {}}
    return [Failure(Case(name, "", content), found) for name in sorted(set(known) - names)]
