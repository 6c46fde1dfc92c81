"""Response headers as they are stored. [HEAD]

Names in lower case, in the order of first appearance; a name that came more than once keeps its
values apart. Headers of the connection are dropped, and those that identify a user are redacted.

A client builds its next request from some headers: a challenge, a cookie, a time to wait. These
keep their structure, so that the same next request follows on replay.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from .._base.vocabulary import FIELD_NAME, MAX_NAME, REDACTED, UNSENDABLE, lower
from .challenges import cleaned
from .dates import seconds


class HeaderRules(NamedTuple):
    """What becomes of response headers; all names are in lower case.

    Attributes:
        dropped: not stored.
        redacted: stored without their values.
        challenges: stored without the values of parameters that are not in `challenge_parameters`.
        cookies: stored without the values of cookies.
        waits: a date in them is stored in seconds.
    """

    dropped: frozenset[str] = frozenset()
    redacted: frozenset[str] = frozenset()
    challenges: frozenset[str] = frozenset()
    challenge_parameters: frozenset[str] = frozenset()
    cookies: frozenset[str] = frozenset()
    waits: frozenset[str] = frozenset()

    def hides(self, names: Iterable[str]) -> bool:
        """Whether a secret may be taken out of one of these headers."""
        names = frozenset(names)
        return not all(map(names.isdisjoint, (self.redacted, self.challenges, self.cookies)))

    def in_clear(self) -> HeaderRules:
        """The same rules without those that take a secret out."""
        return self._replace(redacted=frozenset(), challenges=frozenset(), cookies=frozenset())


def stored(
    pairs: Iterable[tuple[str, str]], rules: HeaderRules, received_at: float | None = None
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headers of a response, grouped by name.

    A content-encoding is kept: a caller that undoes it leaves the header out of `pairs`. What no
    reader would accept is left out [HEAD-20].

    Args:
        pairs: names and values as received.
        rules: the spec's lists, with what the user added.
        received_at: when, in seconds since 1970; now if it is None. A ``Date`` counts first.
    """
    fields = [(name.lower(), value.strip(" \t")) for name, value in pairs]
    dropped = (rules.dropped - {"content-encoding"}) | _named_by_connection(fields)
    groups: dict[str, list[str]] = {}
    for name, value in fields:
        fits = FIELD_NAME.fullmatch(name) and len(name) <= MAX_NAME
        if name not in dropped and fits and not UNSENDABLE.search(value):
            groups.setdefault(name, []).append(_stored(name, value, rules, fields, received_at))
    return tuple((name, tuple(values)) for name, values in groups.items())


def stored_value(name: str, value: str, rules: HeaderRules, then: float) -> str:
    """A value as it is stored; what is stored of a stored value is that value.

    Args:
        name: of the header, in lower case.
        value: trimmed.
        rules: the spec's lists, with what the user added.
        then: when the response was made, in seconds since 1970.
    """
    if name in rules.redacted:
        return REDACTED
    if name in rules.challenges:
        return cleaned(value, rules.challenge_parameters)
    if name in rules.cookies:
        return _cookie(value, then)
    date = seconds(value) if name in rules.waits else None
    return value if date is None else str(max(0, date - int(then)))


def _stored(
    name: str,
    value: str,
    rules: HeaderRules,
    fields: list[tuple[str, str]],
    received_at: float | None,
) -> str:
    then = 0.0
    if name in rules.cookies or name in rules.waits:
        date = seconds(next((text for other, text in fields if other == "date"), ""))
        now = time.time() if received_at is None else received_at
        then = now if date is None else date
    return stored_value(name, value, rules, then)


def _cookie(value: str, then: float) -> str:
    """A cookie without its value [HEAD-12]. RFC 6265, 5.2."""
    pair, *attributes = value.split(";")
    name, equals, content = pair.partition("=")
    if not equals:  # a cookie without a name
        name, content = "", pair
    if content.strip(' \t"'):
        pair = f"{name}{equals}{REDACTED}"
    return ";".join((pair, *(each for each in attributes if not _expires_later(each, then))))


def _expires_later(attribute: str, then: float) -> bool:
    """Whether an attribute says when a cookie expires, and this is not in the past."""
    name, _, date = attribute.partition("=")
    if lower(name.strip(" \t")) != "expires":
        return False
    moment = seconds(date)
    return moment is None or moment > then


def _named_by_connection(fields: list[tuple[str, str]]) -> frozenset[str]:
    values = (value for name, value in fields if name == "connection")
    return frozenset(token.strip(" \t").lower() for value in values for token in value.split(","))
