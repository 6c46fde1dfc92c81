"""Secrets out of texts, JSON values and URLs (spec section "Redaction").

Redaction runs before normalization on both sides, recording and replay, so it never breaks a
match; it is idempotent, so a key can be recomputed from the file. Everything here is pure.

Most bodies hold no secret, and most of their bytes are prose. So each step first searches for
substrings, in C, and tries the patterns only where one of them could match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from .._base.errors import NotCanonical
from .._base.model import JSON, Steps
from .._base.vocabulary import REDACTED
from .._text.canonical import canonical
from .._text.json import parse
from .looks_secret import looks_secret
from .places import Found
from .shapes import (
    HIDING_ESCAPE,
    SecretPattern,
    Shape,
    literal_shape,
    octets,
    pattern_shape,
    runs,
)


class Redactor:
    """The rules of one session, compiled once.

    Args:
        members: names, in lower case, whose string values are secret at any depth [RED-4].
        patterns: credential shapes that are searched for in every text [RED-5].
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
        self._harmless: set[str] = set()  # names that are known not to be secret
        ordered = sorted(set(literals), key=lambda text: (-len(text), text))
        self._shapes = (*map(literal_shape, ordered), *map(pattern_shape, patterns))
        self._worded = tuple({shape.needle for shape in self._shapes if not shape.in_run})
        self._odd = tuple(s for s in self._shapes if not s.in_run and s.pattern is None)
        # A user's pattern may depend on where a string begins or ends, or on the text beside it.
        self._looks_around = not all(shape.literal for shape in self._shapes)
        names = "|".join(re.escape(name) for name in sorted(self._members))
        self._member_text = re.compile(
            rf'("(?:{names})"[ \t\r\n]*:[ \t\r\n]*")((?:[^"\\]|\\.)+)(")',
            re.IGNORECASE | re.ASCII | re.DOTALL,
        )
        # A name as between quotes; of one that holds a quote, the part before it.
        self._quoted = frozenset(octets(name).partition(b'"')[0] for name in self._members)
        self._elements = tuple(
            (f"<{name}>", re.compile(rf"(<{name}>)([^<]+)(</{name}>)")) for name in elements
        )

    def is_secret_member(self, name: str) -> bool:
        """Whether a member of this name is secret, whatever its value."""
        return _folded(name) in self._members

    def looks_secret(self, value: str) -> bool:
        """Whether a value looks secret [RED-15]."""
        return looks_secret(value, self._shapes)

    def possible_patterns(self, data: bytes) -> tuple[Shape, ...]:
        """The shapes and literals that a text could hold, or a part of it; mostly none."""
        long_runs = runs(data)
        if not long_runs and not any(needle in data for needle in self._worded):
            return ()
        return tuple([s for s in self._shapes if s.needle in (long_runs if s.in_run else data)])

    def surely_clean(self, data: bytes) -> bool:
        """Whether :meth:`document` certainly leaves a text unchanged, and any part of the text."""
        return (
            not self.possible_patterns(data)
            and self._quoted.isdisjoint(data.lower().split(b'"'))
            and not any(start.encode() in data for start, _ in self._elements)
        )

    def text(
        self,
        text: str,
        shapes: list[str] | None = None,
        possible_patterns: tuple[Shape, ...] | None = None,
    ) -> str:
        """A text without credential shapes and literals; the same object when it has none.

        Args:
            text: the text.
            shapes: takes the names of the shapes that were found.
            suspects: those that it could hold, where they are known.
        """
        if possible_patterns is None:
            possible_patterns = self.possible_patterns(octets(text))
        if not any(shape.occurs_in(text) for shape in possible_patterns):
            return text
        clean = text
        # All of them: where one was taken out, the text around it may be another [RED-5].
        for name, literal, pattern, _, _ in self._shapes:
            if literal in clean:
                if pattern is None:
                    clean, count = clean.replace(literal, REDACTED), 1
                else:
                    clean, count = pattern.subn(REDACTED, clean)
                if count and shapes is not None:
                    shapes.append(name)
        return clean

    def document(self, text: str, shapes: list[str] | None = None) -> str:
        """Like :meth:`text`, for a text that may hold JSON members or XML elements [RED-13]."""
        if self.surely_clean(octets(text)):
            return text
        text = self.text(text, shapes)
        text = self._member_text.sub(rf"\g<1>{REDACTED}\g<3>", text)
        for start, pattern in self._elements:
            if start in text:
                text = pattern.sub(rf"\g<1>{REDACTED}\g<3>", text)
        return text

    def field(self, name: str, value: str, shapes: list[str] | None = None) -> str:
        """The value of a form's field: secret by its name, or a document."""
        if self.is_secret_member(name):
            return REDACTED if value else value
        return self.document(value, shapes)

    def json(self, value: JSON, found: list[Found], data: bytes | None = None) -> JSON:
        """A JSON value without its secrets; the steps to each of them are added to `found`.

        Args:
            value: the value.
            found: takes the places.
            data: a JSON text of the value; one search of it rules out most shapes.

        Returns:
            The same object where nothing was found, so that a clean body costs no copy.
        """
        if data is None:
            data = octets(json.dumps(value, ensure_ascii=False))
        possible_patterns = self._suspects_in_json(data)
        if possible_patterns or self._is_suspicious(value):
            return self._value(value, found, (), possible_patterns)
        return value

    def _suspects_in_json(self, data: bytes) -> tuple[Shape, ...]:
        """As :meth:`possible_patterns`, for the strings that a JSON text spells."""
        if b"\\" not in data:
            return self.possible_patterns(data)
        if b"\\u00" in data and HIDING_ESCAPE.search(data):
            return self._shapes
        seen = self.possible_patterns(data.replace(b"\\/", b"/"))
        if not self._odd:
            return seen
        # A literal that a user or the environment gave may hold anything that can be escaped.
        return tuple(s for s in self._shapes if s in seen or s in self._odd)

    def _is_suspicious(self, value: JSON) -> bool:
        """Whether a member's name is secret somewhere, or a string may be JSON."""
        todo = [value]
        for node in todo:
            items = node
            if type(node) is dict:
                if not self._harmless.issuperset(node) and self._learn(node):
                    return True
                items = node.values()
            for item in items:
                kind = type(item)
                if kind is str:
                    if item.startswith(_JSON_STARTS):
                        return True
                elif kind is dict or kind is list:
                    todo.append(item)
        return False

    def _learn(self, names: Iterable[str]) -> bool:
        """Whether one of these names is secret; if not, they are known from now on."""
        if any(map(self.is_secret_member, names)):
            return True
        if len(self._harmless) < _MOST_NAMES:
            self._harmless.update(names)
        return False

    def _value(
        self, value: JSON, found: list[Found], path: Steps, possible_patterns: tuple[Shape, ...]
    ) -> JSON:
        if isinstance(value, dict):
            changes = self._changes(value.items(), found, path, possible_patterns)
            return {**value, **changes} if changes else value
        if isinstance(value, list):
            changes = self._changes(enumerate(value), found, path, possible_patterns)
            return [changes.get(i, item) for i, item in enumerate(value)] if changes else value
        return value

    def _changes(
        self,
        members: Iterable[tuple[Any, JSON]],
        found: list[Found],
        path: Steps,
        possible_patterns: tuple[Shape, ...],
    ) -> dict[Any, JSON]:
        """The members or items that are not what they were, by name or index."""
        changes = {}
        for step, member in members:
            if isinstance(member, str):
                names: tuple[str, ...] = ()
                if isinstance(step, str) and _folded(step) in self._members:
                    clean = REDACTED if member else member
                elif possible_patterns or member.startswith(_JSON_STARTS):
                    clean, names = self._leaf(member, possible_patterns)
                else:
                    continue
                if clean != member:
                    found.append(Found((*path, step), names))
                    changes[step] = clean
            elif isinstance(member, (dict, list)):
                inner = self._value(member, found, (*path, step), possible_patterns)
                if inner is not member:
                    changes[step] = inner
        return changes

    def _leaf(self, text: str, possible_patterns: tuple[Shape, ...]) -> tuple[str, tuple[str, ...]]:
        names: list[str] = []
        text = self.text(text, names, possible_patterns)
        if text.startswith(_JSON_STARTS):
            text = self._json_text(text, names)
        return text, tuple(names)

    def _json_text(self, text: str, names: list[str]) -> str:
        # RED-7: tool arguments and tool results are often JSON inside a JSON string.
        data = octets(text)
        spelled = b"\\" not in data and not self._looks_around
        if spelled and self._quoted.isdisjoint(data.lower().split(b'"')):
            return text  # it is the spelling of its own strings, and their shapes are gone
        try:
            value = parse(data)
        except NotCanonical:
            return text
        found: list[Found] = []
        clean = self.json(value, found, data)
        names += [name for place in found for name in place.shapes]
        return text if clean is value else canonical(clean)


_JSON_STARTS = ("{", "[")
_MOST_NAMES = 10_000


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    return name.lower() if name.isascii() else name
