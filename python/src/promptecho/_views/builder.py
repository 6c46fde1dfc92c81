"""The parts of a turn, joined from the pieces of a stream."""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import JSON
from .payloads import parsed
from .view import Part, Reasoning, Text, ToolCall

#: Where a piece belongs: whatever tells the parts of a stream apart.
Place = object


class _Call(NamedTuple):
    """A call whose arguments still come."""

    name: str
    id: str


class Builder:
    """Collects pieces; pieces of one place are one part, and parts are in order of their first."""

    def __init__(self) -> None:
        self._pieces: dict[Place, list[str]] = {}
        self._kinds: dict[Place, type[Text] | type[Reasoning] | _Call | Part] = {}

    def text(self, place: Place, piece: JSON) -> None:
        """Add words."""
        self._add(place, Text, piece)

    def reasoning(self, place: Place, piece: JSON) -> None:
        """Add what the model thought."""
        self._add(place, Reasoning, piece)

    def call(self, place: Place, name: JSON, call_id: JSON, piece: JSON) -> None:
        """Add a piece of the arguments of a call; its name and id come with one of the pieces."""
        old = self._kinds.get(place)
        known = old if isinstance(old, _Call) else _Call("", "")
        self._kinds[place] = _Call(_text(name) or known.name, _text(call_id) or known.id)
        self._pieces.setdefault(place, []).append(_text(piece))

    def put(self, place: Place, part: Part) -> None:
        """Add a part that comes in one piece."""
        self._kinds[place] = part

    def __contains__(self, place: Place) -> bool:
        return place in self._kinds

    def _add(self, place: Place, kind: type[Text] | type[Reasoning], piece: JSON) -> None:
        if isinstance(piece, str) and piece:
            self._kinds.setdefault(place, kind)
            self._pieces.setdefault(place, []).append(piece)

    def parts(self) -> tuple[Part, ...]:
        """What was collected."""
        return tuple(self._part(place, kind) for place, kind in self._kinds.items())

    def _part(self, place: Place, kind: type[Text] | type[Reasoning] | _Call | Part) -> Part:
        if isinstance(kind, type):
            return kind("".join(self._pieces[place]))
        if isinstance(kind, _Call):
            return ToolCall(kind.name, arguments("".join(self._pieces[place])), kind.id)
        return kind


def arguments(value: JSON) -> JSON:
    """What the arguments of a call mean: a text that is JSON is parsed."""
    if not isinstance(value, str):
        return value
    try:
        return parsed(value)
    except ValueError:
        return value


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else ""
