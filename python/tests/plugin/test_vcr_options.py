"""What the options of vcrpy mean, one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from promptecho._pytest.vcr import allowed_hosts, paths
from promptecho._pytest.vcr.options import NotTranslated, translated
from promptecho._session.options import options


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {}),
        ({"filter_headers": ["authorization", ("x-key", "HIDDEN")]}, {}),
        (
            {"filter_query_parameters": ["api_key", ("token", None)]},
            {"ignore_query": ["api_key", "token"]},
        ),
        ({"filter_post_data_parameters": ["pin"]}, {"redact_members": ["pin"]}),
        ({"filter_sensitive_data": [("<PIN>", "1+1")]}, {"redact_patterns": [r"1\+1"]}),
        (
            {"ignore_hosts": ["meta.internal", "::1"], "ignore_localhost": False},
            {"passthrough": ["meta.internal", "[::1]"]},
        ),
        (
            {"ignore_hosts": ["a.example"], "ignore_localhost": True},
            {"passthrough": ["a.example", "localhost", "127.0.0.1", "0.0.0.0", "[::1]"]},
        ),
        ({"allow_playback_repeats": True}, {"on_exhausted": "repeat"}),
        ({"match_on": ["method", "scheme", "host", "port", "path", "query"]}, {"match_host": True}),
        ({"match_on": ["method", "path", "query", "body"]}, {"match_host": False}),
        ({"match_on": ("uri", "method")}, {"match_host": True}),
        ({"decode_compressed_response": True, "before_record_request": None}, {}),
        ({"record_on_exception": True, "serializer": "yaml"}, {}),
    ],
)
def test_an_option_is_translated(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    made = translated(given)
    assert made.options == wanted
    assert (made.notices, made.unsafe) == ((), ())
    options({**made.implied, **made.options})  # each is an option of use_cassette


def test_vcrpy_matches_the_host_and_plays_a_recording_once() -> None:
    assert translated({}).implied == {"match_host": True, "on_exhausted": "miss"}


@pytest.mark.parametrize(
    ("given", "mode"),
    [("once", "once"), ("rewrite", "all"), ("all", "all"), ("none", "none"), (None, None)],
)
def test_a_record_mode_is_translated(given: Any, mode: str | None) -> None:
    assert translated({"record_mode": given}).mode == mode


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"match_on": ["method", "path"]}, "promptecho_ignore_query"),
        ({"record_on_exception": False}, "marked incomplete"),
        ({"drop_unused_requests": True}, "promptecho prune"),
        ({"custom_patches": [("a", "b", "c")]}, "remove the option"),
    ],
)
def test_an_option_without_effect_is_answered_with_what_to_use(
    given: dict[str, Any], advice: str
) -> None:
    (notice,) = translated(given).notices
    assert notice.startswith(f"vcr_config or the marker vcr names {next(iter(given))}")
    assert advice in notice


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("before_record_request", print),
        ("before_record_response", [print]),
        ("before_record", print),
        ("before_save_interaction", print),
        ("filter_sensitive_data", [("<PIN>", print)]),
        ("serializer", "json"),
    ],
)
def test_an_option_that_may_keep_something_out_of_a_file_is_unsafe(name: str, value: Any) -> None:
    made = translated({name: value})
    (text,) = made.unsafe
    assert name in text
    assert (made.options, made.notices) == ({}, ())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"match_on": ["jurassic"]}, "a matcher of the project"),
        ({"match_on": ["method", "headers"]}, "promptecho_match_headers"),
        ({"match_on": "method"}, "must be a list of names"),
        ({"record_mode": "onse"}, "one of once, new_episodes, none, all, rewrite"),
        ({"after_load_interaction": print}, "in the files"),
        ({"serializer": "toml"}, "promptecho import"),
        ({"filter_heders": []}, "it knows after_load_interaction"),
        ({"filter_query_parameters": [1]}, "has 1; it must be a name"),
        ({"path_transformer": "x"}, "must be a function"),
    ],
)
def test_an_option_without_a_meaning_is_an_error(given: dict[str, Any], message: str) -> None:
    with pytest.raises(NotTranslated, match=re.escape(message)):
        translated(given)


@pytest.mark.parametrize(
    ("expression", "pattern"),
    [
        ("localhost", "localhost"),
        ("httpbin.*", "httpbin*"),
        (r"^.*\.example\.com$", "*.example.com"),
        ("api.example.com", "api.example.com"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "[::1]"),
        ("a|b", None),
        ("api[12].example.com", None),
        (".+", None),
        ("", None),
    ],
)
def test_the_expression_of_a_host_becomes_a_pattern(expression: str, pattern: str | None) -> None:
    assert allowed_hosts.pattern(expression) == pattern


def test_a_file_has_the_name_that_pytest_recording_gives_it() -> None:
    assert paths.folder("/p/tests/test_x.py") == "/p/tests/cassettes/test_x"
    assert paths.file("d", "test_a") == "d/test_a.yaml"
    assert paths.file("d", "login.yaml") == "d/login.yaml"
    assert paths.file("d", "login.yml") == "d/login.yml.yaml"
    # 255 bytes, with the MD5 of the whole name.
    cut = "x" * 215 + "...76e8ced66a50bfbf2b3a48a3b8e8a2f6.yaml"
    assert len(cut) == 255
    assert re.fullmatch(r"d/x{215}\.\.\.[0-9a-f]{32}\.yaml", paths.file("d", "x" * 300))
