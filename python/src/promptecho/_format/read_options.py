"""The options of a file, and the headers and the digest of a request. [FILE-17..22]"""

from __future__ import annotations

import re

from .._base.model import FileOptions
from .._base.spec_data import can_be_matched
from .._base.vocabulary import HEADER_NAME, in_two_lists, is_option_list, lower
from .cursor import Cursor
from .strict import note_lower

LISTS = tuple(name for name in FileOptions._fields if name != "match_host")

_DIGEST = re.compile(r"[0-9a-f]{32}\Z")
_NO_NAMES: tuple[str, ...] = ()


def options(at: Cursor) -> FileOptions:
    """The options of a file; an absent one is its default [FILE-17].

    Raises:
        Invalid: a name is in two lists that exclude each other.
    """
    if at.notes.legacy or at.value.keys().isdisjoint(FileOptions._fields):
        return FileOptions()
    lists = {name: at.member(name).recover(_NO_NAMES, _list) for name in LISTS if at.has(name)}
    host = at.recover(False, lambda at: at.flag("match_host"))
    twice = in_two_lists(lists)
    if twice is not None:
        name = next(name for name in reversed(lists) if twice in lists[name])
        at.child(name).fail(
            "cassette.value", f"{twice} is in two lists of which only one may have it"
        )
    return FileOptions(host, **lists)


def lists(at: Cursor) -> int | None:
    """The version of the lists that a file was written with [FILE-20]."""
    if at.notes.legacy or not at.has("lists"):
        return None
    member = at.member("lists")
    version = member.integer()
    if version < 1:
        member.fail("cassette.value", "lists must be a whole number from 1")
    return version


def headers(at: Cursor) -> tuple[tuple[str, str], ...]:
    """The headers of a request, sorted by name [FILE-21]."""
    if not at.has("headers"):
        return ()
    member = at.member("headers").mapping()
    if not member.value:
        member.fail("cassette.value", "headers of a request must have a member")
    found = []
    for name, value in member.members():
        if not HEADER_NAME.fullmatch(name):
            value.fail("cassette.value", f"{name!r} is not the name of a header in lower case")
        found.append((name, value.text()))
    return tuple(sorted(found))


def digest(at: Cursor) -> str | None:
    """The digest of a request [FILE-22]."""
    if not at.has("digest"):
        return None
    return at.member("digest").matching(_DIGEST, "digest is 32 lower-case hexadecimal digits")


def _list(at: Cursor) -> tuple[str, ...]:
    name = str(at.path[-1])
    items = at.texts()
    if not is_option_list(name, items):
        at.fail(
            "cassette.value", f"{name} must be a list of different names of 1 to 512 characters"
        )
    if name != "redact_patterns":
        note_lower(at, items)
        items = tuple(dict.fromkeys(map(lower, items)))
    if name == "match_headers" and not all(map(can_be_matched, items)):
        at.fail("cassette.value", "match_headers must not name a header that holds a credential")
    return items if name == "redact_patterns" else tuple(sorted(items))
