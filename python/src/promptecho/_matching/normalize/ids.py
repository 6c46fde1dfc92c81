"""Ids of calls are names that are bound in the conversation. [NORM-11] [NORM-24]"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ..._base.model import JSON
from .members import Members
from .trace import derived


class Bound(NamedTuple):
    """A call or a result of a conversation.

    Attributes:
        members: the block or item; its id is renamed in place.
        member: where the id is.
        is_call: whether it is a call.
        named: whether it is a block `tool_call` or `tool_result`: these pair by name, too, and such
            a call is always renamed.
    """

    members: Members
    member: str
    is_call: bool
    named: bool

    @property
    def id(self) -> JSON:
        """The id; None if there is none."""
        return self.members.get(self.member)


Log = list[Bound]
_Pairs = list[tuple[Bound, "Bound | None"]]


def bind(log: Log) -> None:
    """Rename the ids of calls, and of the results that answer them.

    A result whose call is not in the conversation keeps its id, which no call is given.
    """
    if not log:
        return
    pairs = _pairs(log)
    answered = {result.id for result, _ in pairs}
    calls = [each for each in log if each.is_call]
    renamed = [each for each in calls if each.named or each.id in answered]
    taken = {result.id for result, asked in pairs if asked is None}
    taken.update(each.id for each in calls if not each.named and each.id not in answered)
    _number(renamed, taken)
    for result, asked in pairs:
        _answer(result, asked)


def _pairs(log: Log) -> _Pairs:
    """Each result with its call: by id, else the first open one of its name before it."""
    answered = {each.id for each in log if not each.is_call}
    asked: dict[JSON, Bound] = {}
    for each in log:
        if each.is_call and each.id is not None:
            asked.setdefault(each.id, each)
    pairs: _Pairs = []
    unanswered: dict[JSON, deque[Bound]] = {}
    for each in log:
        if not each.is_call:
            by_id = asked.get(each.id)
            pairs.append((each, by_id if each.id is not None else _take(unanswered, each)))
        elif each.named and (each.id is None or each.id not in answered):
            unanswered.setdefault(each.members["name"], deque()).append(each)
    return pairs


def _take(unanswered: dict[JSON, deque[Bound]], result: Bound) -> Bound | None:
    name = result.members.get("name")
    waiting = unanswered.get(name) if isinstance(name, str) else None
    return waiting.popleft() if waiting else None


def _number(calls: list[Bound], taken: set[JSON]) -> None:
    names: dict[JSON, str] = {}
    number = 0
    for call in calls:
        old = call.id
        if old is None or old not in names:
            number += 1
            while (new := f"call_{number}") in taken:
                number += 1
            if old is None:
                _put_behind_type(call.members, new)
                continue
            names[old] = new
        call.members[call.member] = derived(names[old], old)


def _put_behind_type(members: Members, name: str) -> None:
    """Give a block a new id, at its place [NORM-11.3]."""
    others = {each: value for each, value in members.items() if each != "id"}
    members.clear()
    for each, value in others.items():
        members[each] = value
        if each == "type":
            members["id"] = name


def _answer(result: Bound, asked: Bound | None) -> None:
    """Give a result the name of its call for an id."""
    members = result.members
    if asked is not None:
        members[result.member] = derived(str(asked.id), result.id)
        if result.named and members.get("name") == asked.members.get("name"):
            members.pop("name", None)
    elif result.id is None:
        members.pop(result.member, None)
