"""Where a recording comes from; a matcher gives these members no meaning. [FILE-27]"""

from __future__ import annotations

from .._base.model import Accepted, Provenance
from .cursor import Cursor
from .patterns import A_TIME, KEY, TIME

#: The members of an interaction that `provenance` reads.
MEMBERS = frozenset(Provenance._fields)
_ACCEPTED = frozenset(("at", "from_key"))


def provenance(at: Cursor) -> Provenance:
    """What an interaction says about where it comes from."""
    if MEMBERS.isdisjoint(at.value):
        return Provenance()
    return Provenance(
        at.recover(None, lambda at: _text(at, "recorded_by")),
        at.recover(None, lambda at: _text(at, "origin")),
        at.recover(None, _accepted),
    )


def _text(at: Cursor, name: str) -> str | None:
    if not at.has(name):
        return None
    member = at.member(name)
    text = member.text()
    if not text:
        member.fail("cassette.value", f"{name} must not be empty")
    return text


def _accepted(at: Cursor) -> Accepted | None:
    if not at.has("accepted"):
        return None
    accepted = at.member("accepted").mapping()
    extras = accepted.extras(_ACCEPTED)
    return Accepted(
        accepted.member("at").matching(TIME, f"at must be {A_TIME}"),
        accepted.member("from_key").matching(
            KEY, "from_key must be 16 lower-case hexadecimal digits"
        ),
        extras,
    )
