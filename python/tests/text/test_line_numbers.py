"""Lines are those of YAML 1.2.2 and of an editor. [ERR-11]"""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.errors import YamlError
from promptecho._text.line_numbers import line_number, line_of_octet
from promptecho._text.yaml_parser import line_of_mark, source_of
from promptecho._text.yaml_places import line_of
from promptecho._text.yaml_reader import read

# In quotes or a comment each of these may be in a text.
ENDS = ["\n", "\r\n", "\r"]
NO_ENDS = ["\x85", "\u2028", "\u2029", "é", "\U0001f600", "\t", "x"]


@given(st.lists(st.sampled_from(ENDS + NO_ENDS)))
def test_the_line_of_a_position_is_one_more_than_the_ends_before_it(parts: list[str]) -> None:
    # A CR before an LF is one end with it, wherever the two come from.
    text = "".join(parts)
    ends = text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert line_number(text, len(text)) == ends + 1
    assert line_of_octet(text.encode(), len(text.encode())) == ends + 1


@pytest.mark.parametrize("loader", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", None)])
@given(parts=st.lists(st.sampled_from(ENDS + NO_ENDS)))
def test_a_mark_of_either_parser_has_the_line_of_its_position(
    loader: type[yaml.SafeLoader] | None, parts: list[str]
) -> None:
    if loader is None:
        pytest.skip("PyYAML without libyaml")
    text = '- "' + "  ".join(parts) + '"\n- b\n'
    events = yaml.parse(source_of(text).text, Loader=loader)
    last = [event for event in events if isinstance(event, yaml.ScalarEvent)][-1]
    assert line_of_mark(last.start_mark) == line_number(text, text.index("- b"))


@pytest.mark.parametrize("legacy", [False, True])
def test_an_error_behind_a_line_separator_has_the_line_of_an_editor(legacy: bool) -> None:
    with pytest.raises(YamlError) as error:
        read('a: "x\u2028y\u2029z"\na: 1\n', legacy=legacy)
    assert error.value.line == 2


def test_the_place_of_a_value_behind_a_line_separator_has_the_line_of_an_editor() -> None:
    assert line_of('a: "x\u2028y"\nb:\n  - "\u2029"\n  - c\n', ("b", 1)) == 4
