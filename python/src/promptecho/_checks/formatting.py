"""What a hand has written as a writer would have: same keys, same bytes, one spelling.

`fmt` writes what comes out of here, and `validate` compares with it. Everything here is pure.
"""

from __future__ import annotations

from .._base.errors import CassetteError
from .._base.model import (
    JSON,
    BinaryStream,
    CassetteFile,
    Empty,
    Interaction,
    JsonBody,
    Number,
    RecordedResponse,
)
from .._bodies import forms
from .._format.reader import load
from .._format.request_digest import carried
from .._format.writer import dump
from .._matching.rekey import upgraded
from .._matching.rules import RecordingPolicy, default_match_on, matching
from .._text.json import MAX_SAFE_INTEGER, levels


def formatted(data: bytes, name: str) -> bytes:
    """A 2.1 file in the exact form; a 2.0 file unchanged.

    Raises:
        CassetteError: the file cannot be read, or holds what a writer cannot write.
    """
    file = load(data, name)
    if file.minor == 0:
        return data
    tidy = normalize_file(shrink_layouts(file))
    pairs = zip(file.interactions, tidy.interactions)
    items = tuple(carried(old, new, file, tidy) for old, new in pairs)
    return written(tidy._replace(interactions=items), name)


def migrated(data: bytes, name: str, policy: RecordingPolicy) -> bytes:
    """A 2.0 file as 2.1, playing the same bytes; a 2.1 file unchanged. [V20-8]

    Raises:
        CassetteError: the file cannot be read, or holds what a writer cannot write.
    """
    file = load(data, name)
    if file.minor:
        return data
    lenient = matching(file.match_on, legacy=True).lenient
    names = default_match_on() if lenient or not file.match_on else file.match_on
    rules = matching(names)
    items = tuple(upgraded(item, rules, policy) for item in file.interactions)
    file = file._replace(match_on=names, interactions=items, minor=1)
    return written(normalize_file(file), name)


def written(file: CassetteFile, name: str) -> bytes:
    """The bytes of a file in exact form, which give the same file when they are read.

    Raises:
        CassetteError: the file holds what a writer cannot write.
    """
    data = dump(file).encode("utf-8")
    if normalize_file(load(data, name)) != file:
        raise CassetteError(
            "cassette.value",
            "the file holds a name or a header that cannot be written in the exact form",
            "Run `promptecho validate` on it: it names the place.",
            path=name,
        )
    return data


def normalize_file(file: CassetteFile) -> CassetteFile:
    """A file without the spellings that a reader takes and no writer writes."""
    return file._replace(interactions=tuple(map(_tidied, file.interactions)))


def shrink_layouts(file: CassetteFile) -> CassetteFile:
    """A file in which each layout is the smallest that renders the same bytes. [BODY-5]"""
    return file._replace(interactions=tuple(map(shrink_layout, file.interactions)))


def canonical_numbers(value: JSON) -> JSON:
    """A canonical body whose numbers are values and not tokens. [YAML-W9]"""
    return _with_values(value) if _has_token(value) else value


def _has_token(value: JSON) -> bool:
    return any(not _TOKENS.isdisjoint(level.kinds) for level in levels(value))


_TOKENS = frozenset((Number, float))


def _with_values(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _with_values(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_values(item) for item in value]
    return _number(value) if isinstance(value, (Number, float)) else value


def _number(value: Number | float) -> JSON:
    # SEC-3: a long token is not made an integer.
    number = float(value.text) if isinstance(value, Number) else value
    if abs(number) > MAX_SAFE_INTEGER:
        # Beyond it a double is integral, and has no canonical text [CANON-1].
        return value
    return int(number) if number.is_integer() else number


def _tidied(item: Interaction) -> Interaction:
    request = item.request._replace(body=canonical_numbers(item.request.body))
    return item._replace(request=request, response=item.response and _tidied_body(item.response))


def _tidied_body(response: RecordedResponse) -> RecordedResponse:
    body = response.body
    if not isinstance(body, JsonBody) and not any(forms.decode(body)):
        return response._replace(body=Empty())  # BODY-3
    if isinstance(body, BinaryStream) and response.delays_ms is None:
        return response._replace(body=BinaryStream((b"".join(body.chunks),)))  # BODY-6
    return response


def shrink_layout(item: Interaction) -> Interaction:
    """A recording whose layout is the smallest that renders the same bytes. [BODY-5]"""
    response = item.response
    if response is None or not isinstance(response.body, JsonBody):
        return item
    best = forms.smallest_layout(response.body)
    return item if best is response.body else item._replace(response=response._replace(body=best))
