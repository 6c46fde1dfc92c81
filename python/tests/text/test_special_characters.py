"""The quick search for characters that have to be escaped, against their definition [YAML-W7]."""

from __future__ import annotations

import pytest

from promptecho._text.special_characters import has_special

SPECIAL = [
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"),
    *"\u2028\u2029\ufeff\ufffe\uffff",
]


@pytest.mark.parametrize("character", SPECIAL)
@pytest.mark.parametrize("around", ["", "text", "“Ä\u00a0”\U0001f600"])
def test_each_special_character_is_found(character: str, around: str) -> None:
    text = around + character + around
    assert has_special(text, text.encode())


def test_no_other_character_is_special() -> None:
    others = (chr(code) for code in range(0x10000) if not 0xD800 <= code <= 0xDFFF)
    text = "".join(character for character in others if character not in SPECIAL)
    assert not has_special(text, text.encode())
