"""Values that remember where they stood in the caller's JSON.

A normalizer moves leaves and never copies them, so running it over traced values tells where each
canonical leaf came from. What a normalizer makes out of another value goes through `derived`.
"""

from __future__ import annotations

from typing import TypeVar, Union, cast

from ..._base.model import JSON

Path = tuple[Union[str, int], ...]
T = TypeVar("T")


class Traced:
    """Mixin: a value with an ``origin``."""

    origin: Path


class TracedStr(str, Traced):
    """A string with an ``origin``."""


class TracedInt(int, Traced):
    """An integer with an ``origin``."""


class TracedFloat(float, Traced):
    """A float with an ``origin``."""


class TracedDict(dict, Traced):  # type: ignore[type-arg]
    """An object with an ``origin``."""


class TracedList(list, Traced):  # type: ignore[type-arg]
    """An array with an ``origin``."""


def trace(value: JSON, path: Path = ()) -> JSON:
    """The same value, every part of it knowing its path; null and booleans cannot."""
    if isinstance(value, dict):
        members = TracedDict((name, trace(item, (*path, name))) for name, item in value.items())
        return _at(members, path)
    if isinstance(value, list):
        items = TracedList(trace(item, (*path, index)) for index, item in enumerate(value))
        return _at(items, path)
    return _leaf(value, path)


def origin(value: JSON) -> Path | None:
    """The path at which `value` stood, or None if it is not traced."""
    return value.origin if isinstance(value, Traced) else None


def derived(value: T, source: JSON) -> T:
    """`value`, which was made out of `source`: it gets that origin, if there is one.

    What stands in it keeps the origin that it has, or none: a list that was rebuilt is found
    by its items, a word of ours by what holds it [MISS-5].
    """
    if not isinstance(source, Traced) or isinstance(value, Traced):
        return value
    return cast(T, _made(value, source.origin))


def decoded(value: JSON, text: str) -> JSON:
    """`value`, which `text` encodes: its parts are named below the text."""
    return trace(value, text.origin) if isinstance(text, Traced) else value


def _made(value: JSON, path: Path) -> JSON:
    if isinstance(value, dict):
        return _at(TracedDict(value), path)
    if isinstance(value, list):
        return _at(TracedList(value), path)
    return _leaf(value, path)


def _leaf(value: JSON, path: Path) -> JSON:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _at(TracedStr(value), path)
    if isinstance(value, int):
        return _at(TracedInt(value), path)
    if isinstance(value, float):
        return _at(TracedFloat(value), path)
    return value


def _at(value: JSON, path: Path) -> JSON:
    value.origin = path
    return value
