"""The parser gets substitutes for the characters that end lines in YAML 1.1 only."""

from __future__ import annotations

import pytest

from promptecho._base.errors import YamlError
from promptecho._text.yaml_parser import source_of
from promptecho._text.yaml_places import line_of
from promptecho._text.yaml_reader import read

EVERY_SUBSTITUTE = "".join(map(chr, range(0xF0000, 0x10FFFE)))


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_white_space_around_a_separator_in_quotes_is_content(separator: str) -> None:
    assert read(f'a: "x {separator} y"\n', legacy=False) == {"a": f"x {separator} y"}


def test_a_name_holds_a_separator_and_has_a_place() -> None:
    text = "b: 1\n'a\u2028b':\n  - 1\n"
    assert read(text, legacy=False) == {"b": 1, "a\u2028b": [1]}
    assert line_of(text, ("a\u2028b", 0)) == 3


def test_a_text_without_separators_is_unchanged() -> None:
    text = "a: \xe9\U000f0000\n"
    assert source_of(text) == (text, {})


def test_a_character_of_the_text_is_no_substitute() -> None:
    text = 'a: "\u2028\U000f0000"\n'
    assert read(text, legacy=False) == {"a": "\u2028\U000f0000"}


def test_a_text_with_all_substitutes_is_refused() -> None:
    with pytest.raises(YamlError, match="every character for private use") as error:
        read(f"a: '{EVERY_SUBSTITUTE[2:]}'\nb: '\u2028'\n", legacy=False)
    assert (error.value.code, error.value.line) == ("yaml.syntax", 2)
    text = f"a: '{EVERY_SUBSTITUTE[3:]}'\nb: '\u2028'\n"
    assert read(text, legacy=False) == {"a": EVERY_SUBSTITUTE[3:], "b": "\u2028"}
