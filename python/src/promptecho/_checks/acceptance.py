"""Takes edits by hand as meant: a recording answers the request that it holds now. [FILE-27]

Its key, `matched_on` and `checksum` are computed again. A digest goes if its request was edited,
because nobody knows the bytes of the new one. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .._base.errors import CassetteError
from .._base.model import JSON, Accepted, CassetteFile, Interaction, RecordedRequest
from .._base.vocabulary import WHOLE
from .._bodies import forms
from .._bodies.checksum import checksum
from .._format.reader import load
from .._format.request_digest import carried
from .._matching import normalize, url
from .._matching.differences import ABSENT, Difference, differences
from .._matching.rekey import rekeyed
from .._matching.rules import RecordingPolicy, UserRules, matching, rules
from .._redaction.places import render_path
from .._text.canonical import canonical
from .._text.storable import storable
from .formatting import migrated, normalize_file, shrink_layouts, written
from .keys import clear_query
from .leaked_secrets import leaks


class Accepting(NamedTuple):
    """A recording whose edit is accepted.

    Attributes:
        number: its position in the file, from 1.
        request: as it is in the file, without the new key.
        changes: what is written otherwise than it is in the file, by path.
    """

    number: int
    request: RecordedRequest
    changes: tuple[Difference, ...]


class Acceptance(NamedTuple):
    """What accepting the edits of a file gives.

    Attributes:
        data: the bytes of the new file; those of the old one if there is nothing to accept.
        accepted: the recordings that were edited.
    """

    data: bytes
    accepted: tuple[Accepting, ...]


def acceptance(data: bytes, name: str, at: str, additions: UserRules) -> Acceptance:
    """Accept the edits of a file.

    Args:
        data: the bytes of the file.
        name: its path, for messages.
        at: the time that is written to `accepted`.
        additions: the secrets of this process.

    Raises:
        CassetteError: the file cannot be read, or an edit cannot be accepted.
    """
    file = load(migrated(data, name, rules()), name)
    file = normalize_file(shrink_layouts(file))
    options = file.options._replace(redact_patterns=additions.options.redact_patterns)
    policy = rules(additions._replace(options=options))
    items, found = [], []
    for number, item in enumerate(file.interactions, 1):
        new = _accepted(item, file, policy, at, f"{name}: recording {number}")
        items.append(new)
        changes = tuple(_changes(item, new))
        if changes:
            _check(new, policy, name, number)
            found.append(Accepting(number, item.request, changes))
    if not found:
        return Acceptance(data, ())
    return Acceptance(written(file._replace(interactions=tuple(items)), name), tuple(found))


def _accepted(
    item: Interaction, file: CassetteFile, policy: RecordingPolicy, at: str, name: str
) -> Interaction:
    try:
        canonical(item.request.body)
        new = rekeyed(_normal(item), matching(file.match_on), policy)
    except ValueError:
        raise CassetteError(
            "cassette.value",
            "the body of the request holds a number or a character that has no canonical form",
            "Correct the body, or record the call again.",
            path=name,
        ) from None
    key = item.request.match_key
    if new.request.match_key != key:
        before = item.provenance.accepted
        note = Accepted(at, key, before.extras if before else ())
        new = new._replace(provenance=item.provenance._replace(accepted=note))
    response = item.response
    if response is not None and response.checksum is not None:
        new = new._replace(response=response._replace(checksum=checksum(response.body)))
    return carried(item, new, file, file)


def _normal(item: Interaction) -> Interaction:
    """A recording whose request has a canonical body; that of a user's dialect is unchanged."""
    request = item.request
    if request.dialect is not None or not WHOLE.isdisjoint(request.body):
        return item
    body = normalize.normalize(url.key_path(request.url), request.body, request.method)[1]
    if body == request.body or not storable(body):
        return item
    return item._replace(request=request._replace(body=body))


def _changes(old: Interaction, new: Interaction) -> Iterator[Difference]:
    """Where two recordings differ, apart from `accepted`."""
    was, now = old.request, new.request
    names = dict.fromkeys((*was.body, *now.body))
    for each in differences(was.body, now.body, names):
        yield each._replace(path=f"request.body.{each.path}")
    for name in ("match_key", "matched_on", "digest"):
        yield from _change(f"request.{name}", getattr(was, name), getattr(now, name))
    if old.response is not None and new.response is not None:
        yield from _change("response.checksum", old.response.checksum, new.response.checksum)


def _change(path: str, old: JSON, new: JSON) -> Iterator[Difference]:
    if old != new:
        yield Difference(
            path, *(ABSENT if value is None else _plain(value) for value in (old, new))
        )


def _plain(value: JSON) -> JSON:
    return list(value) if isinstance(value, tuple) else value


def _check(item: Interaction, policy: RecordingPolicy, name: str, number: int) -> None:
    """Refuse an edit that holds what a recorder would have redacted."""
    data = b"".join(forms.decode(item.response.body)) if item.response else b""
    places = [
        each.place if isinstance(each.place, str) else render_path(each.place)
        for each in leaks(item, policy.redactor, data)
    ]
    places += [f"request.url, parameter {each}" for each in clear_query(item.request, policy)]
    if places:
        raise CassetteError(
            "finding.secret",
            f"recording {number} holds something at {places[0]} that a recorder would not store",
            "Write REDACTED in its place. `promptecho validate` names the line.",
            path=name,
        )
