"""The JSON Schema of a cassette, and where a tree does not fit it.

The schema is the shipped file, and jsonschema says what is wrong; but it takes ten times as long
as all else. So the schema is also compiled to predicates that only say yes or no, and jsonschema is
asked about a part that got a no. A keyword that is not known here is a no to everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Callable, NamedTuple

from .._base.model import JSON, Number, Steps
from .._matching.data_files import data_folder

Test = Callable[[JSON], bool]


class Violation(NamedTuple):
    """A place where a tree does not fit the schema.

    Attributes:
        path: the place.
        keyword: of JSON Schema, such as ``pattern``; empty where nothing is allowed.
        schema: the schema that it does not fit.
    """

    path: Steps
    keyword: str
    schema: Any


def text() -> str:
    """The schema as it is shipped."""
    name = "cassette-v2.schema.json"
    folder = data_folder()
    path = folder / name
    return (path if path.is_file() else folder.parent / name).read_text(encoding="utf-8")


def violations(tree: JSON) -> list[Violation]:
    """Where a cassette's tree does not fit the schema; in the order of the tree."""
    return [] if _fits()(tree) else list(_explained(tree))


def base64_schema() -> Any:
    """The part of the schema that is about base64."""
    return _schema()["$defs"]["base64"]


def _explained(tree: JSON) -> Iterator[Violation]:
    for error in _validator().iter_errors(tree):
        path = tuple(error.absolute_path)
        keyword = str(error.validator or "")
        if keyword == "required":
            yield from _each_name(path, keyword, error, missing=True)
        elif keyword == "additionalProperties" and error.schema.get(keyword) is False:
            yield from _each_name(path, keyword, error, missing=False)
        else:
            yield Violation(path, keyword, error.schema)


def _each_name(path: Steps, keyword: str, error: Any, *, missing: bool) -> Iterator[Violation]:
    schema, tree = error.schema, error.instance
    if missing:
        # jsonschema gives one error for each name; it stands in the message only.
        names = [n for n in schema["required"] if error.message.startswith(repr(n))]
    else:
        own = [re.compile(p) for p in schema.get("patternProperties", ())]
        known = schema.get("properties", {})
        names = [n for n in tree if n not in known and not any(p.search(n) for p in own)]
    for name in names:
        yield Violation((*path, name), keyword, schema)


@cache
def _validator() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(_schema())


@cache
def _schema() -> Any:
    import json

    return json.loads(text())


@cache
def _fits() -> Test:
    return _Compiler(_schema()).compile(_schema())


# --- the predicates ----------------------------------------------------------------------------


_ANNOTATIONS = frozenset(("$schema", "$id", "$comment", "title", "$defs", "then", "else"))
_TYPES: dict[str, Test] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    # A token that is not kept as an int is no integer to a reader either.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


