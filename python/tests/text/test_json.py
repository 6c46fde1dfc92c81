"""The guard and the canonical text. [CANON-1] [CANON-2]"""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from promptecho._base.errors import NotCanonical
from promptecho._base.model import Number
from promptecho._text.canonical import _write, canonical, ecma_number, plain_text
from promptecho._text.json import (
    depth_within,
    parse,
    parse_lossless,
    parse_plain,
)
from promptecho._text.storable import storable
from support.conformance_fixtures import as_bytes, cases
from support.json_strategies import VALUES


@cases("canonical")
def test_a_body_has_the_canonical_text_of_the_fixture(case: dict[str, Any]) -> None:
    data = as_bytes(case["given"]["bytes"])
    try:
        found: dict[str, Any] = {"canonical": canonical(parse(data))}
    except NotCanonical:
        found = {"opaque": True}
    assert found == case["expect"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "a byte order mark"),
        (b"{", "not JSON"),
        (b"[NaN]", "NaN is not JSON"),
        (b'{"a":1,"a":1}', "a duplicate member name"),
        (b'["\\ud800"]', "a lone surrogate"),
        (b"[" * 100_000, "nested deeper than 64"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
        (b"1" * 5000, "an integer beyond 2^53-1"),
        (b"-9007199254740992", "an integer beyond 2^53-1"),
        (b"1e16", "an integer beyond 2^53-1"),
        (b"1e400", "a number beyond a double"),
    ],
)
def test_the_guard_says_why_a_body_is_opaque(data: bytes, reason: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        parse(data)
    # Where C stops first at a deep text is the interpreter's choice.
    assert str(caught.value) in (reason, "nested deeper than 64")


def test_integral_numbers_are_int_and_others_float() -> None:
    value = parse(b"[1.0, -0.0, 1e2, 0.5, -0, 1e-400]")
    assert value == [1, 0, 100, 0.5, 0, 0]
    assert [type(number) for number in value] == [int, int, int, float, int, int]


def test_tokens_that_python_es6_or_yaml_write_otherwise_are_kept() -> None:
    value = parse_lossless("[1, -7, 0.5, 1.0, 1.50, 1E5, -0, 0.00001, 1e-05, 1.5e+3]")
    kept = ["1.0", "1.50", "1E5", "-0", "0.00001", "1e-05", "1.5e+3"]
    assert value == [1, -7, 0.5, *map(Number, kept)]


def test_a_tree_with_tokens_has_the_canonical_text_of_its_values() -> None:
    assert canonical(parse_lossless("[1.0,1.50,-0,1e-07,0.00001]")) == "[1,1.5,0,1e-7,0.00001]"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (333333333.3333333, "333333333.3333333"),
        (10**25, "1e+25"),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(number: float, text: str) -> None:
    assert ecma_number(number) == text


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 10**400])
def test_a_number_that_is_not_finite_has_no_text(number: float) -> None:
    with pytest.raises(NotCanonical):
        ecma_number(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_written_number_reads_back_as_the_same_double(number: float) -> None:
    assert float(ecma_number(number)) == number


@given(VALUES)
def test_canonical_text_is_a_fixed_point(value: Any) -> None:
    text = canonical(parse(json.dumps(value).encode()))
    assert canonical(parse(text.encode())) == text


@given(VALUES)
def test_order_and_spelling_of_the_body_do_not_matter(value: Any) -> None:
    plain = json.dumps(value, ensure_ascii=False)
    sorted_and_escaped = json.dumps(value, sort_keys=True, indent=1)
    assert canonical(parse(plain.encode())) == canonical(parse(sorted_and_escaped.encode()))


@given(VALUES)
def test_tokens_and_values_have_one_canonical_text(value: Any) -> None:
    text = json.dumps(value)
    assert canonical(parse_lossless(text)) == canonical(parse(text.encode()))


def rfc_8785(value: Any) -> str:
    """Canonical text by the code that follows the RFC step by step."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


TOKENS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,7})?([eE][-+]?[0-9]{1,2})?", fullmatch=True
)
ODD_NAMES = st.text(
    st.sampled_from('a"\\/\n\x7fé\u2028\ue000\uffff\U00010000\U0010ffff'), max_size=3
)


@given(st.dictionaries(ODD_NAMES, VALUES, max_size=4), TOKENS, st.booleans(), st.integers(0, 2))
def test_the_c_encoder_writes_plain_bodies_as_rfc_8785_does(
    members: dict[str, Any], token: str, ascii_only: bool, quoted: int
) -> None:
    text = json.dumps(members, ensure_ascii=ascii_only).replace("}", f',"n":{token}}}', 1)
    text = text.replace("{,", "{")
    outer = text
    for _ in range(quoted):  # as arguments of tools stand in a body
        outer = json.dumps({"arguments": outer}, ensure_ascii=ascii_only)
    try:
        inner, (whole, plain) = parse(text.encode()), parse_plain(outer.encode())
    except NotCanonical:
        return
    event(f"plain: {plain}")
    assert canonical(inner) == rfc_8785(inner)
    if plain:
        assert plain_text(whole) == rfc_8785(whole)
        assert plain_text(inner) == rfc_8785(inner)


@pytest.mark.parametrize(
    "text", ["1e-7", "1E-7", "0.00001", "-0.00001e0", '"\\ud83d\\ude00"', '"😀"', '"\\u0031e-7"']
)
def test_a_body_that_could_be_written_otherwise_is_not_plain(text: str) -> None:
    assert not parse_plain(f"[{text}]".encode())[1]


@pytest.mark.parametrize(
    "text",
    ["0.7", "1e15", "-12.5", "100", '"é"', '"\\u00e9\\n\\"\\u2028"', '"pre-trained, e-mail"'],
)
def test_an_ordinary_body_is_plain(text: str) -> None:
    assert parse_plain(f"[{text}]".encode())[1]


@given(st.binary(max_size=40))
def test_any_bytes_are_a_value_or_opaque(data: bytes) -> None:
    with contextlib.suppress(NotCanonical):
        canonical(parse(data))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"k" * 512: 1}, True),
        ({"k" * 513: 1}, False),
        ({"a": [{"<<": 1}]}, False),
        ({"\x01" * 170: 1}, False),  # 1020 characters when written
        ({"\x01" * 150: 1}, True),
        (json.loads("[" * 64 + "]" * 64), True),
        (json.loads("[" * 65 + "]" * 65), False),
    ],
)
def test_a_value_is_storable_when_yaml_can_hold_it(value: Any, fits: bool) -> None:
    assert storable(value) is fits


def test_depth_counts_empty_collections() -> None:
    assert depth_within({}, 1)
    assert not depth_within({}, 0)
    assert depth_within("text", 0)
