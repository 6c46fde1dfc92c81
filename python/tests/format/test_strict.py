"""Strict reading and the JSON Schema are one set of rules, but for a few named exceptions."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, NamedTuple

import jsonschema
import pytest
from checks.test_schema import RESPONSES, cassette, old_cassette
from hypothesis import given, settings
from hypothesis import strategies as st

from promptecho._base.model import CassetteFile, FileOptions, Steps
from promptecho._checks import schema
from promptecho._format import read_tree
from promptecho._format.cursor import Cursor, Notes, Problem
from promptecho._format.reader import read_all
from promptecho._format.writer import dump
from support.cassette_strategies import FILES

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema.text()))

READER, SCHEMA = "only the reader", "only the schema"


class Exempt(NamedTuple):
    """A rule that one of the two does not have.

    Attributes:
        who: finds what the other one accepts.
        path: where, as a pattern of the path's text.
        why: the other one accepts it.
        legacy: whether this is about 2.0 files.
        plain: whether this is about plain scalars only.
    """

    who: str
    path: str
    why: str
    legacy: bool = False
    plain: bool = False


ITEM = r"interactions/[0-9]+/"
EXEMPT = [
    Exempt(SCHEMA, ITEM + "response/headers/.*", "validate has findings of its own for headers"),
    Exempt(SCHEMA, ITEM + "response/headers", "the same, for names of headers"),
    Exempt(SCHEMA, ITEM + "request/matched_on.*", "FILE-11: validate says finding.key-mismatch"),
    Exempt(READER, ITEM + "response/delays_ms", "BODY-13: chunks are counted"),
    Exempt(READER, ITEM + "response/after", "AFTER-1: events are counted"),
    Exempt(READER, ITEM + "response/events/[0-9]+/headers/.*", "AWS-1: octets are counted"),
    Exempt(READER, ITEM + "request/(method|url)", "the schema takes any string", legacy=True),
    Exempt(SCHEMA, ".*", "YAML-R5: a plain scalar stands for its text", legacy=True, plain=True),
    Exempt(SCHEMA, ITEM + "response/body", "a reader ignores spare bits of base64", legacy=True),
]


def excused(who: str, path: Steps, value: Any, *, legacy: bool) -> bool:
    text = "/".join(map(str, path))
    plain = not isinstance(value, (str, dict, list))
    return any(
        each.who == who
        and each.legacy in (False, legacy)
        and (plain or not each.plain)
        and re.fullmatch(each.path, text)
        for each in EXEMPT
    )


def problems(tree: Any) -> list[Problem]:
    notes = Notes(legacy="minor" not in tree, strict=True)
    read_tree.file(Cursor(tree, notes))
    return notes.problems


def assert_agreement(tree: Any) -> None:
    """One of the two may find what the other does not only where `EXEMPT` says so."""
    legacy = "minor" not in tree
    read = problems(tree)
    invalid = list(VALIDATOR.iter_errors(tree))
    if not invalid:
        assert [p for p in read if not excused(READER, p.path, "", legacy=legacy)] == []
    if not read:
        errors = [(tuple(error.absolute_path), error.instance) for error in invalid]
        assert [e for e in errors if not excused(SCHEMA, *e, legacy=legacy)] == []


# --- trees ---------------------------------------------------------------------------------------

TREES = [*map(cassette, RESPONSES), old_cassette(), old_cassette(streaming=True, events=["a"])]
VALUES: list[Any] = [None, True, 0, 1, 2, 99, -1, "", "a", "*", [], ["a", "a"], [""], {}]
VALUES += [{"x-a": 1}, {"<<": 1}, {"n" * 513: 1}, [[]], "a b", "\x01", "/x==", "é" * 200]
VALUES += [
    {"__form__": 1},
    {"__form__": [["a", "b"]]},
    {"__form__": [["a"]]},
    {"__form__": [], "a": 1},
]
VALUES += [{"headers": {}, "payload": 1}, {"headers": {"é" * 200: ""}, "payload": ""}]
VALUES += [{"__multipart__": [{"name": "a", "text": ""}]}, {"__multipart__": [{"name": "a"}]}]
VALUES += [{"__multipart__": [{"name": "a", "text": "", "b": 1}]}, {"__raw_body_sha256__": "0"}]
VALUES += [
    {"__multipart__": [{"name": "a", "text": "", "sha256": "0" * 64}]},
    {"__multipart__": {}},
]
NAMES = ["x-a", "a", "minor", "incomplete", "redacted", "dialect", "reason", "truncated"]
NAMES += ["binary", "framing", "body", "events", "tail", "layout", "delays_ms", "__form__", "<<"]


def places_in(tree: Any, path: Steps = ()) -> list[Steps]:
    found = [path] if path else []
    if not isinstance(tree, (dict, list)):
        return found
    for step, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
        found += places_in(child, (*path, step))
    return found


def changed(tree: Any, draw: Any) -> Any:
    """A tree with one change, which may be a fault."""
    tree = copy.deepcopy(tree)
    path = draw(st.sampled_from(places_in(tree)))
    holder = tree
    for step in path[:-1]:
        holder = holder[step]
    change = draw(st.sampled_from(["put", "drop", "add"]))
    if change == "put":
        holder[path[-1]] = draw(st.sampled_from(VALUES))
    elif change == "drop":
        del holder[path[-1]]
    elif isinstance(holder, dict):
        holder[draw(st.sampled_from(NAMES))] = draw(st.sampled_from(VALUES))
    return tree


@settings(max_examples=1000)
@given(st.data())
def test_a_strict_reader_and_the_schema_refuse_the_same_trees(data: Any) -> None:
    assert_agreement(changed(data.draw(st.sampled_from(TREES)), data.draw))


@settings(max_examples=150)
@given(FILES, st.data())
def test_they_agree_on_what_a_writer_writes_and_on_one_change_of_it(
    file: CassetteFile, data: Any
) -> None:
    tree = read_all(dump(file).encode()).tree
    assert_agreement(tree)
    assert_agreement(changed(tree, data.draw))


@pytest.mark.parametrize("name", FileOptions._fields[1:])
def test_a_star_may_be_in_one_list_of_names(name: str) -> None:
    tree = {**cassette(), name: ["*"]}
    assert_agreement(tree)
    assert bool(problems(tree)) == (name not in ("keep_query", "redact_patterns"))


def test_a_minor_below_zero_is_refused() -> None:
    assert [p.problem for p in problems({**cassette(), "minor": -1})] == ["minor must be 1 or more"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("redacted",), []),
        (("redacted",), ["a", "a"]),
        (("redacted",), [""]),
        (("response", "reason"), ""),
        (("response", "reason"), "a\x7f"),
        (("response", "body"), {"a": [{"<<": 1}]}),
        (("response", "body"), {"n" * 513: 1}),
        (("request", "body"), {"a": {"<<": 1}}),
        (("request", "body"), {"__form__": [], "a": 1}),
        (("request", "body"), {"__form__": [["a", "b", "c"]]}),
        (("request", "body"), {"__form__": [["a", 1]]}),
        (("request", "body"), {"__raw_body_sha256__": "0" * 63}),
        (("request", "body"), {"__multipart__": [{"text": "a"}]}),
        (("request", "body"), {"__multipart__": [{"name": "a"}]}),
        (("request", "body"), {"__multipart__": [{"name": "a", "sha256": "G" * 64}]}),
        (("request", "body"), {"__multipart__": [{"name": "a", "text": "b", "c": "d"}]}),
    ],
)
def test_only_strict_reading_refuses(path: Steps, value: Any) -> None:
    tree = cassette()
    holder = tree["interactions"][0]
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    notes = Notes()
    read_tree.file(Cursor(tree, notes))
    assert notes.problems == []
    assert problems(tree)
    assert not VALIDATOR.is_valid(tree)


@pytest.mark.parametrize("odd", ["ext", "x", "a", "a\nx-b", "", "x-\next-a\nb"])
def test_an_unknown_name_among_many_of_others_is_a_problem(odd: str) -> None:
    others = {f"{start}-{number}": number for number in range(20) for start in ("x", "ext")}
    notes = Notes()
    extras = Cursor({"known": 1, **others, odd: 2, "x-last": 3}, notes).extras(
        frozenset(("known", "absent"))
    )
    expected = {**others, **({odd: 2} if odd.startswith("x-") else {}), "x-last": 3}
    assert extras == tuple(expected.items())
    assert [problem.path for problem in notes.problems] == (
        [] if odd.startswith("x-") else [(odd,)]
    )