class _Compiler:
    """Makes a predicate of a schema: as strict as the schema, or stricter."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._made: dict[str, Test] = {}

    def compile(self, schema: Any) -> Test:
        if isinstance(schema, bool):
            return lambda value: schema
        tests = [
            getattr(self, "_" + name.strip("$"), _unknown)(argument, schema)
            for name, argument in schema.items()
            if name not in _ANNOTATIONS
        ]
        if len(tests) == 1:
            only: Test = tests[0]
            return only
        return lambda value: all(test(value) for test in tests)

    def _ref(self, pointer: str, schema: Any) -> Test:
        if pointer not in self._made:
            # A schema may refer to itself.
            self._made[pointer] = lambda value: self._made[pointer](value)
            target = self._root
            for step in pointer.split("/")[1:]:
                target = target[step]
            self._made[pointer] = self.compile(target)
        made = self._made
        return lambda value: made[pointer](value)

    def _type(self, names: Any, schema: Any) -> Test:
        if isinstance(names, str):
            return _TYPES.get(names, _never)
        tests = [_TYPES.get(name, _never) for name in names]
        return lambda value: any(test(value) for test in tests)

    def _const(self, constant: Any, schema: Any) -> Test:
        return lambda value: type(value) is type(constant) and bool(value == constant)

    def _enum(self, constants: Any, schema: Any) -> Test:
        # All of ours are strings.
        return lambda value: isinstance(value, str) and value in constants

    def _properties(self, properties: Any, schema: Any) -> Test:
        tests = {name: self.compile(inner) for name, inner in properties.items()}

        def fits(value: JSON) -> bool:
            if not isinstance(value, dict):
                return True
            return all(tests[name](member) for name, member in value.items() if name in tests)

        return fits

    def _patternProperties(self, patterns: Any, schema: Any) -> Test:
        return _always if all(inner is True for inner in patterns.values()) else _never

    def _additionalProperties(self, inner: Any, schema: Any) -> Test:
        test = self.compile(inner)
        known = frozenset(schema.get("properties", ()))
        own = [re.compile(pattern).search for pattern in schema.get("patternProperties", ())]

        def fits(value: JSON) -> bool:
            if not isinstance(value, dict):
                return True
            others = (name for name in value if name not in known)
            return all(test(value[n]) for n in others if not any(search(n) for search in own))

        return fits

    def _propertyNames(self, inner: Any, schema: Any) -> Test:
        test = self.compile(inner)
        return lambda value: not isinstance(value, dict) or all(test(name) for name in value)

    def _required(self, names: Any, schema: Any) -> Test:
        wanted = frozenset(names)
        return lambda value: not isinstance(value, dict) or wanted <= value.keys()

    def _dependentRequired(self, rules: Any, schema: Any) -> Test:
        return lambda value: (
            not isinstance(value, dict)
            or all(value.keys() >= set(names) for name, names in rules.items() if name in value)
        )

    def _maxProperties(self, limit: int, schema: Any) -> Test:
        return lambda value: not isinstance(value, dict) or len(value) <= limit

    def _items(self, inner: Any, schema: Any) -> Test:
        test = self.compile(inner)
        return lambda value: not isinstance(value, list) or all(test(item) for item in value)

    def _contains(self, inner: Any, schema: Any) -> Test:
        test = self.compile(inner)
        return lambda value: not isinstance(value, list) or any(test(item) for item in value)

    def _minItems(self, limit: int, schema: Any) -> Test:
        return lambda value: not isinstance(value, list) or len(value) >= limit

    def _maxItems(self, limit: int, schema: Any) -> Test:
        return lambda value: not isinstance(value, list) or len(value) <= limit

    def _uniqueItems(self, wanted: bool, schema: Any) -> Test:
        def fits(value: JSON) -> bool:
            if not isinstance(value, list):
                return True
            return all(isinstance(x, str) for x in value) and len(set(value)) == len(value)

        return fits

    def _pattern(self, pattern: str, schema: Any) -> Test:
        search = re.compile(pattern).search
        return lambda value: not isinstance(value, str) or search(value) is not None

    def _minLength(self, limit: int, schema: Any) -> Test:
        return lambda value: not isinstance(value, str) or len(value) >= limit

    def _maxLength(self, limit: int, schema: Any) -> Test:
        return lambda value: not isinstance(value, str) or len(value) <= limit

    def _minimum(self, limit: int, schema: Any) -> Test:
        return lambda value: isinstance(value, Number) or not _is_number(value) or value >= limit

    def _maximum(self, limit: int, schema: Any) -> Test:
        return lambda value: isinstance(value, Number) or not _is_number(value) or value <= limit

    def _not(self, inner: Any, schema: Any) -> Test:
        test = self.compile(inner)
        return lambda value: not test(value)

    def _allOf(self, inner: Any, schema: Any) -> Test:
        tests = [self.compile(each) for each in inner]
        return lambda value: all(test(value) for test in tests)

    def _anyOf(self, inner: Any, schema: Any) -> Test:
        tests = [self.compile(each) for each in inner]
        return lambda value: any(test(value) for test in tests)

    def _oneOf(self, inner: Any, schema: Any) -> Test:
        tests = [self.compile(each) for each in inner]
        return lambda value: sum(test(value) for test in tests) == 1

    def _if(self, condition: Any, schema: Any) -> Test:
        test = self.compile(condition)
        then = self.compile(schema.get("then", True))
        otherwise = self.compile(schema.get("else", True))
        return lambda value: then(value) if test(value) else otherwise(value)


def _unknown(argument: Any, schema: Any) -> Test:
    return _never


def _always(value: JSON) -> bool:
    return True


def _never(value: JSON) -> bool:
    return False


def _is_number(value: JSON) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
