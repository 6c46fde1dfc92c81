"""Which members of a canonical body are matched (spec section "Matching").

A name of `match_on` stands for the places that the rules of normalization give it; a place is a
member of the body, or `context.` and the name of a member of its object `context`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from .._base.model import JSON
from .._base.spec_data import data
from .._base.vocabulary import ALL, WHOLE
from . import json_rpc
from .conversation import is_conversation
from .normalize import chat_paths
from .normalize.context import CONTEXT, is_context
from .normalize.gemini_names import snake_name
from .rpc_call import is_call

_CONTEXT_PREFIX = CONTEXT + "."

#: Where a member of a dialect leads that no row of `chat-paths.json` names. [MATCH-7]
_LEADS = {
    "function_call": "tool_choice",
    "instructions": "system",
    "system_instruction": "system",
    "input": "messages",
    "contents": "messages",
}


class Matching(NamedTuple):
    """Which members of a body are in its key [MATCH-1..8].

    Attributes:
        names: `match_on`, in order; ``("*",)`` stands for all members.
        lenient: whether `names` is a default list, under which a body without ``messages`` is
            matched on all its members.
    """

    names: tuple[str, ...]
    lenient: bool

    def names_in(self, body: Mapping[str, JSON], path: str) -> tuple[str, ...]:
        """The names that go into the key of this body: `matched_on` [MATCH-5].

        Args:
            body: a canonical body.
            path: the key path.
        """
        whole = WHOLE.intersection(body)
        if whole:
            return tuple(whole)
        body = json_rpc.without_numbers(body, keep_id=self._names_id)
        if self.names == (ALL,) or (self.lenient and "messages" not in body):
            volatile = volatile_in(body, path)
            return tuple(name for name in body if name not in volatile)
        if self.lenient:
            return tuple(self._default_names(body))
        found = dict.fromkeys(
            place for name in self.names for place in places(name) if _is_there(place, body)
        )
        if CONTEXT in found:
            return tuple(place for place in found if not _in_context(place, body))
        return tuple(found)

    @property
    def _names_id(self) -> bool:
        return not self.lenient and json_rpc.ID in self.names

    def _default_names(self, body: Mapping[str, JSON]) -> Iterator[str]:
        """The names of the list, and the members that could not be gathered [MATCH-2]."""
        yield from (name for name in self.names if name in body)
        if CONTEXT in self.names:
            yield from (name for name in body if is_context(name))


def fields_of(body: Mapping[str, JSON], names: tuple[str, ...]) -> dict[str, JSON]:
    """The object `fields` of the hashed text: the members that `matched_on` names [KEY-1].

    Args:
        body: a canonical body.
        names: its `matched_on`.
    """
    body = json_rpc.without_numbers(body, keep_id=json_rpc.ID in names)
    fields: dict[str, JSON] = {}
    context: dict[str, JSON] = {}
    nested = CONTEXT not in names  # otherwise its members are not listed [MATCH-10]
    for name in names:
        if nested and _in_context(name, body):
            member = name[len(_CONTEXT_PREFIX) :]
            context[member] = body[CONTEXT][member]
        elif name in body:
            fields[name] = body[name]
    if context:
        fields[CONTEXT] = context
    return fields


# --- volatile members --------------------------------------------------------------------------


def volatile_in(body: Mapping[str, JSON], path: str) -> frozenset[str]:
    """Names of the members of a canonical body that never count [MATCH-4].

    What is volatile inside a JSON-RPC call, `json_rpc.without_numbers` leaves out.
    """
    conversation = is_conversation(body, path)
    return _volatile(conversation, conversation or "model" in body, is_call(body))


@cache
def _volatile(conversation: bool, beside_model: bool, call: bool) -> frozenset[str]:
    lists = data("volatile")
    names = set(lists["everywhere"])
    if beside_model:
        names.update(lists["beside_model"])
    if conversation:
        names.update(lists["conversations"])
    if call:
        names.add(json_rpc.ID)
    return frozenset(names)


# --- names and where they lead -----------------------------------------------------------------


@lru_cache(maxsize=256)
def places(name: str) -> tuple[str, ...]:
    """The places of a canonical body that a name of `match_on` stands for [MATCH-7]."""
    if name.startswith(_CONTEXT_PREFIX):
        return (name,)
    names = tuple(dict.fromkeys((name, snake_name(name))))
    found = [*names]
    found += [place for each in names for place in _rows_lead(each)]
    found += [_LEADS[each] for each in names if each in _LEADS]
    found += [_CONTEXT_PREFIX + each for each in names if is_context(each)]
    return tuple(dict.fromkeys(found))


def _rows_lead(name: str) -> Iterator[str]:
    for row in chat_paths.table():
        if f"{'.'.join(row.source)}.".startswith(f"{name}."):
            yield ".".join(row.target) if row.target[0] == CONTEXT else row.target[0]


def _is_there(place: str, body: Mapping[str, JSON]) -> bool:
    return _in_context(place, body) if place.startswith(_CONTEXT_PREFIX) else place in body


def _in_context(place: str, body: Mapping[str, JSON]) -> bool:
    """Whether a place is a member of the object `context` that the body has."""
    context = body.get(CONTEXT)
    if not place.startswith(_CONTEXT_PREFIX) or not isinstance(context, dict):
        return False
    return place[len(_CONTEXT_PREFIX) :] in context
