"""A long list in flow style is read without a YAML library, with the same result. [SEC-3]"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from promptecho._base.errors import YamlError
from promptecho._base.model import JSON
from promptecho._text.yaml_flow import Inexact, long_lists, value
from promptecho._text.yaml_places import line_of
from promptecho._text.yaml_reader import read

ITEMS = ["1", "-1", "0", "1234567890123456", "1.5", "1.0", "-0", "a", "word-1", "null", "true"]
ITEMS += ['"a"', '"1"', '""', '"a, [b] # c: d"', "[1, a]", "[]", '[[1], "x"]']
# What YAML and JSON read in different ways, or one of them not at all.
ODD = ["1e5", "1.5e+3", "01", "0x1F", "+1", ".5", "1.", "yes", "NaN", "nan", "2020-01-01", "1_000"]
ODD += [
    "a b",
    "a: b",
    "a:b",
    "'a'",
    '"\\u0041"',
    "{}",
    "{a: 1}",
    "&a 1",
    "*a",
    "!!str 1",
    "# a",
    "-",
]
ODD += [
    "\t1",
    "é",
    '"é"',
    "~",
    "",
    "a-",
    "1 2",
    '"a" "b"',
    '"a"1',
    "[1",
    "]",
    '"a',
    "99999999999999999",
]


def outcome(text: str) -> Any:
    """What the reader says of a short text, which it reads with the YAML library."""
    try:
        return read(text, legacy=False)
    except YamlError:
        return None


@pytest.mark.parametrize("item", ITEMS)
def test_a_usual_item_is_read(item: str) -> None:
    text = f"[{item}, {item},{item}]"
    if item == '[[1], "x"]':  # lists in lists of lists are left to the library
        with pytest.raises(Inexact):
            value(text)
    else:
        assert repr(value(text)) == repr(outcome(text))


@given(st.lists(st.sampled_from(ITEMS + ODD), max_size=4), st.sampled_from([",", ", ", " ,", ",,"]))
@example(["1e5"], ",")
@example(["-0", "1.0"], ",")
def test_what_is_read_is_what_the_library_reads(items: list[str], separator: str) -> None:
    text = f"[{separator.join(items)}]"
    try:
        found = value(text)
    except Inexact:
        return
    assert repr(found) == repr(outcome(text))


LONG = f"[{', '.join(['1', 'b'] * 100)}]"
LINES = f"[\n{','.join(['1', ' b'] * 100)},\n 5 ]"
PLACES = [
    "a: {}\n",
    "a:\n  b: {}\nc: 1\n",
    "- {}\n- 1\n",
    "- - {}\n",
    '"a b": {}\n',
    "{{\n  a: {}\n}}\n",
    "a: # a comment\n  {}\n",
    "# a: {}\na: 1\n",
    "# a comment\na: {}\n",
    "a: |\n  b: {}\nc: 1\n",
    "a: |-\n  {}\n",
    "a: 'b\n  c: {}\n  d'\n",
    "a: b\n  {}\n",
    'a: "b\n  c: {}\n  d"\n',
]


@pytest.mark.parametrize("written", [LONG, LINES], ids=["line", "lines"])
@pytest.mark.parametrize("place", PLACES)
def test_a_long_list_is_read_wherever_it_stands(place: str, written: str) -> None:
    text = place.format(written)
    try:
        expected: JSON = yaml.safe_load(text)
    except yaml.YAMLError:
        with pytest.raises(YamlError):
            read(text, legacy=False)
    else:
        assert read(text, legacy=False) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"? {LONG}\n: 1\n",
        f"a: {LONG}\na: {LONG}\n",
        f"{LONG}\n: 1\n",
        f"a: {LONG}\nb: yes\n",
    ],
)
def test_a_wrong_text_is_refused_as_without_the_list(text: str) -> None:
    errors = []
    for each in (text, text.replace(LONG, "[1, b]")):
        with pytest.raises(YamlError) as caught:
            read(each, legacy=False)
        errors.append((caught.value.code, caught.value.line))
    assert errors[0] == errors[1]


def test_a_list_may_not_be_deeper_than_the_limit() -> None:
    for depth in (65, 66, 67, 68, 69):
        text = "".join(f"{'  ' * level}a:\n" for level in range(depth)) + "  " * depth
        assert (outcome(f"{text}b: {LONG}\n") is None) == (outcome(f"{text}b: [1]\n") is None)


def test_lines_keep_their_numbers() -> None:
    text = f"a: {LINES}\nb: 1\nc: {LONG}\n"
    assert len(long_lists(text).lists) == 2
    assert line_of(text, ("b",)) == 4
    assert line_of(text, ("a", 1)) == 2
    assert line_of(text, ("c", 1)) == 5
    with pytest.raises(YamlError) as caught:
        read(text + "d: yes\n", legacy=False)
    assert caught.value.line == 6


@pytest.mark.parametrize("item", ["1", "1.5", "a", '"a"', '[a, "1"]'])
@pytest.mark.parametrize("separator", [",", ", "])
def test_long_lists_of_each_kind_are_cut_out(item: str, separator: str) -> None:
    text = f"a: [{separator.join([item] * 300)}]\n"
    assert len(long_lists(text).lists) == 1
    assert len(long_lists(text).text) < 100
