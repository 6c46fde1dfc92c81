"""Bodies and content-encodings: bytes as stored, and back to the same bytes. [BODY]"""

from __future__ import annotations

import gzip
import importlib.util
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.model import BinaryBody, JsonBody, Layout
from promptecho._bodies.content_coding import undo
from promptecho._bodies.forms import decode, encode
from promptecho._bodies.json_text import render
from support.conformance_fixtures import as_body, as_bytes, cases, one_body
from support.json_strategies import TEXT, VALUES

CONTENT_TYPES = st.sampled_from(
    [
        "",
        "application/json",
        "text/event-stream; charset=utf-8",
        "application/x-ndjson",
        "application/vnd.amazon.eventstream",
        "audio/mpeg",
    ]
)
LAYOUTS = st.builds(
    Layout,
    st.sampled_from(["compact", "spaced", "indented"]),
    st.sampled_from(["", "<>&", "<>&'", "&"]),
    st.booleans(),
    st.booleans(),
    st.just(()),
)
TREES = st.lists(VALUES | st.just("<&>'"), max_size=4) | st.dictionaries(TEXT, VALUES, max_size=4)
PLAIN = b'{"model":"m","text":"' + bytes(range(32, 127)).replace(b'"', b"").replace(b"\\", b"") * 9


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@cases("body", about=one_body)
def test_a_body_is_stored_as_the_fixture_says(case: dict[str, Any]) -> None:
    given_ = case["given"]
    content_type = dict(given_["headers"])["content-type"]
    assert encode(content_type, as_bytes(given_["bytes"])) == as_body(case["expect"]["stored"])


@cases("body-decode", about=one_body)
def test_a_stored_body_is_played_as_the_bytes_of_the_fixture(case: dict[str, Any]) -> None:
    chunks = list(map(as_bytes, case["expect"]["chunks"]))
    assert decode(as_body(case["given"]["response"])) == chunks


@given(CONTENT_TYPES, st.binary(max_size=80) | st.text(max_size=40).map(utf8))
def test_what_was_received_is_what_is_played(content_type: str, data: bytes) -> None:
    assert b"".join(decode(encode(content_type, data))) == data


@given(TREES, LAYOUTS)
def test_every_layout_is_recognized(tree: Any, layout: Layout) -> None:
    text = render(tree, layout)
    body = encode("application/json", text.encode())
    assert b"".join(decode(body)).decode() == text
    assert json.loads(text) == tree


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "b": [1.0, {"c": []}]}', '["\\u003c", 1e-05]', '{"a":[1,2.50,-0]}'],
)
def test_text_that_is_json_is_played_byte_for_byte(text: str) -> None:
    assert decode(encode("application/json", text.encode())) == [text.encode()]


def test_a_tree_of_2_0_is_rendered_as_json_dumps_does() -> None:
    tree = {"text": "é", "items": [1, 0.5, None]}
    body = JsonBody(tree, Layout("spaced", ascii=True))
    assert decode(body) == [json.dumps(tree).encode()]


def test_bytes_that_are_not_utf_8_are_binary() -> None:
    assert encode("application/json", b"\xff{}") == BinaryBody(b"\xff{}")


# --- content-encoding --------------------------------------------------------------------------


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def brotli(data: bytes) -> bytes:
    compressed: bytes = pytest.importorskip("brotli").compress(data)
    return compressed


def zstd(data: bytes) -> bytes:
    name = "backports.zstd" if importlib.util.find_spec("backports") else "zstandard"
    module = pytest.importorskip(name)
    compressed: bytes = module.compress(data)
    return compressed


WRITERS = [
    ("gzip", gzip.compress),
    ("X-GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli),
    ("zstd", zstd),
    ("identity", bytes),
    ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    ("gzip", lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
]


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_an_encoding_is_undone(name: str, write: Any) -> None:
    assert undo(write(PLAIN), name) == PLAIN


@pytest.mark.parametrize(("name", "write"), [w for w in WRITERS if w[0] != "identity"])
def test_a_cut_body_is_undone_only_as_truncated(name: str, write: Any) -> None:
    cut = write(PLAIN)[:-12]
    assert undo(cut, name) is None
    start = undo(cut, name, truncated=True)
    assert start is not None
    assert PLAIN.startswith(start)


@pytest.mark.parametrize("name", ["compress", "gzip, aws-chunked", "x"])
def test_an_unknown_encoding_cannot_be_undone(name: str) -> None:
    assert undo(b"data", name) is None


@given(st.binary(max_size=50), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]))
def test_undoing_never_raises(data: bytes, name: str) -> None:
    for truncated in (False, True):
        assert isinstance(undo(data, name, truncated=truncated), (bytes, type(None)))
