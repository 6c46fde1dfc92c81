"""The bytes of a file of another recorder -> its calls. Nothing here opens a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

from . import cassetter, dd_apm, har, langchain, nock, vcr, vcrpy
from .calls import Call, Lost, Source, Unknown, Unreadable
from .trees import trees

#: A file of aliases can hold any number of calls whose refusal takes time.
_MOST_REFUSED = 200
_LINE = 100


class _Kind(NamedTuple):
    matches: Callable[[Any], bool]
    calls: Callable[[Any], Iterator[Call | Lost]]


#: The kinds of files by the names that a user gives, in the order in which they are tried.
KINDS = {
    "har": _Kind(har.matches, har.calls),
    "langchain": _Kind(langchain.matches, langchain.calls),
    "r-vcr": _Kind(vcr.matches_r, vcr.calls),
    "vcr": _Kind(vcr.matches, vcr.calls),
    "nock": _Kind(nock.matches, nock.calls),
    "dd-apm": _Kind(dd_apm.matches, dd_apm.calls),
    "cassetter": _Kind(cassetter.matches, cassetter.calls),
    "vcrpy": _Kind(vcrpy.matches, vcrpy.calls),
}


def read(data: bytes, kind: str | None, *, most: int) -> Source:
    """The calls of a file.

    Args:
        data: its bytes.
        kind: a name of `KINDS`; None to find out.
        most: how many bytes the file may have without gzip, and the bodies of its calls together.

    Raises:
        Unknown: the file is of no kind that is known, or not of that kind.
        Unreadable: it is damaged, or too large.
    """
    values = trees(data, most)
    documents = [each for each in values.documents if each is not None]
    if not documents:
        raise Unreadable("the file holds no value")
    name = kind or _kind_of(documents[0])
    if name == "promptecho":
        raise Unknown("the file is a cassette of promptecho")
    if name is None:
        raise Unknown("no recorder that promptecho knows writes such a file")
    calls: list[Call | Lost] = []
    size = 0
    for tree in documents:
        for call in _reader(name, tree)(tree):
            if isinstance(call, Call):
                call = call._replace(notes=values.notes + call.notes)
            size += _size(call, most)
            if size > most:
                raise Unreadable(f"its calls have more than {most} bytes, or too many are refused")
            calls.append(call)
    return Source(name, tuple(calls))


def _kind_of(tree: Any) -> str | None:
    if isinstance(tree, dict) and "match_on" in tree:
        return "promptecho"
    return next((name for name, kind in KINDS.items() if kind.matches(tree)), None)


def _size(call: Call | Lost, most: int) -> int:
    """About how much memory a call needs, or how much time its refusal took."""
    if isinstance(call, Lost):
        return most // _MOST_REFUSED if call.reason == "unstorable" else 0
    lines = len(call.headers) + len(call.request.headers)
    return len(call.body) + len(call.request.body) + _LINE * lines


#: What files of a kind may look like besides: those of dd-trace were files of vcrpy at first.
_LOOK_LIKE = {"dd-apm": "vcrpy", "cassetter": "vcrpy", "r-vcr": "vcr"}


def _reader(name: str, tree: Any) -> Callable[[Any], Iterator[Call | Lost]]:
    for each in (name, _LOOK_LIKE.get(name, name)):
        if KINDS[each].matches(tree):
            return KINDS[each].calls
    raise Unknown(f"the file is not of the kind {name}")
