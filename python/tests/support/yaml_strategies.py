"""Values whose text in YAML is easy to get wrong: strings that look like something else."""

from __future__ import annotations

from hypothesis import strategies as st

from promptecho._base.model import Number
from promptecho._text.json import parse_lossless
from promptecho._text.storable import storable

HOSTILE = st.sampled_from(
    [
        *" \t\n\r:#-?!&*|>'\"%@`{}[],~=<.\x00\x07\x7f\x85\u2028\ufeff\ufffe",
        'data: {"a":"b\\n"}',
        "it's",
        "yes",
        "null",
        "1e3",
        "0x1",
        "...",
        "---",
        "<<",
        "é",
        "😀",
        "\n\n",
        "a",
    ]
)
TEXT = st.lists(HOSTILE, max_size=6).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
)
NUMBERS = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e6, 1e6).map(str).filter(lambda token: "e" not in token).map(parse_lossless)
    | st.sampled_from(["1.0", "0.10", "-0", "1.5e-07", "1.0E+3"]).map(Number)
)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
).filter(storable)
DOCUMENTS = st.dictionaries(TEXT, TREES, min_size=1, max_size=4).filter(storable)
