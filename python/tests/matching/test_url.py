"""What of a URL is in the key, and what is stored. [URL-1] [URL-2] [URL-4] [URL-9]"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._matching.rules import rules
from promptecho._matching.url import host_text, key_path, key_query, stored_url
from support.conformance_fixtures import cases

QUERY = rules().query


@cases("path")
def test_a_url_has_the_key_path_of_the_fixture(case: dict[str, Any]) -> None:
    assert key_path(case["given"]["url"]) == case["expect"]["path"]


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://h/v1?key=abc&alt=sse", "https://h/v1?key=REDACTED&alt=sse"),
        ("https://user:pw@h:8080/v1#part", "https://h:8080/v1"),
        ("https://u@x:p@h/", "https://h/"),
        ("https://u:p@ss@h/", "https://h/"),
        ("https://h/a%3Ab?key=", "https://h/a%3Ab?key="),
        ("https://h/?flag&alt", "https://h/?flag&alt"),
        ("https://h?&&sig=1&", "https://h?&&sig=REDACTED&"),
        ("https://h/?city=Paris", "https://h/?city=sha256-5dd272b4f316"),
        ("https://h/?API-Version=1&al%74=sse", "https://h/?API-Version=1&al%74=sse"),
        ("/v1?key=abc", "/v1?key=REDACTED"),
    ],
)
def test_a_url_is_stored_without_credentials(url: str, stored: str) -> None:
    assert stored_url(url, QUERY) == stored


@given(st.text(max_size=30))
def test_the_stored_url_has_the_key_of_the_url(text: str) -> None:
    url = "https://user@h/" + text
    stored = stored_url(url, QUERY)
    assert stored_url(stored, QUERY) == stored
    assert key_path(stored) == key_path(url)
    assert key_query(stored, QUERY) == key_query(url, QUERY)


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
    assert stored_url(url, QUERY) == stored
    assert key_path(stored) == key_path(url)
    assert key_query(stored, QUERY) == key_query(url, QUERY)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://API.example.com/v1", "api.example.com:443"),
        ("http://api.example.com./v1", "api.example.com:80"),
        ("http://u:p@ss@host:08080", "host:8080"),
        ("http://[::1]:80/x", "[::1]:80"),
        ("https://[FE80::1]", "[fe80::1]:443"),
        ("https://h:?x", "h:443"),
        ("ftp://h/x", "h"),
        ("https://h#@other", "h:443"),
    ],
)
def test_the_host_text_names_host_and_port(url: str, host: str) -> None:
    assert host_text(url) == host
