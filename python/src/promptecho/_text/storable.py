"""What a cassette can hold. [YAML-W8]"""

from __future__ import annotations

from .._base.model import JSON
from .._base.vocabulary import MAX_NAME, MAX_NESTING, MAX_WRITTEN_NAME
from .yaml_writer import find_escaped


def storable(value: JSON) -> bool:
    """Whether a value fits in a cassette: nesting and the length of names. [YAML-W8]"""
    level = [value]
    for _ in range(MAX_NESTING):
        inner: list[JSON] = []
        for node in level:
            if type(node) is dict:
                for name, member in node.items():
                    if (len(name) >= 150 or name == "<<") and not _storable_name(name):
                        return False
                    if type(member) is dict or type(member) is list:
                        inner.append(member)
            elif type(node) is list:
                inner += [item for item in node if type(item) is dict or type(item) is list]
        if not inner:
            return True
        level = inner
    return False


def _storable_name(name: str) -> bool:
    if len(name) > MAX_NAME:
        return False
    return name != "<<" and len(name) + 5 * _escapes(name) <= MAX_WRITTEN_NAME


def _escapes(name: str) -> int:
    return len(find_escaped(name))
