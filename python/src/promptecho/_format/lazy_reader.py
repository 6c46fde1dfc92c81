"""A cassette whose recordings are parsed when they are used. [FILE-16]

`opened` splits a file in exact form at its interactions, compares each line with the exact form,
and reads the `Heading` that finds a recording. A recording has two halves, its request and the
rest, and each is parsed when it is used: a request that is found by its digest is never parsed. If
something is not in the exact form, or is invalid, the full reader reads the whole file, and its
result holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from sys import intern
from typing import BinaryIO, NamedTuple, overload

from .._base.late import late
from .._base.model import Answer, CassetteFile, Interaction, RecordedRequest
from .._base.real import os
from .._base.vocabulary import BUILT_IN, RESERVED, UNKNOWN_QUERY
from .._text.yaml_flow import Inexact
from .._text.yaml_lines import FLOW, check, checked_mapping, lines, mapping, text_of
from . import read_tree
from .cursor import Cursor, Notes
from .kept_text import Packed, Plain
from .left_out import without_members
from .writer import END, MINOR, VERSION


class Heading(NamedTuple):
    """What finds a recording without its bodies.

    Attributes:
        method: of the request.
        url: of the request.
        match_key: as stored.
        digest: as stored, or None.
        dialect: the name of a user's dialect, or None.
        lacks_query: whether the request is marked with `UNKNOWN_QUERY`.
    """

    method: str
    url: str
    match_key: str
    dialect: str | None = None
    lacks_query: bool = False
    digest: str | None = None


def headings(interactions: Sequence[Interaction]) -> list[Heading]:
    """The headings of a file's recordings, read or not."""
    if isinstance(interactions, Recordings):
        return interactions.headings
    return [_heading(interaction.request) for interaction in interactions]


def _heading(request: RecordedRequest) -> Heading:
    method, url, key, dialect = request.method, request.url, request.match_key, request.dialect
    return Heading(method, url, key, dialect, UNKNOWN_QUERY in request.extras, request.digest)


def opened(file: BinaryIO, name: str, *, pack: bool = True) -> CassetteFile:
    """What a cassette file says; its recordings are read when they are asked for.

    Args:
        file: the file, at its start; nothing of it is needed afterwards.
        name: its path, for messages.
        pack: keep the recordings of a large file compressed: few of them will be used.

    Raises:
        CassetteError: the file is not a cassette that this version can read. A problem of a
            recording is raised when the recording is used, and not before.
    """
    try:
        pack = pack and file.seek(0, os.SEEK_END) > _LARGE
        file.seek(0)
        parts = _parts(file)
        opening = next(parts)
        recordings = Recordings(opening, parts, name, Packed() if pack else Plain())
        return _opening(text_of(opening))._replace(interactions=recordings)
    except Inexact:
        file.seek(0)
        return _read_fully(file.read(), name)


class Recordings(Sequence[Interaction]):
    """The recordings of a file in exact form, each parsed when it is asked for.

    Args:
        opening: the text before the first.
        parts: the text of each, but for its first line.
        name: the path of the file, for messages.
        kept: takes the texts.
    """

    def __init__(
        self, opening: bytes, parts: Iterator[bytes], name: str, kept: Plain | Packed
    ) -> None:
        self.headings: list[Heading] = []
        self._opening = opening
        self._name = name
        self._kept = kept
        self._read: dict[int, Interaction] = {}
        self._requests: dict[int, RecordedRequest] = {}
        self._rests: dict[int, Interaction] = {}
        for part in parts:
            heading, end = _checked(part + b"\n")
            self.headings.append(heading)
            kept.add(part, end)
        if not self.headings:
            raise Inexact

    def __len__(self) -> int:
        return len(self.headings)

    @overload
    def __getitem__(self, index: int) -> Interaction: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Interaction]: ...
    def __getitem__(self, index: int | slice) -> Interaction | Sequence[Interaction]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        if position not in self._read:
            self._read[position] = self._parsed(position)
        return self._read[position]

    def request(self, position: int) -> RecordedRequest:
        """The request of a recording; the rest is not parsed."""
        if position not in self._requests:
            known = self._read.get(position)
            self._requests[position] = known.request if known else self._parsed_request(position)
        return self._requests[position]

    def request_but(self, position: int, names: Collection[str]) -> RecordedRequest:
        """A request without some members of its body, whose lines are not parsed.

        Args:
            position: of the recording.
            names: those of the members. One that is written in quotes is not left out.

        Raises:
            Inexact: it is not clear which lines are those of a member.
        """
        request = without_members(self.request_lines(position), names)
        return _request(request.decode("utf-8"), self.headings[position])

    def answer(self, position: int) -> Answer:
        """What a recording answers with; its request is not parsed."""
        rest = self._read.get(position) or self._rest(position)
        return Answer(self.headings[position].method, rest.response, rest.failure)

    def passing(self, position: int) -> Interaction:
        """A recording; one that was not read before is not kept."""
        return self._read.get(position) or self._parsed(position)

    def _parsed(self, position: int) -> Interaction:
        request = self._requests.get(position) or self._parsed_request(position)
        if position in self._read:
            return self._read[position]
        return (self._rests.get(position) or self._parsed_rest(position))._replace(request=request)

    def _rest(self, position: int) -> Interaction:
        if position not in self._rests:
            self._rests[position] = self._parsed_rest(position)
        return self._rests[position]

    def _parsed_request(self, position: int) -> RecordedRequest:
        try:
            request = self.request_lines(position).decode("utf-8")
            return _request(request, self.headings[position])
        except Inexact:
            return self._fully(position).request

    def _parsed_rest(self, position: int) -> Interaction:
        try:
            return _beside_request(self.rest_lines(position).decode("utf-8"))
        except Inexact:
            return self._fully(position)

    def request_lines(self, position: int) -> bytes:
        """The lines of a request behind ``- request:``."""
        return self._kept.request(position)

    def rest_lines(self, position: int) -> bytes:
        """The lines of a recording behind its request."""
        return self._kept.rest(position) + b"\n"

    def is_text(self, data: bytes) -> bool:
        """Whether these are the bytes of the file, as it was opened."""
        return self._text() == data

    def _text(self) -> bytes:
        return _START.join([self._opening, *self._kept.parts()]) + _END

    def _fully(self, position: int) -> Interaction:
        """A recording as the full reader reads it, or the error that it raises."""
        self._read.update(enumerate(_read_fully(self._text(), self._name).interactions))
        return self._read[position]


