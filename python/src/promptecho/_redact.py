"""Secrets out of texts, JSON values and URLs (spec section "Redaction").

Redaction runs before normalization on both sides, recording and replay, so it never breaks a
match; it is idempotent, so a key can be recomputed from the file. Everything here is pure.

Most bodies hold no secret, and most of their bytes are prose. So each step first asks, with the
substring search of C, whether anything could be there at all, and only then looks closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ._errors import NotCanonical
from ._json import canonical, parse
from ._model import JSON, Steps

REDACTED = "REDACTED"


class Found(NamedTuple):
    """A place where a secret stood.

    Attributes:
        place: a path [RED-10], or the steps of one within a JSON value.
        shapes: names of the shapes that it had; empty where the member's name gave it away.
    """

    place: Any
    shapes: tuple[str, ...] = ()


class SecretPattern(NamedTuple):
    """A known credential shape; `literal` occurs in every text that `pattern` matches [RED-5]."""

    name: str
    literal: str
    pattern: str


# Every shape but those that begin with words holds a run of at least this many of these characters.
# Prose hardly ever does, and two calls of C find out.
_RUN = 20
_IN_RUN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-"
_RUNS = bytes(120 if byte in _IN_RUN else 32 for byte in range(256))


class Redactor:
    """The rules of one session, compiled once.

    Args:
        members: names, in lower case, whose string values are secret wherever they stand [RED-4].
        patterns: credential shapes looked for in every text [RED-5].
        elements: XML elements whose text is secret (STS answers) [RED-4].
        literals: secret values of this process, such as its API keys [RED-6].
    """

    def __init__(
        self,
        members: Iterable[str],
        patterns: Iterable[SecretPattern],
        elements: Iterable[str] = (),
        literals: Iterable[str] = (),
    ) -> None:
        self._members = frozenset(members)
        self._patterns = tuple(
            (p.name, p.literal, re.compile(p.pattern, re.ASCII)) for p in patterns
        )
        # Looked for by their literal: "PRIVATE KEY", "Bearer ", and what a user added.
        self._worded = tuple(p.literal for p in patterns if " " in p.literal or not p.literal)
        self._literals = tuple(sorted(set(literals), key=lambda text: (-len(text), text)))
        names = "|".join(re.escape(name) for name in sorted(self._members))
        self._member_text = re.compile(
            rf'("(?:{names})"[ \t\r\n]*:[ \t\r\n]*")((?:[^"\\]|\\.)+)(")',
            re.IGNORECASE | re.ASCII | re.DOTALL,
        )
        self._elements = tuple(
            (f"<{name}>", re.compile(rf"(<{name}>)([^<]+)(</{name}>)")) for name in elements
        )

    def is_secret_member(self, name: str) -> bool:
        """Whether a member of this name is secret, whatever its value."""
        return _folded(name) in self._members

    def shapes_possible(self, text: str) -> bool:
        """Whether a text could hold a credential shape or literal; False is certain."""
        if self._literals and any(literal in text for literal in self._literals):
            return True
        if not self._patterns:
            return False
        runs = text.encode("utf-8", "surrogatepass").translate(_RUNS)
        return b"x" * _RUN in runs or any(word in text for word in self._worded)

    def text(self, text: str, shapes: list[str] | None = None) -> str:
        """A text without credential shapes and literals; the same object when it has none.

        Args:
            text: the text.
            shapes: takes the names of the shapes that were found.
        """
        clean = text
        for literal in self._literals:
            if literal in clean:
                clean = clean.replace(literal, REDACTED)
                _note(shapes, _LITERAL)
        for name, literal, pattern in self._patterns:
            if literal in clean:
                clean, count = pattern.subn(REDACTED, clean)
                if count:
                    _note(shapes, name)
        return clean

    def document(self, text: str, shapes: list[str] | None = None) -> str:
        """Like :meth:`text`, for a text that may hold JSON members or XML elements [RED-13]."""
        if self.shapes_possible(text):
            text = self.text(text, shapes)
        text = self._member_text.sub(rf"\g<1>{REDACTED}\g<3>", text)
        for start, pattern in self._elements:
            if start in text:
                text = pattern.sub(rf"\g<1>{REDACTED}\g<3>", text)
        return text

    def json(self, value: JSON, text: str, found: list[Found]) -> JSON:
        """A JSON value without its secrets; where they stood is added to `found`, as steps.

        Args:
            value: the value.
            text: a JSON text of it; tells at once that no string can hold a shape.
            found: takes the places.

        Returns:
            The same object where nothing was found, so that a clean body costs no copy.
        """
        # An escape could hide a shape from a look at the text.
        escaped = "\\u00" in text or "\\/" in text or (bool(self._literals) and "\\" in text)
        return self._value(value, found, (), escaped or self.shapes_possible(text))

    def _value(self, value: JSON, found: list[Found], path: Steps, shapes: bool) -> JSON:
        if isinstance(value, dict):
            changes = self._changes(value.items(), found, path, shapes)
            return {**value, **changes} if changes else value
        if isinstance(value, list):
            changes = self._changes(enumerate(value), found, path, shapes)
            return [changes.get(i, item) for i, item in enumerate(value)] if changes else value
        return value

    def _changes(
        self,
        members: Iterable[tuple[Any, JSON]],
        found: list[Found],
        path: Steps,
        shapes: bool,
    ) -> dict[Any, JSON]:
        """The members or items that are not what they were, by name or index."""
        changes = {}
        for step, member in members:
            if isinstance(member, str):
                names: tuple[str, ...] = ()
                if isinstance(step, str) and _folded(step) in self._members:
                    clean = REDACTED if member else member
                elif shapes or member.startswith(_JSON_STARTS):
                    clean, names = self._leaf(member, shapes)
                else:
                    continue
                if clean != member:
                    found.append(Found((*path, step), names))
                    changes[step] = clean
            elif isinstance(member, (dict, list)):
                inner = self._value(member, found, (*path, step), shapes)
                if inner is not member:
                    changes[step] = inner
        return changes

    def _leaf(self, text: str, shapes: bool) -> tuple[str, tuple[str, ...]]:
        names: list[str] = []
        if shapes:
            text = self.text(text, names)
        if text.startswith(_JSON_STARTS):
            text = self._json_text(text, names)
        return text, tuple(names)

    def _json_text(self, text: str, names: list[str]) -> str:
        # RED-7: tool arguments and tool results are often JSON inside a JSON string.
        try:
            value = parse(text.encode("utf-8", "surrogatepass"))
        except NotCanonical:
            return text
        found: list[Found] = []
        clean = self.json(value, text, found)
        names += [name for place in found for name in place.shapes]
        return text if clean is value else canonical(clean)


_LITERAL = "the value of an environment variable"
_JSON_STARTS = ("{", "[")


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    return name.lower() if name.isascii() else name


def _note(shapes: list[str] | None, name: str) -> None:
    if shapes is not None:
        shapes.append(name)


_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def render_path(path: Iterable[str | int], root: str = "") -> str:
    """A path as text: ``messages[1].content``; odd names stand as ``["a b"]`` [MISS-4].

    Args:
        path: names and indexes.
        root: the place that the path starts from: ``response.body``, say [RED-10].
    """
    return "".join((root, *_steps(path))).removeprefix(".")


def _steps(path: Iterable[str | int]) -> Iterator[str]:
    for step in path:
        if isinstance(step, int):
            yield f"[{step}]"
        elif _SIMPLE.match(step):
            yield f".{step}"
        else:
            yield f"[{canonical(step)}]"
