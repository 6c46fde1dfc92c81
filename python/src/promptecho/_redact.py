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
        self._hints = tuple(f'{name}"' for name in sorted(self._members))
        self._patterns = tuple((p.literal, re.compile(p.pattern, re.ASCII)) for p in patterns)
        self._literals = tuple(sorted(set(literals), key=lambda text: (-len(text), text)))
        names = "|".join(re.escape(name) for name in sorted(self._members))
        self._member_text = re.compile(
            rf'("(?:{names})"\s*:\s*")((?:[^"\\]|\\.)+)(")', re.IGNORECASE
        )
        self._elements = tuple(
            (f"<{name}>", re.compile(rf"(<{name}>)([^<]+)(</{name}>)")) for name in elements
        )

    def is_secret_member(self, name: str) -> bool:
        """Whether a member of this name is secret, whatever its value."""
        return name.lower() in self._members

    def text(self, text: str) -> str:
        """A text without its secrets; the same object when it has none."""
        for literal in self._literals:
            if literal in text:
                text = text.replace(literal, REDACTED)
        for hint, pattern in self._patterns:
            if hint in text:
                text = pattern.sub(REDACTED, text)
        return text

    def document(self, text: str) -> str:
        """Like :meth:`text`, for a text that may hold JSON members or XML elements."""
        text = self.text(text)
        if self._may_name_members(text):
            text = self._member_text.sub(rf"\g<1>{REDACTED}\g<3>", text)
        for hint, pattern in self._elements:
            if hint in text:
                text = pattern.sub(rf"\g<1>{REDACTED}\g<3>", text)
        return text

    def may_hold_secrets(self, text: str) -> bool:
        """Whether a JSON text could hold a secret; False is certain, True is not."""
        return (
            "\\u00" in text  # an escaped letter could hide a name or a shape
            or any(literal in text for literal in self._literals)
            or any(hint in text for hint, _ in self._patterns)
            or self._may_name_members(text)
        )

    def tree(self, value: JSON, found: list[Steps], path: Steps = ()) -> JSON:
        """A JSON value without its secrets; the paths where they stood are added to `found`.

        Returns the same object where nothing was found, so that a clean body costs no copy.
        """
        if isinstance(value, str):
            clean = self._leaf(value)
            if clean != value:
                found.append(path)
            return clean
        if isinstance(value, dict):
            return self._mapping(value, found, path)
        if isinstance(value, list):
            items = [self.tree(item, found, (*path, i)) for i, item in enumerate(value)]
            return value if all(map(_is, items, value)) else items
        return value

    def _mapping(self, value: dict[str, JSON], found: list[Steps], path: Steps) -> dict[str, JSON]:
        changed = {}
        for name, member in value.items():
            inner = (*path, name)
            if isinstance(member, str) and name.lower() in self._members:
                if member not in ("", REDACTED):
                    found.append(inner)
                    changed[name] = REDACTED
                continue
            clean = self.tree(member, found, inner)
            if clean is not member:
                changed[name] = clean
        return {**value, **changed} if changed else value

    def _leaf(self, text: str) -> str:
        clean = self.text(text)
        if clean[:1] in ("{", "[") and self._may_name_members(clean):
            return self._json_text(clean)
        return clean

    def _json_text(self, text: str) -> str:
        # RED-7: tool arguments and tool results are often JSON inside a JSON string.
        try:
            value = parse(text.encode("utf-8", "surrogatepass"))
        except NotCanonical:
            return text
        clean = self.tree(value, [])
        return text if clean is value else canonical(clean)

    def _may_name_members(self, text: str) -> bool:
        lowered = text.lower()
        return any(hint in lowered for hint in self._hints)


def _is(left: object, right: object) -> bool:
    return left is right


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

