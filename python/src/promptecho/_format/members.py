"""Members of a tree by name and type, with the place in hand for a message. [FILE-2]

The foundation of the readers of `_read_tree`; whatever is wrong becomes a `Problem`.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple, NoReturn, TypeVar

from .._base.model import JSON, Number, Steps
from .._text.yaml_reader import Place

T = TypeVar("T")


class Problem(NamedTuple):
    """Something that a reader refuses a file for.

    Attributes:
        code: of the spec's list [ERR-1].
        path: where it is; that of a missing member ends in its name.
        problem: one sentence.
    """

    code: str
    path: Steps
    problem: str

    def line(self, place: Place) -> int:
        """Where the fault begins: a name that is unknown, or the value."""
        return place.name if self.code == "cassette.unknown-member" else place.value


class Invalid(Exception):
    """A part cannot be read; its arguments are the faults."""


class Members:
    """Takes members out of mappings, and notes what is wrong with them."""

    def __init__(self, *, legacy: bool) -> None:
        self.problems: list[Problem] = []
        self._legacy = legacy

    def recover(self, default: T, part: Callable[[], T]) -> T:
        """A part of the file; the default if it has a fault, which is noted."""
        try:
            return part()
        except Invalid as faulty:
            self.problems.extend(faulty.args)
            return default

    def _member(self, tree: dict[str, JSON], name: str, path: Steps) -> JSON:
        if name not in tree:
            self._fail("cassette.missing-member", (*path, name), f"the member {name} is missing")
        return tree[name]

    def _text_of(self, tree: dict[str, JSON], name: str, path: Steps) -> str:
        return self._string(self._member(tree, name, path), (*path, name))

    def _matching(
        self,
        tree: dict[str, JSON],
        name: str,
        path: Steps,
        pattern: re.Pattern[str],
        what: str,
        code: str = "cassette.value",
    ) -> str:
        def text() -> str:
            text = self._text_of(tree, name, path)
            if not pattern.match(text):
                self._fail(code, (*path, name), what)
            return text

        return self.recover("", text)

    def _extras(
        self, tree: dict[str, JSON], known: tuple[str, ...], path: Steps
    ) -> tuple[tuple[str, JSON], ...]:
        new = _NEW_IN_2_1 if self._legacy else ()
        unknown = [name for name in tree if name not in known or name in new]
        for name in unknown:
            if not name.startswith("x-"):
                self._unknown(name, path, " (names of your own begin with x-)")
        return tuple((name, tree[name]) for name in unknown if name.startswith("x-"))

    def _only(self, tree: dict[str, JSON], known: tuple[str, ...], path: Steps) -> None:
        for name in tree:
            if name not in known:
                self._unknown(name, path, "")

    def _unknown(self, name: str, path: Steps, hint: str) -> None:
        problem = f"the member {name} is unknown{hint}"
        self.problems.append(Problem("cassette.unknown-member", (*path, name), problem))

    def _mapping(self, value: JSON, path: Steps) -> dict[str, JSON]:
        return self._typed(value, dict, path, "a mapping")

    def _list(self, value: JSON, path: Steps) -> list[JSON]:
        return self._typed(value, list, path, "a list")

    def _names(self, value: JSON, path: Steps) -> tuple[str, ...]:
        items = self._list(value, path)
        return tuple(
            item if isinstance(item, str) else self._kept_string(item, (*path, i))
            for i, item in enumerate(items)
        )

    def _kept_string(self, value: JSON, path: Steps) -> str:
        return self.recover("", lambda: self._string(value, path))

    def _string(self, value: JSON, path: Steps) -> str:
        if not isinstance(value, str) and self._legacy:
            return self._plain(value, path)  # YAML-R5
        return self._typed(value, str, path, "a string (put quotes around it)")

    def _plain(self, value: JSON, path: Steps) -> str:
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, (int, float, Number)):
            return value.text if isinstance(value, Number) else repr(value)
        self._fail("cassette.type", path, f"{_name(path)} is a string")

    def _integer(self, value: JSON, path: Steps) -> int:
        if isinstance(value, bool):
            value = None
        if isinstance(value, Number) and "." not in value.text:
            self._fail("cassette.value", path, f"{_name(path)} is out of range")
        return self._typed(value, int, path, "a whole number")

    def _flag(
        self, tree: dict[str, JSON], name: str, path: Steps, *, required: bool = False
    ) -> bool:
        if name not in tree and not required:
            return False
        value = self._member(tree, name, path)
        return self._typed(value, bool, (*path, name), "true or false")

    def _typed(self, value: JSON, kind: type[T], path: Steps, what: str) -> T:
        if not isinstance(value, kind):
            self._fail("cassette.type", path, f"{_name(path)} is {what}")
        return value

    def _fail(self, code: str, path: Steps, problem: str) -> NoReturn:
        raise Invalid(Problem(code, path, problem))


#: Members that a 2.0 file does not have [V20-1].
_NEW_IN_2_1 = frozenset(
    (
        "minor",
        "incomplete",
        "recorded_at",
        "redacted",
        "dialect",
        "reason",
        "framing",
        "tail",
        "layout",
        "truncated",
        "delays_ms",
    )
)


def _name(path: Steps) -> str:
    names = [step for step in path if isinstance(step, str)]
    item = "an item of " if path and isinstance(path[-1], int) else ""
    return item + (names[-1] if names else "the root")