def _read_fully(data: bytes, name: str) -> CassetteFile:
    from .reader import load  # a YAML parser: most files do not need it

    return load(data, name, lines=False)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    """The text before the first interaction, then of each interaction all but its first line."""
    rest = b""
    while True:
        read = file.read(_AT_ONCE)
        if not read:
            break
        *whole, rest = (rest + read).split(_START)
        yield from whole
    if not rest.endswith(_END):
        raise Inexact  # YAML-R6
    yield rest[: -len(_END)]


@lru_cache(maxsize=16)  # the cassettes of a test suite begin alike
def _opening(text: str) -> CassetteFile:
    """The file without its recordings, which begin after this text."""
    if not (text.startswith(_FIRST_LINES) and text.endswith(_LAST_LINE)):
        raise Inexact
    text = text[: -len(_LAST_LINE)] + "\n"
    tree = checked_mapping(text)
    notes = Notes()
    file = read_tree.file(Cursor({"interactions": [], **tree}, notes))
    if notes.problems or "interactions" in tree:
        raise Inexact
    return file


def _checked(data: bytes) -> tuple[Heading, int]:
    """The heading of an interaction, all of whose lines can be read here.

    With it, the octet where its request ends.
    """
    text = text_of(data)
    found = _head(text)
    if found is None:
        raise Inexact
    method, url, key, headers, digest, dialect = found.groups()
    if headers:
        check(headers, 0, _lines_of_headers)
    check(text, found.end(), _lines_of_interaction)
    # Where a request ends: no line of it is indented by four. If another member is before these,
    # the lines are none of a request, and the full reader reads them.
    last = found.end() - 1  # the octet is here or behind
    end = data.find(b"\n    response:\n", last) + 1 or data.find(b"\n    failure:\n", last) + 1
    if not end:
        raise Inexact
    if method.lower() in RESERVED or (dialect or "").lower() in RESERVED | BUILT_IN:
        raise Inexact  # the full reader says what is wrong with it
    # Most recordings of a file have one method and one URL.
    return Heading(intern(method), intern(url), key, dialect, digest=digest), end


def _request(text: str, heading: Heading) -> RecordedRequest:
    notes = Notes()
    tree = {"request": mapping(text, 6)}
    request = Cursor(tree, notes).recover(None, read_tree.request)
    if request is None or notes.problems or _heading(request) != heading:
        raise Inexact
    return request


def _beside_request(text: str) -> Interaction:
    notes = Notes()
    tree = mapping(text, 4)
    rest = read_tree.beside_request(Cursor(tree, notes))
    if notes.problems or "request" in tree:
        raise Inexact
    return rest


_AT_ONCE = 512 * 1024
_LARGE = 16 * 1024 * 1024
_FIRST_LINES = f"version: {VERSION}\nminor: {MINOR}\nmatch_on: "
_LAST_LINE = "\ninteractions:"
_END = b"\n" + END.encode()
_START = b"\n  - request:\n"
_head = re.compile(
    r"      method: ([A-Z][A-Z-]*)\n"
    r'      url: "([!#-\[\]-~]+)"\n'
    r'      match_key: "([0-9a-f]{16})"\n'
    rf"      matched_on: {FLOW}\n"
    r"(?:      headers:\n((?:        .+\n)+))?"
    r'(?:      digest: "([0-9a-f]{32})"\n)?'
    r"(?:      dialect: ([A-Za-z][A-Za-z0-9_.-]*)\n)?"
    r"      body:(?: \{\})?\n"
).match
_lines_of_headers = late(lambda: lines(8, but="[ ]{9}"))
# The members of a heading are in their own place only.
_lines_of_interaction = lines(4, but=r'[ ]{6}(?:"?(?:digest|dialect|x-query)"?:|"[^"]*\\)')
