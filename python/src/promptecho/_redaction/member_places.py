"""Where the name of a member makes its value secret. [RED-4] [RED-17]

In most JSON it does at any depth. In conversations, and in what a tool is called with or returns,
a member named `password` is an argument or the model's own words: only a few places count there.

A :class:`Spot` stands for a place on the way down a JSON value. It says what counts there, and
which spot each of its members is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Callable, NamedTuple

from .._base.model import JSON


class Counts(Enum):
    """What makes the string at a spot a secret."""

    NOTHING = ""
    PLACE = "secret"
    NAME = "member"
    HEADER = "header"


class Spot:
    """A place on the way down a JSON value.

    Attributes:
        counts: what makes a string here a secret.
        members: the spots of members by their names; ``[]`` is that of each item of a list.
        rest: the spot of all other members and items.
    """

    __slots__ = ("counts", "members", "rest")

    def __init__(
        self,
        counts: Counts = Counts.NOTHING,
        members: dict[str, Spot] | None = None,
        rest: Spot | None = None,
    ) -> None:
        self.counts = counts
        self.members = members if members is not None else {}
        self.rest = rest or self

    def below(self, step: str | int) -> Spot:
        """The spot of a member or an item."""
        return self.members.get(step if isinstance(step, str) else "[]", self.rest)

    def has_any(self, names: Iterable[str]) -> bool:
        """Whether something may count in one of the members of these names."""
        return self.rest is not NOWHERE or not self.members.keys().isdisjoint(names)


#: Names count here, and in all that is below; a call of JSON-RPC is an exception.
EVERYWHERE = Spot(Counts.NAME)
#: Nothing counts here, nor in anything below.
NOWHERE = Spot()

# What a tool is called with, and what it returns.
_PARAMS = Spot(Counts.NAME, {"arguments": NOWHERE}, EVERYWHERE)
_RPC = Spot(Counts.NAME, {"params": _PARAMS, "result": NOWHERE}, EVERYWHERE)


def spot_of(spot: Spot, value: Mapping[str, JSON]) -> Spot:
    """The spot of an object, by what the object is."""
    return _RPC if spot is EVERYWHERE and value.get("jsonrpc") == "2.0" else spot


def conversation(places: Iterable[Mapping[str, str]], tools: Iterable[Mapping[str, str]]) -> Spot:
    """The spot of a conversation, made of the lists of `conversation-secrets.json`."""
    top = Spot(rest=NOWHERE)
    objects = ["tools[]", *(row["path"] for row in tools)]
    for row in places:
        path, in_tool = row["path"], row["path"].startswith("tools[]")
        for each in [tool + path[len("tools[]") :] for tool in objects] if in_tool else [path]:
            _add(top, each.replace("[]", ".[]").split("."), row["kind"])
    top.members["context"] = Spot(members=dict(top.members), rest=top.rest)
    return top


def _add(spot: Spot, path: list[str], kind: str) -> None:
    *steps, last = path
    for step in steps:
        spot = spot.members.setdefault(step, Spot(rest=NOWHERE))
    if last == "*":
        spot.rest = Spot(Counts(kind), rest=NOWHERE)
        return
    here = spot.members.setdefault(last, Spot(rest=NOWHERE))
    if kind == "inside":
        here.rest = EVERYWHERE
    elif kind == "headers":
        here.rest = Spot(Counts.HEADER, rest=NOWHERE)
    else:
        here.counts = Counts(kind)


class Names(NamedTuple):
    """Names that make a value secret, in lower case. [RED-4]

    Attributes:
        always: whatever the value.
        maybe: if the value looks secret or is long.
        own: names that the user added; they count at every place.
        kept: names that the user took off; they count nowhere.
        headers: names of HTTP headers that hold credentials.
        long: how many characters a long value has.
        looks_secret: the test of a value [RED-15].
    """

    always: frozenset[str]
    maybe: frozenset[str]
    own: frozenset[str]
    kept: frozenset[str]
    headers: frozenset[str]
    long: int
    looks_secret: Callable[[str], bool]

    def counts(self, name: str, value: str) -> bool:
        """Whether a name that counts makes this value secret."""
        return name in self.always or name in self.own or self._may_be(name, value)

    def is_secret(self, spot: Spot, name: Any, value: str) -> bool:
        """Whether the string at a spot is a secret; `name` is that of its member, if it is one."""
        if name in self.own:
            return True
        if spot.counts is Counts.NOTHING or not isinstance(name, str) or name in self.kept:
            return False
        if spot.counts is Counts.PLACE:
            return True
        if self.counts(name, value):
            return True
        in_header = spot.counts is Counts.HEADER
        return in_header and (name in self.headers or self.looks_secret(value))

    def _may_be(self, name: str, value: str) -> bool:
        if name not in self.maybe:
            return False
        long = len(value) >= self.long and not any(map(str.isspace, value))
        return long or self.looks_secret(value)


_NONE: frozenset[str] = frozenset()
#: No name is secret.
NO_NAMES = Names(_NONE, _NONE, _NONE, _NONE, _NONE, 0, lambda _: False)
