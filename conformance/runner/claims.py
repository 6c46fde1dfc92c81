"""What an adapter claims, and what a run shows of it and does not show."""

from __future__ import annotations

from typing import Any, NamedTuple

from .asking import Outcome
from .cases import INCLUDED, MODULES, OPERATIONS, Case, claimed_classes

#: What a run without failures shows of each class, and what no question on a pipe can show.
SHOWN = {
    "exact-reader": (
        "It reads each file of the exact form: what the writers of this format write.",
        "Files that a person or another YAML library wrote, and faulty files.",
    ),
    "reader": (
        "It reads each file of the suite, and refuses each faulty one with the right code.",
        "How it opens files: their names, links, size limits and permissions.",
    ),
    "matcher": (
        "Requests have the right keys; recordings are selected, and played back to the byte.",
        "That a client of an HTTP library gets these bytes, and that nothing reaches the network.",
    ),
    "writer": (
        "Answers and files are written to the byte, without the secrets of the cases.",
        "Secrets of a form that no case has.",
    ),
    "recorder": (
        "Sessions decide each request rightly, and write the right file at their end.",
        "Journals while a session runs, locks between processes, threads and tasks that share a "
        "session, crashes, full disks, and the HTTP libraries that are patched.",
    ),
}


class Class(NamedTuple):
    """A class that is claimed, with the cases that only this class is asked.

    Attributes:
        whole: whether all operations of the class are claimed.
    """

    name: str
    passed: int
    failed: int
    skipped: int
    whole: bool = True

    @property
    def holds(self) -> bool:
        """Whether its cases were asked, and none failed."""
        return self.whole and self.passed > 0 and not self.failed


class Claims(NamedTuple):
    """What an adapter claims: classes, formats, and modules by their names."""

    classes: tuple[Class, ...]
    formats: tuple[str, ...]
    modules: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def badge(self) -> str:
        """The highest class that a run shows: all that it includes hold too. Empty if none."""
        holding = {each.name for each in self.classes if each.holds}
        shown = [name for name in INCLUDED if INCLUDED[name] <= holding]
        return shown[-1] if shown else ""


def claims(hello: dict[str, Any], outcome: Outcome) -> Claims:
    """What an adapter claims, beside what became of the cases."""
    modules = hello.get("modules", ())
    return Claims(
        tuple(counted(name, hello, outcome) for name in claimed_classes(hello)),
        tuple(map(str, hello.get("formats", ()))),
        tuple(each for each in MODULES if each in modules),
        tuple(each for each in MODULES if each not in modules),
    )


def counted(name: str, hello: dict[str, Any], outcome: Outcome) -> Class:
    """The cases of a class."""

    def is_mine(case: Case) -> bool:
        return bool(case.op) and case.asked_of == name

    own = {op for op, klass in OPERATIONS.items() if klass == name}
    return Class(
        name,
        sum(is_mine(case) for case in outcome.passed),
        sum(is_mine(failure.case) for failure in outcome.failures),
        sum(is_mine(case) for case, _ in outcome.skipped),
        own <= set(hello.get("ops", own)),
    )
