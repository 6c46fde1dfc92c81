"""Values that are redacted although the answer depends on them. [URL-10] [RED-28]"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from .._base.model import RecordedResponse
from .._bodies import forms
from .._matching.query import Kind
from .._matching.request import Prepared


class Parameter(NamedTuple):
    """A parameter or a member whose value is not stored.

    Attributes:
        name: its name.
        option: the option that would store and match it.
    """

    name: str
    option: str


class _Call(NamedTuple):
    """One live call: digests of the values of its secret parameters, and of its answer."""

    values: dict[Parameter, bytes]
    answer: bytes


class SecretParameters:
    """The calls of one session that have secret parameters; no value of one is kept."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], list[_Call]] = {}
        self._told: set[Parameter] = set()

    def decisive(self, prepared: Prepared, response: RecordedResponse) -> list[Parameter]:
        """The parameters that this call shows to decide the answer; each once in a session."""
        values = _secret_values(prepared)
        if not values:
            return []
        call = _Call(values, _answer(response))
        others = self._calls.setdefault((prepared.request.match_key, prepared.host), [])
        names = {n for o in others if o.answer != call.answer for n in _differing(o, call)}
        others.append(call)
        new = sorted(names - self._told)
        self._told.update(new)
        return new


def _secret_values(prepared: Prepared) -> dict[Parameter, bytes]:
    values: dict[Parameter, list[str]] = {}
    for field in prepared.query:
        if field.kind is Kind.SECRET:
            values.setdefault(Parameter(field.name, "keep_query"), []).append(field.value)
    for name, value in prepared.named:
        values.setdefault(Parameter(name, "keep_members"), []).append(value)
    return {
        parameter: _digest("\0".join(held).encode("utf-8", "surrogatepass"))
        for parameter, held in values.items()
    }


def _differing(one: _Call, other: _Call) -> Iterator[Parameter]:
    names = one.values.keys() | other.values.keys()
    return (name for name in names if one.values.get(name) != other.values.get(name))


def _answer(response: RecordedResponse) -> bytes:
    data = b"".join(forms.decode(response.body))
    return _digest(f"{response.status}\0".encode() + data)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
