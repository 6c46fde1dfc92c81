"""What a reader accepts and no writer may write: the rules that strict reading adds.

`promptecho validate` reads strictly; together with the other rules of the reader these are the
rules of `cassette-v2.schema.json`, which a test compares with them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain

from .._base.model import JSON
from .._base.vocabulary import FORM, MAX_NAME, MULTIPART, RAW, WHOLE, lower
from .._text.survey import survey
from .cursor import Cursor, Invalid, Problem

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_IS_SHA256 = "must be 64 lower-case hexadecimal digits"
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WHOLE_NAMES = " or ".join(sorted(WHOLE))
_PART = frozenset(("name", "filename", "content_type", "text", "sha256"))


def note_redacted(at: Cursor, places: tuple[str, ...]) -> None:
    """Note an empty list, an empty place and one that is there twice [RED-10]."""
    if at.notes.strict and not (places and all(places) and len(set(places)) == len(places)):
        at.note(
            "cassette.value",
            "redacted must be a list of different places, and is left out if there is none",
        )


def note_reason(at: Cursor, reason: str) -> None:
    """Note a reason phrase that no status line can hold [FILE-14]."""
    if at.notes.strict and (not reason or _CONTROLS.search(reason)):
        at.note("cassette.value", "reason must have a character, and no control characters")


def note_lower(at: Cursor, names: tuple[str, ...]) -> None:
    """Note a name in an option of the file that is not in lower case [FILE-18]."""
    if at.notes.strict and any(lower(name) != name for name in names):
        at.note("cassette.value", "names in this list must be in lower case")


def note_names(at: Cursor) -> None:
    """Note names in a value that a cassette cannot hold [YAML-W8]."""
    if at.notes.strict and not at.notes.legacy:
        for place in _unfit(at):
            place.note("cassette.value", _has_bad_name(place))


def canonical_body(at: Cursor) -> dict[str, JSON]:
    """The body of a request; in strict reading, one that a writer may write [KEY-3] [FORM-1].

    Raises:
        Invalid: it is not a mapping; or strictly, a form in it is of another shape.
    """
    tree: dict[str, JSON] = at.mapping().value
    if not at.notes.strict or at.notes.legacy:
        return tree
    unfit = [Problem("cassette.value", place.path, _has_bad_name(place)) for place in _unfit(at)]
    if unfit:
        raise Invalid(*unfit)
    if len(tree) > 1 and not WHOLE.isdisjoint(tree):
        at.fail(
            "cassette.value",
            f"a body with {_WHOLE_NAMES} must have no other member",
        )
    if RAW in tree:
        at.member(RAW).matching(_SHA256, f"{RAW} {_IS_SHA256}")
    if MULTIPART in tree:
        for part in at.member(MULTIPART).items():
            _check_part(part)
    if FORM in tree:
        form = at.member(FORM).sequence()
        if not _are_pairs(form.value):
            for pair in form.items():
                _check_pair(pair)
    return tree


def _check_part(at: Cursor) -> None:
    at.mapping()
    unknown = [name for name in at.value if name not in _PART]
    if unknown:
        at.child(unknown[0]).fail(
            "cassette.unknown-member", f"a part of a form has no member {unknown[0]}"
        )
    at.member("name").text()
    for name in ("filename", "content_type", "text"):
        if at.has(name):
            at.member(name).text()
    if at.has("sha256"):
        at.member("sha256").matching(_SHA256, f"sha256 {_IS_SHA256}")
    if at.has("text") == at.has("sha256"):
        at.fail("cassette.value", "a part of a form must have either text or sha256")


def _are_pairs(values: list[JSON]) -> bool:
    if not {list}.issuperset(map(type, values)) or not {2}.issuperset(map(len, values)):
        return False
    return {str}.issuperset(map(type, chain.from_iterable(values)))


def _check_pair(at: Cursor) -> None:
    if len(tuple(at.items())) != 2:
        at.fail("cassette.value", "a field of a form must be a list of its name and its value")
    for item in at.items():
        item.text()


def _unfit(at: Cursor) -> list[Cursor]:
    """The mappings with names that are too long or a merge key."""
    if _fits(survey(at.value).names):
        return []
    unfit = []
    todo = [at]
    for place in todo:
        tree = place.value
        if type(tree) is dict:
            if not _fits(tree):
                unfit.append(place)
            inner = list(tree.items())
        else:
            inner = list(enumerate(tree))
        todo += [place.child(step, x) for step, x in inner if type(x) is dict or type(x) is list]
    return unfit


def _fits(names: Collection[str]) -> bool:
    return "<<" not in names and max(map(len, names), default=0) <= MAX_NAME


def _has_bad_name(at: Cursor) -> str:
    name = next(step for step in reversed(at.path) if isinstance(step, str))
    return f"{name} holds a name that a cassette cannot hold: over {MAX_NAME} characters, or <<"
