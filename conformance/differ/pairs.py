"""Two adapters that are asked the same questions, many at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.adapter import Adapter, Broken
from runner.comparing import Difference, difference
from runner.places import ANYTHING, answer_place
from runner.showing import ABSENT, shortened, shown

from .questions import Question

TIMEOUT = 60.0  # seconds for one answer of a batch

#: Members whose wording is free.
FREE = ("message", "messages")


class Found(NamedTuple):
    """A question that two implementations answer differently: `one` wants, `other` got."""

    question: Question
    difference: Difference

    @property
    def signature(self) -> tuple[str, str, str]:
        """What differences of one kind have in common."""
        steps = self.difference.pointer.split("/")
        place = "/".join("*" if step.isdigit() else step for step in steps[:6])
        kind = "/".join(map(kind_of, (self.difference.want, self.difference.got)))
        return self.question.op, place, kind


def kind_of(text: str) -> str:
    """The kind of a shown value."""
    if text.startswith(("the error ", "it died", "accepted")):
        return text.partition(":")[0]
    return "nothing" if text == "nothing there" else "a value"


class Pair:
    """Two adapters."""

    def __init__(self, commands: tuple[list[str], list[str]]) -> None:
        self._adapters = tuple(Adapter(command, TIMEOUT) for command in commands)
        self.names = tuple(str(adapter.hello["name"]) for adapter in self._adapters)

    def compared(self, questions: list[Question]) -> list[Found]:
        """The questions that are answered differently."""
        answers = self.answers(questions)
        pairs = zip(questions, *answers)
        found = ((each, unlike(each.op, one, other)) for each, one, other in pairs)
        return [Found(question, unequal) for question, unequal in found if unequal]

    def answers(self, questions: list[Question]) -> list[list[dict[str, Any]]]:
        """The answers of both; a death is an answer, too."""
        lines = [{"id": n, "op": q.op, "given": q.given} for n, q in enumerate(questions)]
        streams = [Stream(adapter, lines) for adapter in self._adapters]
        return [stream.read() for stream in streams]

    def stop(self) -> None:
        """End both."""
        for adapter in self._adapters:
            adapter.stop()


class Stream:
    """A batch on the pipe of one adapter: the questions are there before an answer is read."""

    def __init__(self, adapter: Adapter, lines: list[dict[str, Any]]) -> None:
        self._adapter = adapter
        self._lines = lines
        self._answers = adapter.ask_all(lines)

    def read(self) -> list[dict[str, Any]]:
        """The answers, in order."""
        found: list[dict[str, Any]] = []
        while len(found) < len(self._lines):
            try:
                found.append(next(self._answers))
            except Broken as error:
                words = self._adapter.noise().strip()
                found.append({"died": f"{error}: {shortened(words, 600)}"})
                self._adapter.restart()
                self._answers = self._adapter.ask_all(self._lines[len(found) :])
        return found


def unlike(op: str, one: dict[str, Any], other: dict[str, Any]) -> Difference | None:
    """Where two answers differ, in what is not free."""
    if is_crash(one) or is_crash(other):
        return Difference("", outcome(one), outcome(other))
    if "ok" in one and "ok" in other:
        left, right = without_free(one["ok"]), without_free(other["ok"])
        return difference(left, right, "/ok", answer_place(op))
    if "ok" in one or "ok" in other:
        return Difference("", outcome(one), outcome(other))
    left, right = coded(one), coded(other)
    return difference(left, right, "/error", ANYTHING)


def is_crash(answer: dict[str, Any]) -> bool:
    """Whether an answer is none of the protocol's."""
    return "died" in answer or answer.get("error", {}).get("code") == "internal"


def outcome(answer: dict[str, Any]) -> str:
    """An answer by its kind."""
    if "ok" in answer:
        return f"accepted: {shown(answer['ok'])}"
    if is_crash(answer):
        return f"it died: {answer.get('died') or answer['error'].get('message')}"
    error = answer.get("error", {"code": "unsupported"})
    return f"the error {error['code']}: {error.get('message', '')} {error.get('at', '')}"


def without_free(ok: dict[str, Any]) -> dict[str, Any]:
    """An answer without the texts whose wording is free."""
    return {name: value for name, value in ok.items() if name not in FREE}


def coded(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an error is not free."""
    error = answer.get("error", {})
    return {"code": error.get("code", ABSENT), "line": error.get("at", {}).get("line")}
