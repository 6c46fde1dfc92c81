"""The end of a run in which requests had no recording: what could be accepted, and what is.

Under ``--promptecho-accept`` the nearest recording has answered already. It is written here, in the
main process, and only for tests that passed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from .._checks.misses import Missed
    from .._checks.runs import Run


def of_reports(texts: Sequence[str]) -> list[Missed]:
    """The requests that the reports of the tests hold."""
    from .._checks.misses import from_json

    return [missed for text in texts for missed in from_json(text.encode("utf-8"))]


def end(config: pytest.Config, run: Run, texts: Sequence[str], accepts: bool) -> Iterator[str]:
    """Accept what tests that passed have used; yields what the summary says.

    Args:
        config: of the run.
        run: what its tests did.
        texts: the requests without a recording, as the reports hold them.
        accepts: whether the run accepts them.
    """
    if not texts:
        return
    from .._checks.accepted_misses import chosen

    misses = of_reports(texts)
    if not accepts:
        yield from _offered(misses, run)
        return
    used = [each for each in misses if each.is_accepted]
    kept = [each for each in used if _passed(run, each)]
    for test in dict.fromkeys(each.test for each in used if not _passed(run, each)):
        yield f"promptecho: nothing of {test} is accepted, because it did not pass"
    found = chosen(kept, run, anything=False)
    for missed, reason in (*found.left, *chosen(_others(misses), run, anything=False).left):
        request = missed.request
        yield (
            f"promptecho: {missed.test}: {request.method} {request.url} is not accepted: {reason}"
        )
    for path, of_file in found.taken.items():
        yield from _accepted(os.path.join(config.rootpath, path), path, of_file)


def _others(misses: Sequence[Missed]) -> Iterator[Missed]:
    return (each for each in misses if not each.is_accepted)


def _passed(run: Run, missed: Missed) -> bool:
    from .._checks.runs import PASSED

    test = run.tests.get(missed.test)
    return test is not None and test.outcome == PASSED


def _offered(misses: Sequence[Missed], run: Run) -> Iterator[str]:
    """What `promptecho accept --last-run` would accept."""
    from .._checks.accepted_misses import chosen

    count = sum(map(len, chosen(misses, run, anything=False).taken.values()))
    if count:
        what = "1 recording" if count == 1 else f"{count} recordings"
        yield (
            f"promptecho: if the prompts were edited on purpose, {what} can answer them: "
            "promptecho accept --last-run"
        )


def _accepted(path: str, name: str, misses: Sequence[Missed]) -> Iterator[str]:
    """Write the accepted requests of one file."""
    from .._base.errors import CassetteError
    from .._checks.acceptance import Accepting
    from .._checks.accepted_misses import accepted_misses
    from .._matching.rules import UserRules, secret_values
    from .._session.shown_acceptance import shown
    from .._storage.store import Store

    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    additions = UserRules(literals=secret_values(os.environ))
    accepted: tuple[Accepting, ...] = ()

    def change(data: bytes) -> bytes:
        nonlocal accepted
        made = accepted_misses(data, name, at, additions, misses)
        accepted = made.accepted
        return made.data

    try:
        Store(path).rewrite(change)
    except CassetteError as error:
        yield f"promptecho: {error}"
        return
    for each in accepted:
        first, *changes = shown(name, each)
        yield f"promptecho: accepted {first}"
        yield from changes
    numbers = {each.number for each in accepted}
    for missed in misses:
        if missed.number not in numbers:
            yield f"promptecho: {name}: recording {missed.number} has changed during the run"
