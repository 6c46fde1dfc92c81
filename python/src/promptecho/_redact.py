"""Secrets out of texts, JSON values and URLs (spec section "Redaction").

Redaction runs before normalization on both sides, recording and replay, so it never breaks a
match; it is idempotent, so a key can be recomputed from the file. Everything here is pure.

Most bodies hold no secret, and most of their bytes are prose. So each step first asks, with the
substring search of C, whether anything could be there at all, and only then looks closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ._errors import NotCanonical
from ._json import canonical, parse
from ._model import JSON, Steps

REDACTED = "REDACTED"


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
        self._patterns = tuple((p.literal, re.compile(p.pattern, re.ASCII)) for p in patterns)
        # Looked for by their literal: "PRIVATE KEY", "Bearer ", and what a user added.
        self._worded = tuple(p.literal for p in patterns if " " in p.literal or not p.literal)
        self._literals = tuple(sorted(set(literals), key=lambda text: (-len(text), text)))
        names = "|".join(re.escape(name) for name in sorted(self._members))
        self._member_text = re.compile(
            rf'("(?:{names})"\s*:\s*")((?:[^"\\]|\\.)+)(")', re.IGNORECASE | re.ASCII
        )
        self._elements = tuple(
            (f"<{name}>", re.compile(rf"(<{name}>)([^<]+)(</{name}>)")) for name in elements
        )

    def is_secret_member(self, name: str) -> bool:
        """Whether a member of this name is secret, whatever its value."""
        return name.lower() in self._members

    def shapes_possible(self, text: str) -> bool:
        """Whether a text could hold a credential shape or literal; False is certain."""
        if self._literals and any(literal in text for literal in self._literals):
            return True
        if not self._patterns:
            return False
        runs = text.encode("utf-8", "surrogatepass").translate(_RUNS)
        return b"x" * _RUN in runs or any(word in text for word in self._worded)

    def text(self, text: str) -> str:
        """A text without credential shapes and literals; the same object when it has none."""
        for literal in self._literals:
            if literal in text:
                text = text.replace(literal, REDACTED)
        for literal, pattern in self._patterns:
            if literal in text:
                text = pattern.sub(REDACTED, text)
        return text

    def document(self, text: str) -> str:
        """Like :meth:`text`, for a text that may hold JSON members or XML elements."""
        if self.shapes_possible(text):
            text = self.text(text)
        text = self._member_text.sub(rf"\g<1>{REDACTED}\g<3>", text)
        for start, pattern in self._elements:
            if start in text:
                text = pattern.sub(rf"\g<1>{REDACTED}\g<3>", text)
        return text

    def json(self, value: JSON, text: str, found: list[Steps]) -> JSON:
        """A JSON value without its secrets; the paths where they stood are added to `found`.

        Args:
            value: the value.
            text: a JSON text of it; tells at once that no string can hold a shape.
            found: takes the paths.

        Returns:
            The same object where nothing was found, so that a clean body costs no copy.
        """
        # An escape could hide a shape from a look at the text.
        return self._value(value, found, (), "\\u00" in text or self.shapes_possible(text))

    def _value(self, value: JSON, found: list[Steps], path: Steps, shapes: bool) -> JSON:
        if isinstance(value, dict):
            return self._mapping(value, found, path, shapes)
        if isinstance(value, list):
            return self._list(value, found, path, shapes)
        if isinstance(value, str):
            clean = self._leaf(value, shapes)
            if clean != value:
                found.append(path)
            return clean
        return value

    def _mapping(
        self, value: dict[str, JSON], found: list[Steps], path: Steps, shapes: bool
    ) -> dict[str, JSON]:
        changed = {}
        for name, member in value.items():
            if isinstance(member, str):
                if name.lower() in self._members:
                    clean = REDACTED if member else member
                else:
                    clean = self._leaf(member, shapes)
                if clean != member:
                    found.append((*path, name))
                    changed[name] = clean
            elif isinstance(member, (dict, list)):
                clean = self._value(member, found, (*path, name), shapes)
                if clean is not member:
                    changed[name] = clean
        return {**value, **changed} if changed else value

    def _list(
        self, value: list[JSON], found: list[Steps], path: Steps, shapes: bool
    ) -> list[JSON]:
        changed = {}
        for index, item in enumerate(value):
            if isinstance(item, (str, dict, list)):
                clean = self._value(item, found, (*path, index), shapes)
                if clean is not item:
                    changed[index] = clean
        return [changed.get(i, item) for i, item in enumerate(value)] if changed else value

    def _leaf(self, text: str, shapes: bool) -> str:
        if shapes:
            text = self.text(text)
        if text[:1] in ("{", "[") and self._member_text.search(text):
            return self._json_text(text)
        return text

    def _json_text(self, text: str) -> str:
        # RED-7: tool arguments and tool results are often JSON inside a JSON string.
        try:
            value = parse(text.encode("utf-8", "surrogatepass"))
        except NotCanonical:
            return text
        clean = self._value(value, [], (), False)
        return text if clean is value else canonical(clean)


_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def render_path(path: Iterable[str | int]) -> str:
    """A path as text: ``messages[1].content``; odd names stand as ``["a b"]`` [MISS-4]."""
    return "".join(_steps(path)).lstrip(".")


def _steps(path: Iterable[str | int]) -> Iterator[str]:
    for step in path:
        if isinstance(step, int):
            yield f"[{step}]"
        elif _SIMPLE.match(step):
            yield f".{step}"
        else:
            yield f"[{canonical(step)}]"

