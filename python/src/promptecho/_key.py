"""The fingerprint of a request (spec sections "Key" and "Matching").

A key is taken over what stands in the file, so anybody can compute it again from there. Canonical
text is made once for each member of a body and put together as the key, or a comparison, needs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ._forms import FORM, MULTIPART
from ._json import canonical, comparable, plain_text, quoted
from ._model import JSON

RAW = "__raw_body_sha256__"

#: Bodies that are no JSON object; each is one member, which is in every key [KEY-3].
WHOLE = frozenset({RAW, MULTIPART, FORM})

ALL = "*"


class Matching(NamedTuple):
    """Which members of a body are in its key [MATCH-1..4].

    Attributes:
        names: `match_on`, in order; ``("*",)`` stands for all members.
        lenient: whether `names` is a default list, under which a body without ``messages`` is
            matched on all its members.
        volatile: names that are never part of "all members".
    """

    names: tuple[str, ...]
    lenient: bool
    volatile: frozenset[str]

    def names_in(self, body: Mapping[str, JSON]) -> tuple[str, ...]:
        """The names that go into the key of this body: `matched_on`."""
        whole = WHOLE.intersection(body)
        if whole:
            return tuple(whole)
        if self.names == (ALL,) or (self.lenient and "messages" not in body):
            return tuple(name for name in body if name not in self.volatile)
        return tuple(name for name in self.names if name in body)


def member_texts(body: Mapping[str, JSON], *, plain: bool = False) -> dict[str, str]:
    """Canonical text of each member of a body [CANON-2].

    Args:
        body: a canonical body.
        plain: whether all of it was made of what `_json.parse_plain` calls plain, which can be
            written faster than what a file holds.
    """
    write = plain_text if plain else comparable
    return {name: write(value) for name, value in body.items()}


def object_text(texts: Mapping[str, str], names: Iterable[str]) -> str:
    """Canonical text of the object that has these members [CANON-2]."""
    return "".join(_object_parts(texts, names))


def match_key(
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    texts: Mapping[str, str],
    matched_on: Iterable[str],
) -> str:
    """The first 16 hex digits of SHA-256 over method, path, query and matched fields [KEY-1]."""
    digest = hashlib.sha256()
    for part in _hashed_parts(method, path, query, texts, matched_on):
        digest.update(part.encode())
    return digest.hexdigest()[:16]


def hashed_text(
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    texts: Mapping[str, str],
    matched_on: Iterable[str],
) -> str:
    """The canonical text that a key is the hash of [KEY-1]."""
    return "".join(_hashed_parts(method, path, query, texts, matched_on))


def _hashed_parts(
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    texts: Mapping[str, str],
    matched_on: Iterable[str],
) -> list[str]:
    # In pieces: to put a long conversation together costs more than to hash it.
    parts = ['{"fields":', *_object_parts(texts, matched_on)]
    parts.append(f',"method":{quoted(method)},"path":{quoted(path)}')
    if query:
        parts.append(f',"query":{canonical([list(pair) for pair in query])}')
    parts.append("}")
    return parts


def _object_parts(texts: Mapping[str, str], names: Iterable[str]) -> list[str]:
    parts: list[str] = []
    for name in sorted(names, key=_utf16):
        parts += (f"{',' if parts else '{'}{quoted(name)}:", texts[name])
    parts.append("}" if parts else "{}")
    return parts


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
