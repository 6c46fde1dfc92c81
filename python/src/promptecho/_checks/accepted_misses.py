"""Takes requests that had no recording as meant: the nearest recording answers them. [FILE-27]

The answer stays, the new request is written, and `accepted` holds the old key. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from .._base.model import Interaction
from .._format.reader import load
from .._matching.rules import UserRules, rules
from .acceptance import Acceptance, acceptance_of
from .formatting import canonical_numbers, migrated, normalize_file, shrink_layouts
from .misses import Missed
from .runs import Run


class Chosen(NamedTuple):
    """Which requests are taken as meant.

    Attributes:
        taken: by the path of their cassette.
        left: the others, each with the reason.
    """

    taken: Mapping[str, Sequence[Missed]]
    left: Sequence[tuple[Missed, str]]


def chosen(misses: Iterable[Missed], run: Run | None, *, anything: bool) -> Chosen:
    """Choose the requests that a recording can answer.

    Args:
        misses: of a run.
        run: what else its tests did; None if that is not known.
        anything: whether obstacles do not count.
    """
    played = _played(run)
    taken: dict[str, dict[int, Missed]] = {}
    left = []
    for missed in misses:
        reason = "" if anything else missed.obstacle
        users = played.get((missed.path, missed.number), ())
        of_file = taken.setdefault(missed.path, {})
        first = of_file.get(missed.number)
        if not missed.number:
            reason = f"no recording could answer it ({missed.reason})"
        elif users:
            reason = f"{users[0]} plays recording {missed.number}"
        elif first is not None and first.request != missed.request:
            reason = f"recording {missed.number} answers another request of {first.test}"
        if reason:
            left.append((missed, reason))
        elif first is None:
            of_file[missed.number] = missed
    by_path = {path: tuple(each.values()) for path, each in taken.items() if each}
    return Chosen(by_path, left)


def _played(run: Run | None) -> dict[tuple[str, int], list[str]]:
    """The tests that have played a recording for the request that it holds."""
    found: dict[tuple[str, int], list[str]] = {}
    for use in run.uses if run is not None else ():
        for number in use.played:
            if number not in use.accepted:
                found.setdefault((use.path, number), []).append(use.test)
    return found


def accepted_misses(
    data: bytes, name: str, at: str, additions: UserRules, misses: Collection[Missed]
) -> Acceptance:
    """Write requests in place of those that their recordings hold.

    Args:
        data: the bytes of the file.
        name: its path, for messages.
        at: the time that is written to `accepted`.
        additions: the secrets of this process.
        misses: one for each of some recordings of the file.

    Returns:
        What changes. Recordings that are others than in the run are left out.

    Raises:
        CassetteError: the file cannot be read, or a request cannot be accepted.
    """
    file = normalize_file(shrink_layouts(load(migrated(data, name, rules()), name)))
    items = list(file.interactions)
    for missed in misses:
        place = missed.number - 1
        if place < len(items) and items[place].request.match_key == missed.key:
            items[place] = _with_request(items[place], missed)
    return acceptance_of(file, tuple(items), data, name, at, additions)


def _with_request(item: Interaction, missed: Missed) -> Interaction:
    old, new = item.request, missed.request
    body = canonical_numbers(new.body)
    request = new._replace(match_key=old.match_key, extras=old.extras, digest=None, body=body)
    places = (*missed.redacted, *(each for each in item.redacted if not _is_of_request(each)))
    return item._replace(request=request, redacted=places)


def _is_of_request(place: str) -> bool:
    return place.startswith("request")
