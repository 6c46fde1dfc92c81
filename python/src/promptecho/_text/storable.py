"""What a cassette can hold. [YAML-W8]"""

from __future__ import annotations

from .._base.model import JSON
from .._base.vocabulary import MAX_NAME, MAX_NESTING, MAX_WRITTEN_NAME
from .json import levels
from .yaml_writer import find_escaped


def storable(value: JSON) -> bool:
    """Whether a value fits in a cassette: nesting and the length of names. [YAML-W8]"""
    for depth, level in enumerate(levels(value)):
        if depth == MAX_NESTING and level.has_containers:
            return False
        for node in level.of(dict):
            for name in node:
                if (len(name) >= 150 or name == "<<") and not _storable_name(name):
                    return False
    return True


def _storable_name(name: str) -> bool:
    if len(name) > MAX_NAME:
        return False
    return name != "<<" and len(name) + 5 * _escapes(name) <= MAX_WRITTEN_NAME


def _escapes(name: str) -> int:
    return len(find_escaped(name))
