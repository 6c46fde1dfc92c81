"""Names of types in Gemini's schemas become those of JSON Schema. [NORM-23]"""

from __future__ import annotations

from ..._base.model import JSON
from .members import Members
from .trace import derived

_TYPES = frozenset(("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"))

#: Members whose values are schemas by name, a schema, or a list of schemas.
_BY_NAME = frozenset(("properties", "patternProperties", "pattern_properties", "$defs", "defs"))
_BY_NAME |= {"definitions"}
_ONE = frozenset(("items", "additionalProperties", "additional_properties", "not"))
_LIST = frozenset(("items", "prefixItems", "anyOf", "oneOf", "allOf"))
_LIST |= {"prefix_items", "any_of", "one_of", "all_of"}


def lower_types(schema: JSON) -> JSON:
    """A schema with its types in lower case, at schema positions only."""
    if not isinstance(schema, dict):
        return schema
    return derived({name: _member(name, value) for name, value in schema.items()}, schema)


def lower_types_at(members: Members, *names: str) -> Members:
    """The mapping with the schemas that it holds under these names in this form."""
    if members.keys().isdisjoint(names):
        return members
    return {k: lower_types(v) if k in names else v for k, v in members.items()}


def _member(name: str, value: JSON) -> JSON:
    if name == "type":
        if isinstance(value, list):
            return derived([_type(item) for item in value], value)
        return _type(value)
    if isinstance(value, dict):
        if name in _BY_NAME:
            return derived({k: lower_types(v) for k, v in value.items()}, value)
        return lower_types(value) if name in _ONE else value
    if isinstance(value, list) and name in _LIST:
        return derived([lower_types(item) for item in value], value)
    return value


def _type(value: JSON) -> JSON:
    return derived(value.lower(), value) if isinstance(value, str) and value in _TYPES else value
