"""A cursor over the tree of a cassette's text: a value, its path, and what is wrong. [FILE-2]

`cursor.member("url").text()` is the text of a member, or raises :class:`Invalid`. The functions of
`read_tree` and `read_bodies` read parts of a file through a cursor; `recover` notes what is wrong
with a part and reads on, so that all problems of a file are known.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Callable, NamedTuple, NoReturn, TypeVar

from .._base.model import JSON, FileOptions, Number, Place, Provenance, Steps

T = TypeVar("T")

_RESERVED = "ext-"
_OF_OTHERS = ("x-", _RESERVED)


def _are_of_others(names: Collection[str]) -> bool:
    """Whether each of these names, which may be many, begins so; false if one has a line feed."""
    joined = "\n" + "\n".join(names)
    starts = sum(joined.count("\n" + start) for start in _OF_OTHERS)
    return starts == len(names) == joined.count("\n")


class Problem(NamedTuple):
    """Something that a reader refuses a file for.

    Attributes:
        code: of the spec's list [ERR-1].
        path: where it is; that of a missing member ends in its name.
        problem: one sentence.
        usable: whether the part around it has been read nevertheless.
    """

    code: str
    path: Steps
    problem: str
    usable: bool = False

    def line(self, place: Place) -> int:
        """The line where the problem begins: that of an unknown name, or that of the value."""
        return place.name if self.code == "cassette.unknown-member" else place.value


class Invalid(Exception):
    """A part cannot be read; its arguments are the problems."""


class Notes:
    """The rules of one reading, and the problems found by it, in the order of reading.

    Args:
        legacy: read a 2.0 file.
        strict: also note what a reader accepts and no writer may write.
    """

    __slots__ = ("legacy", "problems", "strict")

    def __init__(self, *, legacy: bool = False, strict: bool = False) -> None:
        self.legacy = legacy
        self.strict = strict
        self.problems: list[Problem] = []


class Cursor:
    """A value of a tree, with its place in the tree."""

    __slots__ = ("_parent", "_step", "notes", "value")

    def __init__(
        self, value: JSON, notes: Notes, parent: Cursor | None = None, step: str | int = ""
    ) -> None:
        self.value = value
        self.notes = notes
        # Most paths are never asked for, so none is built before.
        self._parent = parent
        self._step = step

    @property
    def path(self) -> Steps:
        """The steps from the root of the tree."""
        steps: list[str | int] = []
        cursor = self
        while cursor._parent is not None:
            steps.append(cursor._step)
            cursor = cursor._parent
        return tuple(reversed(steps))

    # Problems

    def fail(self, code: str, problem: str) -> NoReturn:
        """Refuse this value.

        Raises:
            Invalid: always.
        """
        raise Invalid(Problem(code, self.path, problem))

    def note(self, code: str, problem: str) -> None:
        """Note a problem of this value, which is read nevertheless."""
        self.notes.problems.append(Problem(code, self.path, problem, usable=True))

    def recover(self, default: T, read: Callable[[Cursor], T]) -> T:
        """What a function reads here; the default if that is invalid, which is noted."""
        try:
            return read(self)
        except Invalid as invalid:
            self.notes.problems.extend(invalid.args)
            return default

    # Inner values

    def has(self, name: str) -> bool:
        """Whether this mapping has a member."""
        return name in self.value

    def child(self, step: str | int, value: JSON = None) -> Cursor:
        """The place of a member or an item, whether it is there or not."""
        return Cursor(value, self.notes, self, step)

    def member(self, name: str) -> Cursor:
        """A member of this mapping; its absence is a problem."""
        if name not in self.value:
            self.child(name).fail("cassette.missing-member", f"the member {name} is missing here")
        return Cursor(self.value[name], self.notes, self, name)

    def members(self) -> Iterator[tuple[str, Cursor]]:
        """The names and values of this mapping."""
        for name, value in self.value.items():
            yield name, Cursor(value, self.notes, self, name)

    def items(self) -> Iterator[Cursor]:
        """The items of this list."""
        for index, value in enumerate(self.sequence().value):
            yield Cursor(value, self.notes, self, index)

    def each(self, default: T, read: Callable[[Cursor], T]) -> tuple[T, ...]:
        """What a function reads from each item of this list; the default for an invalid item."""
        return tuple([item.recover(default, read) for item in self.items()])

    def extras(self, known: frozenset[str]) -> tuple[tuple[str, JSON], ...]:
        """The members of others: those of users, and those of later versions [FILE-4] [FILE-26].

        Any other member that is not known is a problem.
        """
        tree = self.value
        if self.notes.legacy:
            known -= NEW_IN_2_1
        if known.issuperset(tree):
            return ()
        found = dict(tree)
        for name in known:
            found.pop(name, None)
        if not _are_of_others(found):
            for name in tree:
                if name not in known and not name.startswith(_OF_OTHERS):
                    self._unknown(name, "; names of your own begin with x-")
                    del found[name]
        return tuple(found.items())

    def reserved(self, known: frozenset[str]) -> tuple[tuple[str, JSON], ...]:
        """The members of later versions, in a mapping that users cannot extend [FILE-26].

        Any other member that is not known is a problem.
        """
        for name in self.value:
            if name not in known and not name.startswith(_RESERVED):
                self._unknown(name, "")
        return tuple((name, self.value[name]) for name in self.value if name.startswith(_RESERVED))

    def _unknown(self, name: str, hint: str) -> None:
        problem = f"the format has no member {name} here{hint}"
        self.child(name).note("cassette.unknown-member", problem)

    # Types

    def mapping(self) -> Cursor:
        """This value, which has to be a mapping."""
        self._expect(dict, "a mapping")
        return self

    def sequence(self) -> Cursor:
        """This value, which has to be a list."""
        self._expect(list, "a list")
        return self

    def text(self) -> str:
        """This value, which has to be a string."""
        if not isinstance(self.value, str) and self.notes.legacy:
            return self._plain()  # YAML-R5
        return self._expect(str, "a string in quotes")

    def matching(self, pattern: re.Pattern[str], problem: str, code: str = "cassette.value") -> str:
        """This value, which has to be a string that a pattern matches."""
        text = self.text()
        if not pattern.match(text):
            self.fail(code, problem)
        return text

    def texts(self) -> tuple[str, ...]:
        """This value, which has to be a list of strings; an invalid item is an empty one."""
        items = self.sequence().value
        if set(map(type, items)) <= {str}:
            return tuple(items)
        return self.each("", Cursor.text)

    def integer(self) -> int:
        """This value, which has to be a whole number."""
        if isinstance(self.value, Number) and "." not in self.value.text:
            self.fail("cassette.value", f"{self._name()} has too many digits")
        if isinstance(self.value, bool):
            self._refuse("a whole number")
        return self._expect(int, "a whole number")

    def flag(self, name: str, *, required: bool = False) -> bool:
        """A member that has to be a boolean; false where it may be absent, and is."""
        if name not in self.value and not required:
            return False
        return self.member(name)._expect(bool, "true or false")

    def _plain(self) -> str:
        value = self.value
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, (int, float, Number)):
            return value.text if isinstance(value, Number) else repr(value)
        self._refuse("a string")

    def _expect(self, kind: type[T], what: str) -> T:
        if not isinstance(self.value, kind):
            self._refuse(what)
        return self.value

    def _refuse(self, what: str) -> NoReturn:
        self.fail("cassette.type", f"{self._name()} must be {what}")

    def _name(self) -> str:
        path = self.path
        names = [step for step in path if isinstance(step, str)]
        item = "an item of " if path and isinstance(path[-1], int) else ""
        return item + (names[-1] if names else "the root")


#: Members that a 2.0 file does not have [V20-1].
NEW_IN_2_1 = frozenset(
    (
        "minor",
        *FileOptions._fields,
        "lists",
        "digest",
        "incomplete",
        "failure",
        "recorded_at",
        *Provenance._fields,
        "redacted",
        "dialect",
        "reason",
        "framing",
        "tail",
        "layout",
        "checksum",
        "truncated",
        "delays_ms",
        "after",
    )
)
