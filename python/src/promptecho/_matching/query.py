"""Classes of query parameters: what is stored of a value, and what is in the key. [URL-3] [URL-6]

A parameter is secret, volatile, clear or other. Each function here takes a query as it stands in a
URL, so the same code reads the URL of a request and the one in a file: what is stored of a stored
query is that query, and both have the same key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from .._base.vocabulary import ALL, REDACTED, lower
from .._redaction.redactor import Redactor

#: Name and value, both decoded.
Pairs = tuple[tuple[str, str], ...]
#: As `Pairs`; None is a value that was not stored [URL-11].
KeyQuery = tuple[tuple[str, "str | None"], ...]

_DIGEST = re.compile("sha256-[0-9a-f]{12}")


class Kind(Enum):
    """The classes of a query field; the first that applies [URL-6]."""

    SECRET = "secret"
    VOLATILE = "volatile"
    CLEAR = "clear"
    OTHER = "other"


class Field(NamedTuple):
    """One field of a query.

    Attributes:
        text: as it is written.
        name: decoded.
        value: decoded.
        kind: its class.
        shapes: names of the credential shapes that made it secret, its name did not; or of the
            variables of the environment that keep it from being shown [URL-8].
    """

    text: str
    name: str
    value: str
    kind: Kind
    shapes: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The value as it is written."""
        return self.text.partition("=")[2]


class Group(NamedTuple):
    """Names that are volatile where a query also has one of `beside`."""

    beside: frozenset[str]
    names: frozenset[str]


class QueryRules(NamedTuple):
    """The lists of the spec and those of the user; all names are in lower case.

    Attributes:
        redact: the user's names of the class secret (`redact_query`).
        ignore: the user's names of the class volatile (`ignore_query`).
        keep: the user's names whose values are shown (`keep_query`), ``*`` among them.
        secret: the spec's names of the class secret.
        volatile: the spec's names of the class volatile, with `groups`.
        clear: the spec's names of the class clear.
        patterns: finds credential shapes in a value.
        environment: finds secret values of this process.
        taken: takes out the values that were taken from answers of this session [RED-16].
    """

    redact: frozenset[str]
    ignore: frozenset[str]
    keep: frozenset[str]
    secret: frozenset[str]
    volatile: frozenset[str]
    groups: tuple[Group, ...]
    clear: frozenset[str]
    patterns: Redactor
    environment: Redactor
    taken: Redactor

    def shows(self, name: str) -> bool:
        """Whether a value of the class other is stored as it is written."""
        return ALL in self.keep or name in self.keep

    def volatile_beside(self, names: Iterable[str]) -> frozenset[str]:
        """The spec's volatile names in a query that has these names."""
        present = frozenset(names)
        groups = [group.names for group in self.groups if present & group.beside]
        return self.volatile.union(*groups)


def fields(query: str | None, rules: QueryRules) -> tuple[Field, ...]:
    """The fields of a query with their classes, in order; empty fields are left out. [URL-6]"""
    texts = [_untaken(text, rules.taken) for text in (query or "").split("&") if text]
    if not texts:
        return ()
    pairs = [_decoded(text) for text in texts]
    volatile = rules.volatile_beside(lower(name) for name, _ in pairs)
    return tuple(
        Field(text, name, value, *_class_of(lower(name), value, rules, volatile))
        for text, (name, value) in zip(texts, pairs)
    )


def stored_query(query: str, rules: QueryRules) -> str:
    """A query as it is stored. [URL-4]"""
    stored = iter([stored_field(field, rules) for field in fields(query, rules)])
    return "&".join(next(stored) if text else "" for text in query.split("&"))


def key_query(query: str | None, rules: QueryRules) -> Pairs:
    """The pairs that are in the key, sorted by name. [URL-3]"""
    pairs = [
        (field.name, field.value if _is_clear(field) else value_digest(field.written))
        for field in fields(query, rules)
        if field.kind in (Kind.CLEAR, Kind.OTHER)
    ]
    return tuple(sorted(pairs, key=_name))


def _is_clear(field: Field) -> bool:
    return field.kind is Kind.CLEAR and not field.shapes


def lost(query: str | None, before: QueryRules, now: QueryRules) -> tuple[str, ...]:
    """Names of the fields whose values are in the key now, and were not stored. [URL-11]"""
    found = fields(query, now)
    names = [lower(field.name) for field in found]
    then, today = before.volatile_beside(names), now.volatile_beside(names)
    return tuple(
        field.name
        for field, name in zip(found, names)
        if field.value == REDACTED
        and _class_by_name(name, before, then) in (Kind.SECRET, Kind.VOLATILE)
        and _class_by_name(name, now, today) in (Kind.CLEAR, Kind.OTHER)
    )


def value_digest(written: str) -> str:
    """The digest of a value as it is written; a digest is its own. [URL-7]"""
    if not written or _DIGEST.fullmatch(written):
        return written
    octets = written.replace("+", " ").encode("utf-8", "surrogatepass")
    return digest(unquote_to_bytes(octets))


def digest(octets: bytes) -> str:
    """``sha256-`` and 12 hexadecimal digits. [URL-7] [HEAD-10]"""
    return f"sha256-{hashlib.sha256(octets).hexdigest()[:12]}"


def is_digest(text: str) -> bool:
    """Whether a text is a digest."""
    return _DIGEST.fullmatch(text) is not None


def _class_of(
    name: str, value: str, rules: QueryRules, volatile: frozenset[str]
) -> tuple[Kind, tuple[str, ...]]:
    named = _class_by_name(name, rules, volatile)
    if named is Kind.SECRET or value == REDACTED:
        return Kind.SECRET, ()
    shapes: list[str] = []
    rules.patterns.text(value, shapes)
    if shapes:
        return Kind.SECRET, tuple(shapes)
    if named is Kind.CLEAR or (named is Kind.OTHER and rules.shows(name)):
        rules.environment.text(value, shapes)
    return named, tuple(shapes)


def _class_by_name(name: str, rules: QueryRules, volatile: frozenset[str]) -> Kind:
    moved = name in rules.ignore or name in rules.keep
    if name in rules.redact or (name in rules.secret and not moved):
        return Kind.SECRET
    if name in rules.ignore or (name in volatile and name not in rules.keep):
        return Kind.VOLATILE
    return Kind.CLEAR if name in rules.clear else Kind.OTHER


def stored_field(field: Field, rules: QueryRules) -> str:
    """A field as it is stored. [URL-4]"""
    name, equals, written = field.text.partition("=")
    if not written:
        return field.text
    if field.kind in (Kind.SECRET, Kind.VOLATILE):
        return f"{name}{equals}{REDACTED}"
    shown = field.kind is Kind.OTHER and rules.shows(lower(field.name)) and not field.shapes
    if shown or _is_clear(field):
        return field.text
    return f"{name}{equals}{value_digest(written)}"


def _untaken(text: str, taken: Redactor) -> str:
    """A field as it is written, without values that were taken from an answer [RED-16]."""
    name, equals, written = text.partition("=")
    value = unquote_plus(written)
    clean = taken.text(value)
    return text if clean is value else f"{name}{equals}{quote(clean, safe='')}"


def _decoded(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _name(pair: tuple[str, str]) -> str:
    return pair[0]
