"""The YAML profile: one text for a value, and one value for a text. [YAML-W1] to [YAML-R5]"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from promptecho._base.errors import YamlError
from promptecho._base.model import Number
from promptecho._text.json import parse_lossless
from promptecho._text.yaml_places import line_of
from promptecho._text.yaml_reader import ends_with_marker, read
from promptecho._text.yaml_writer import emit, flow, quoted
from support.conformance_fixtures import as_bytes, as_tokens, cases, tokens
from support.yaml_strategies import DOCUMENTS, HOSTILE, TEXT, TREES

TABS = {"yaml/doc-tab-after-colon", "yaml/doc-tab-before-comment"}


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    return str(request.param)


@cases("emit")
def test_a_value_has_the_text_of_the_fixture(case: dict[str, Any]) -> None:
    assert emit(parse_lossless(case["given"]["value"]["json"])) == case["expect"]["text"]


@cases("emit")
def test_the_text_of_the_fixture_has_the_value(case: dict[str, Any]) -> None:
    value = parse_lossless(case["given"]["value"]["json"])
    assert read(case["expect"]["text"], legacy=False) == value


def _first_choice(case: dict[str, Any]) -> dict[str, Any]:
    """What the reference answers where the specification leaves a choice."""
    choice = case.get("any_of", [{}])[0]
    return {"expect": choice} if choice and "error" not in choice else choice


def _answer(source: bytes) -> tuple[str, Any]:
    """What the reader answers: a code or a value."""
    try:
        return "value", as_tokens(read(source, legacy=False))
    except YamlError as error:
        return "error", error.code


def _choices(case: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("error", choice["error"]["code"])
        if "error" in choice
        else ("value", tokens(choice["value"]["json"]))
        for choice in case["any_of"]
    ]


@cases("yaml")
def test_a_text_is_read_as_the_fixture_says(case: dict[str, Any], parser: str) -> None:
    source = as_bytes(case["given"]["bytes"])
    if parser == "pure" and "any_of" in case:
        assert _answer(source) in _choices(case)
        return
    case = {**case, **_first_choice(case)}
    if "error" not in case:
        if parser == "pure" and case["id"] in TABS:
            pytest.skip("PyYAML without libyaml refuses these tabs")
        expected = case["expect"]
        assert as_tokens(read(source, legacy=False)) == tokens(expected["value"]["json"])
        return
    with pytest.raises(YamlError) as caught:
        read(source, legacy=False)
    assert caught.value.code == case["error"]["code"]
    if "at" in case["error"]:
        assert caught.value.line == case["error"]["at"]["line"]


@given(DOCUMENTS)
def test_what_is_emitted_is_read_back(document: dict[str, Any]) -> None:
    text = emit(document)
    assert read(text, legacy=False) == document
    assert read(text.encode(), legacy=True).keys() == document.keys()
    assert read(text.replace("\n", "\r\n"), legacy=False) == document
    assert emit(read(text, legacy=False)) == text


@given(DOCUMENTS)
def test_any_yaml_library_reads_the_same_strings(document: dict[str, Any]) -> None:
    loaded = yaml.load(emit(document), Loader=yaml.SafeLoader)
    assert list(loaded) == list(document)
    strings = {name: value for name, value in document.items() if isinstance(value, str)}
    assert {name: loaded[name] for name in strings} == strings


@given(TREES, st.integers(0, 6))
def test_an_indented_value_is_the_same_lines_further_in(tree: Any, spaces: int) -> None:
    pad = " " * spaces
    plain = emit(tree).splitlines(keepends=True)
    expected = [pad + line if line != "\n" else line for line in plain]
    assert "".join(emit(tree, spaces).split("\n")) == "".join("".join(expected).split("\n"))


@given(DOCUMENTS, st.data())
@example({"a": "b"}, None)
def test_a_damaged_text_is_read_or_refused(document: dict[str, Any], data: Any) -> None:
    text = emit(document).encode()
    if data is not None:
        at = data.draw(st.integers(0, len(text)))
        kept = data.draw(st.sampled_from([at, at + 1, at + 5]))
        text = text[:at] + data.draw(st.binary(max_size=3)) + text[kept:]
    for legacy in (False, True):
        with contextlib.suppress(YamlError):
            read(text, legacy=legacy)


@given(st.text(max_size=40) | st.lists(HOSTILE, max_size=20).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    for legacy in (False, True):
        with contextlib.suppress(YamlError):
            read(text, legacy=legacy)


@pytest.mark.parametrize("text", ["[" * 100_000, "a:\n" + "- " * 50_000, "? " * 30_000])
def test_deep_nesting_is_refused_without_recursion(text: str) -> None:
    with pytest.raises(YamlError):
        read(text, legacy=False)


def nested(depth: int) -> dict[str, Any]:
    body: Any = {}
    for _ in range(depth - 1):
        body = [body]
    return {"interactions": [{"request": {"body": body}}]}


def test_a_body_may_nest_64_deep_in_its_file() -> None:
    assert read(emit(nested(64)), legacy=False) == nested(64)
    with pytest.raises(YamlError) as caught:
        read(emit(nested(65)), legacy=False)
    assert caught.value.code == "yaml.depth"


def test_a_lone_surrogate_in_a_text_is_an_encoding_error() -> None:
    with pytest.raises(YamlError) as caught:
        read('a: 1\nb: "\ud800"\n', legacy=False)
    assert (caught.value.code, caught.value.line) == ("yaml.encoding", 2)


def test_numbers_are_int_or_float_where_their_token_comes_back() -> None:
    tree = read("a: [1, -2, 0.5, 1.0, -0, 123456789012345678, 0.00001]\n", legacy=False)
    kept = map(Number, ["1.0", "-0", "123456789012345678", "0.00001"])
    assert tree == {"a": [1, -2, 0.5, *kept]}


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("1e-05", "1e-05"),  # a string to YAML 1.1, so PyYAML wrote it plain
        ("08:00", "08:00"),
        ("y", "y"),
        ("0o14", "0o14"),
        ("1.0e-05", Number("1e-05")),  # how 0.1.3 played it
        ("0.50", 0.5),
        ("7", 7),
        ("null", None),
    ],
)
def test_a_2_0_file_means_what_0_1_3_made_of_it(token: str, value: Any) -> None:
    assert read(f"v: {token}\n", legacy=True) == {"v": value}


@pytest.mark.parametrize("token", ["yes", "~", "2024-08-06", "1_000", "0x1F", ".inf", "1:30", ""])
def test_a_2_0_scalar_that_was_no_string_is_refused(token: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(f"v: {token}\n", legacy=True)
    assert caught.value.code == "yaml.ambiguous-scalar"


def test_an_ambiguous_scalar_says_why_it_is_refused() -> None:
    with pytest.raises(YamlError) as caught:
        read("a: 1\nb: no\n", legacy=False)
    assert str(caught.value) == (
        "line 2: YAML libraries read `no` in different ways [yaml.ambiguous-scalar]"
    )


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 1),
        (("b", 0), 3),
        (("b", 1), 4),
        (("b", 1, "z", 1), 7),
        (("b", 1, "absent"), 4),
        (("b", 9), 3),
        (("a", "below-a-scalar"), 1),
    ],
)
def test_a_value_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    text = "a: 1\nb:\n  - x\n  - y: 2\n    z:\n      - 1\n      - 2\n"
    assert line_of(text, path) == line


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("a: 1\n...\n", True),
        ("a: 1\r\n...\r\n", True),
        ("a: 1\n...", False),
        ("a: 1\r\n...\r", False),
        ("a: 1\n", False),
        ('a: "b..."\n', False),
        ("a: |-\n  ...\n", False),
    ],
)
def test_a_text_is_whole_when_it_ends_with_the_marker(text: str, whole: bool) -> None:
    assert ends_with_marker(text) is whole


def test_floats_of_a_canonical_body_are_written_to_fit_yaml() -> None:
    assert emit({"v": ["x", 1e-7, 1.5e-7, 0.1, 1.0]}) == (
        "v:\n  - x\n  - 1.0e-7\n  - 1.5e-7\n  - 0.1\n  - 1\n"
    )


def test_names_lists_are_flow_and_keys_are_quoted() -> None:
    assert flow(("model", "no", "a b", "x\ny")) == '[model, "no", "a b", "x\\ny"]'
    assert quoted("7206e48000000000") == '"7206e48000000000"'


@given(TEXT)
def test_a_quoted_scalar_is_a_json_string(text: str) -> None:
    assert parse_lossless(f"[{quoted(text)}]") == [text]
