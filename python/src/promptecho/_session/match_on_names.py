"""Names in `match_on` that mean nothing: an error, never an empty key in silence. [MATCH-9]"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._base.errors import OptionError
from .._base.model import RecordedRequest
from .._base.spec_data import data
from .._base.vocabulary import ALL, WHOLE
from .._matching.matched_names import places


def meaningless(names: Sequence[str], requests: Iterable[RecordedRequest]) -> OptionError | None:
    """The error for the first names that no request of a session gives a meaning.

    Args:
        names: the caller's `match_on`; empty if the caller names none.
        requests: the canonical requests of the session.
    """
    if not names:
        return None
    members = {name for request in requests for name in request.body if name not in WHOLE}
    canonical = set(data("canonical-members")["body"])
    unknown = [name for name in names if not _means(name, members | canonical)]
    if not members or not unknown:
        return None
    name = unknown[0]
    near = min(
        sorted(members | canonical),
        key=lambda known: (_distance(name, known), known not in canonical),
    )
    return OptionError(
        "option.value",
        f"match_on has {name!r}, and no request of this session has such a member",
        f"Did you mean {near!r}? match_on takes members of the request's body: method, path and "
        "query are always matched.",
    )


def _means(name: str, known: set[str]) -> bool:
    return name == ALL or name in known or name.startswith("context.") or places(name) != (name,)


def _distance(one: str, other: str) -> int:
    """How many characters have to be added, removed or replaced."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            change = before + (left != right)
            before, row[j] = row[j], min(change, row[j] + 1, row[j - 1] + 1)
    return row[-1]
