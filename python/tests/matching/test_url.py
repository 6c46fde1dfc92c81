"""What of a URL is in the key, and what is stored. [URL-1] [URL-2] [URL-3]"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._matching.url import key_path, key_query, stored_url
from support.conformance_fixtures import cases

KEEP = frozenset({"alt", "beta", "api-version"})


@cases("path.json")
def test_a_url_has_the_key_path_of_the_fixture(case: dict[str, Any]) -> None:
    assert key_path(case["given"]["url"]) == case["expect"]["path"]


@cases("query.json")
def test_a_query_puts_the_pairs_of_the_fixture_into_the_key(case: dict[str, Any]) -> None:
    given_ = case["given"]
    pairs = key_query(f"https://h/?{given_['query']}", frozenset(given_["keep"]))
    assert [list(pair) for pair in pairs] == case["expect"]["pairs"]


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://h/v1?key=abc&alt=sse", "https://h/v1?key=REDACTED&alt=sse"),
        ("https://user:pw@h:8080/v1#part", "https://h:8080/v1"),
        ("https://u@x:p@h/", "https://h/"),
        ("https://h/a%3Ab?x=", "https://h/a%3Ab?x=REDACTED"),
        ("https://h/?flag&alt", "https://h/?flag&alt"),
        ("https://h?&&a=1&", "https://h?&&a=REDACTED&"),
        ("https://h/?API-Version=1&al%74=sse", "https://h/?API-Version=1&al%74=sse"),
        ("/v1?key=abc", "/v1?key=REDACTED"),
    ],
)
def test_a_url_is_stored_without_credentials(url: str, stored: str) -> None:
    assert stored_url(url, KEEP) == stored


@given(st.text(max_size=30))
def test_the_stored_url_has_the_key_of_the_url(text: str) -> None:
    url = "https://user@h/" + text
    stored = stored_url(url, KEEP)
    assert stored_url(stored, KEEP) == stored
    assert key_path(stored) == key_path(url)
    assert key_query(stored, KEEP) == key_query(url, KEEP)


@given(st.text(max_size=30))
def test_a_key_path_is_its_own_key_path(text: str) -> None:
    path = key_path("https://h/" + text)
    assert path.isascii()
    assert key_path("https://h" + path) == path


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://h/a b", "https://h/a%20b"),
        ("https://h/a\x7f?alt=x\ty", "https://h/a%7F?alt=x%09y"),
        ("https://h/é", "https://h/é"),
    ],
)
def test_what_no_reader_takes_in_a_url_is_escaped_in_the_stored_one(url: str, stored: str) -> None:
    assert stored_url(url, frozenset(("alt",))) == stored
    assert key_path(stored) == key_path(url)
    assert key_query(stored, frozenset(("alt",))) == key_query(url, frozenset(("alt",)))
