"""What a cassette can hold. [YAML-W8]"""

from __future__ import annotations

from .._base.model import JSON
from .._base.vocabulary import MAX_NAME, MAX_NESTING, MAX_WRITTEN_NAME
from .survey import Survey, survey
from .yaml_writer import find_escaped


def storable(value: JSON) -> bool:
    """Whether a value fits in a cassette: nesting and the length of names. [YAML-W8]"""
    return fits(survey(value))


def fits(found: Survey) -> bool:
    """Whether a value in which this was found fits in a cassette."""
    return found.depth <= MAX_NESTING and all(map(_storable_name, found.names))


def _storable_name(name: str) -> bool:
    if len(name) < 150:  # each character is written as six at most
        return name != "<<"
    return len(name) <= MAX_NAME and len(name) + 5 * _escapes(name) <= MAX_WRITTEN_NAME


def _escapes(name: str) -> int:
    return len(find_escaped(name))
