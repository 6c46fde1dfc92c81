"""What the reports of tests say about a cassette: counts, its use, its misses, live answers.

pytest-xdist sends reports to the main process, so all is made of lists, numbers and texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from .cassette_paths import relative
from .summary import Tally

if TYPE_CHECKING:
    from .._session.offers import NotedMiss
    from .._session.open_cassette import OpenCassette


def tally(cassette: OpenCassette, config: pytest.Config) -> Tally:
    from .._views.usage import tokens

    session = cassette.session
    played = [replay.answer.response for replay in session.replays]
    return Tally(
        path=relative(cassette.path, config),
        recorded=len(session.recorded),
        replayed=len(played),
        missed=len(session.missed),
        unplayed=0 if cassette.is_shared else session.left,  # others may play them
        faults=len(session.faults.happened),
        fuzzy=tuple(session.fuzzy),
        live=cassette.live if cassette.is_disabled else None,
        tokens=sum(tokens(response.body) for response in played if response is not None),
    )


def use(cassette: OpenCassette, config: pytest.Config, test: str) -> tuple[Any, ...]:
    """The members of a `_checks.runs.Use`, as pytest-xdist sends them."""
    from .._format.lazy_reader import headings

    session = cassette.session
    return (
        test,
        relative(cassette.path, config),
        [heading.match_key for heading in headings(session.setup.file.interactions)],
        session.used,
        len(session.recorded),
        len(session.missed),
        [each.offer.number for each in session.offers.noted if each.offer and each.is_accepted],
    )


def misses(
    cassette: OpenCassette, noted: Sequence[NotedMiss], config: pytest.Config, test: str
) -> Iterator[str]:
    if not noted:
        return
    from .._checks.misses import Missed, to_json

    path = relative(cassette.path, config)
    for each in noted:
        offer = each.offer
        found = (offer.number, offer.key, offer.obstacle) if offer else (0, "", "")
        missed = Missed(test, path, each.request, each.redacted, each.reason, *found)
        yield to_json([missed._replace(is_accepted=each.is_accepted)]).decode("utf-8")


def verified(cassette: OpenCassette, config: pytest.Config, test: str) -> Iterator[tuple[Any, ...]]:
    """The members of `verify_report.Seen`, as pytest-xdist sends them."""
    path = relative(cassette.path, config)
    for each in cassette.verified:
        yield (test, path, *each[:-1], list(each.changes))
