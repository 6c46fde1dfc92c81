"""Many simple lines are read and written at once: as each of them alone. [FILE-16]"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.errors import YamlError
from promptecho._base.model import JSON, Number
from promptecho._text.yaml_flow import Inexact
from promptecho._text.yaml_lines import document
from promptecho._text.yaml_reader import read
from promptecho._text.yaml_writer import emit

# What a plain scalar may not be, or is not, or is only in part.
TOKENS = [
    *("a", "value", "A-1", "yes", "No", "null", "TRUE", "y", "x.y/z+1", "-", "-a", "--a", "_a"),
    *("1", "0", "-1", "-0", "00", "1.5", "1.50", "1e5", "1.0e+5", "0x1f", "1_0", "2020-01-01"),
    *('"a"', '"a: b"', '"- a"', '"\\n"', '"\\""', '"\\\\"', '"\\u00e9"', '"\\ud800"', '"\\q"'),
    *(
        '""',
        '"yes"',
        "'a'",
        "'it''s'",
        "a b",
        "a: b",
        "a #b",
        "&a",
        "[]",
        "[1, 2]",
        "{}",
        '"a',
        "~",
    ),
    *("9007199254740993", "|\n    text", '"a\n  b"', "é", "a:", ":a", "12:30", ".5", "5.", "+1"),
]
NAMES = [
    "a",
    "b",
    "ext-1",
    "yes",
    "Y",
    '"yes"',
    '"y"',
    "_a",
    "-a",
    "1",
    "1a",
    "a b",
    "a" * 999,
    "<<",
]
NAMES += ["b" * 1000, "c" * 1001, "null", "x-a", "d.e", '"f: g"', '"\\""', "é", "nUll", "off"]
PADS = st.sampled_from(["", "  ", "    "])


def agree(text: str) -> bool:
    """Whether the lines say what the YAML library says; if they say nothing, that is no error."""
    data = f"x:\n{text}...\n".encode()
    try:
        value = document(data)
    except Inexact:
        return True
    try:
        return repr(value) == repr(read(data, legacy=False))
    except YamlError:
        return False


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(TOKENS)), max_size=8), PADS)
def test_members_are_read_as_the_library_reads_them(rows: list[tuple[str, str]], pad: str) -> None:
    assert agree("".join(f"{pad}{name}: {token}\n" for name, token in rows))


@given(st.lists(st.sampled_from(TOKENS), max_size=8), PADS)
def test_items_are_read_as_the_library_reads_them(tokens: list[str], pad: str) -> None:
    assert agree("".join(f"{pad}- {token}\n" for token in tokens))


@given(st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3), max_size=6), PADS)
def test_lists_of_items_are_read_as_the_library_reads_them(rows: list[list[str]], pad: str) -> None:
    lines = "".join(f"{pad}-\n" + "".join(f"{pad}  - {each}\n" for each in row) for row in rows)
    assert agree(lines)


@given(st.lists(st.sampled_from(TOKENS), max_size=8), st.sampled_from([", ", ",", " , ", " "]))
def test_lists_on_a_line_are_read_as_the_library_reads_them(tokens: list[str], by: str) -> None:
    assert agree(f"  a: [{by.join(tokens)}]\n")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("  ext-{}: value\n", {f"ext-{i}": "value" for i in range(2000)}),
        ('  ext-{}: "a: {}"\n', {f"ext-{i}": f"a: {i}" for i in range(2000)}),
        ("  - word{}\n", [f"word{i}" for i in range(2000)]),
        ('  -\n    - "{}"\n    - 1.5\n', [[f"{i}", 1.5] for i in range(2000)]),
    ],
    ids=["members", "members in quotes", "items", "pairs"],
)
def test_long_runs_are_read_without_a_library(line: str, value: JSON) -> None:
    lines = "".join(line.format(i, i) for i in range(2000))
    assert document(f"x:\n{lines}...\n".encode()) == {"x": value}


def test_items_behind_a_string_keep_their_tokens() -> None:
    value = document(b'x:\n  - "a"\n  - 1.50\n  - -0\n...\n')
    assert value == {"x": ["a", Number("1.50"), Number("-0")]}


@pytest.mark.parametrize("lines", ["  a: 1\n  b: 2\n  a: 3\n", "  a: 1\n  b:\n    - c\n  a: 3\n"])
def test_a_name_twice_is_left_to_the_library(lines: str) -> None:
    with pytest.raises(Inexact):
        document(f"x:\n{lines}...\n".encode())


TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["a", "yes", "a\nb", "a\n", "1", "", "it's"])
)
SCALARS = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.just(Number("1.50")))
MANY = 60


@given(st.dictionaries(TEXTS, SCALARS, min_size=MANY, max_size=MANY + 20))
def test_many_members_are_written_as_each_alone(members: dict[str, JSON]) -> None:
    assert emit(members, 2) == "".join(emit({name: x}, 2) for name, x in members.items())


@pytest.mark.parametrize(
    "name", ["", "1", "-a", "_a", "__", "yes", "a b", "a\n", "\na", "é", "a.b"]
)
@pytest.mark.parametrize("first", [True, False])
def test_an_odd_name_among_many_is_written_as_alone(name: str, first: bool) -> None:
    odd, others = {name: 1}, {f"ext-{number}": 1 for number in range(MANY)}
    members = {**odd, **others} if first else {**others, **odd}
    assert emit(members, 2) == "".join(emit({each: 1}, 2) for each in members)


@given(st.lists(SCALARS, min_size=MANY, max_size=MANY + 20))
def test_many_items_are_written_as_each_alone(items: list[JSON]) -> None:
    # With a string beside it, no item makes the list one of numbers, which is on one line.
    each = [emit(["a", item], 2).removeprefix("  - a\n") for item in items]
    assert emit(["a", *items], 2) == "".join(["  - a\n", *each])


@given(st.lists(st.lists(TEXTS, max_size=3), min_size=MANY, max_size=MANY + 20))
def test_many_lists_are_written_as_each_alone(rows: list[list[str]]) -> None:
    assert emit(rows, 2) == "".join(emit([row], 2) for row in rows)


def test_an_item_behind_a_string_keeps_its_spelling() -> None:
    text = b'a:\n  - "b"\n  - 1.50\n  - NaN\n  - null\n...\n'
    assert document(text) == {"a": ["b", Number("1.50"), "NaN", None]}
