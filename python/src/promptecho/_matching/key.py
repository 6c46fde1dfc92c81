"""The fingerprint of a request (spec sections "The key" and "Matching").

A key is taken over what stands in the file, so anybody can compute it again from there. Canonical
text is made member by member, when a key or a comparison needs it: of a request that is replayed
as it was recorded, that is once, in pieces that go straight into the hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Callable, NamedTuple

from .._base.model import JSON
from .._text.canonical import canonical, comparable, plain_text, quoted, utf16
from .matched_names import fields_of
from .query import KeyQuery


def member_texts(body: Mapping[str, JSON], *, plain: bool = False) -> dict[str, str]:
    """Canonical text of each member of a body [CANON-2].

    Args:
        body: a canonical body.
        plain: whether all of it was made of what `_json.parse_plain` calls plain, which can be
            written faster than what a file holds.
    """
    write = plain_text if plain else comparable
    return {name: write(value) for name, value in body.items()}


class Texts(Mapping[str, str]):
    """As :func:`member_texts`, each text made when it is first asked for."""

    def __init__(self, body: Mapping[str, JSON], *, plain: bool = False) -> None:
        self._body = body
        self._plain = plain
        self._made: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._made:
            self._made.update(member_texts({name: self._body[name]}, plain=self._plain))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._body)

    def __len__(self) -> int:
        return len(self._body)


def object_text(texts: Mapping[str, str], names: Iterable[str]) -> str:
    """Canonical text of the object that has these members [CANON-2]."""
    return "".join(_object_parts(names, lambda name: (texts[name],)))


class Target(NamedTuple):
    """What is in a key besides the body [KEY-1].

    Attributes:
        method: in upper case.
        path: the key path [URL-1].
        query: the key query [URL-3], with None for what was not stored [URL-11].
        headers: the headers of `match_headers` and their digests [HEAD-10].
        host: the host text [URL-9] under `match_host`, or None.
    """

    method: str
    path: str
    query: KeyQuery = ()
    headers: tuple[tuple[str, str | None], ...] = ()
    host: str | None = None


def match_key(
    target: Target, body: Mapping[str, JSON], matched_on: Iterable[str], *, plain: bool = False
) -> str:
    """The first 16 hex digits of SHA-256 over the hashed text [KEY-1].

    Args:
        target: what is in the key besides the body.
        body: a canonical body.
        matched_on: names of its members; ``context.name`` is a member of its object `context`.
        plain: as of :func:`member_texts`.
    """
    digest = hashlib.sha256()
    for part in _hashed_parts(target, body, matched_on, plain):
        digest.update(part.encode())
    return digest.hexdigest()[:16]


def hashed_text(target: Target, body: Mapping[str, JSON], matched_on: Iterable[str]) -> str:
    """The canonical text that a key is the hash of [KEY-1]."""
    return "".join(_hashed_parts(target, body, matched_on, plain=False))


def _hashed_parts(
    target: Target, body: Mapping[str, JSON], matched_on: Iterable[str], plain: bool
) -> Iterator[str]:
    fields = fields_of(body, tuple(matched_on))
    yield '{"fields":'
    yield from _object_parts(fields, lambda name: _pieces(fields[name], plain))
    if target.headers:
        yield f',"headers":{canonical(dict(target.headers))}'
    if target.host is not None:
        yield f',"host":{quoted(target.host)}'
    yield f',"method":{quoted(target.method)},"path":{quoted(target.path)}'
    if target.query:
        yield f',"query":{canonical([list(pair) for pair in target.query])}'
    yield "}"


def _object_parts(names: Iterable[str], texts: Callable[[str], Iterable[str]]) -> Iterator[str]:
    before = "{"
    for name in sorted(names, key=utf16):
        yield f"{before}{quoted(name)}:"
        yield from texts(name)
        before = ","
    yield "}" if before == "," else "{}"


# Memory for a text of many messages costs more than to make it; that of a few is used again.
_MESSAGES = 64


def _pieces(value: JSON, plain: bool) -> Iterator[str]:
    """The canonical text of a member, in pieces."""
    if not plain:
        yield comparable(value)
    elif type(value) is not list or len(value) <= _MESSAGES:
        yield plain_text(value)
    else:
        before = "["
        for start in range(0, len(value), _MESSAGES):
            yield before + plain_text(value[start : start + _MESSAGES])[1:-1]
            before = ","
        yield "]"


def whole_text(texts: Mapping[str, str], volatile: frozenset[str]) -> str:
    """Canonical text of a body, volatile members aside [SEL-2]."""
    return object_text(texts, [name for name in texts if name not in volatile])
