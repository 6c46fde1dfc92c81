"""What a caller may say about a cassette: every option is checked in one place."""

from __future__ import annotations

from typing import Any

import pytest

from promptecho._base.errors import CassetteError
from promptecho._base.model import FileOptions
from promptecho._session.modes import Mode
from promptecho._session.options import (
    MODE_VARIABLE,
    Options,
    RunModes,
    effective_mode,
    mode,
    options,
)

CHOICES = {
    "on_record_error": ("warn", "raise", "record"),
    "on_drift": ("warn", "ignore", "raise"),
    "on_exhausted": ("repeat", "miss"),
    "on_secret": ("redact", "warn", "raise"),
}


def refused(**given: Any) -> CassetteError:
    with pytest.raises(CassetteError) as caught:
        options(given)
    assert caught.value.path is None
    return caught.value


def test_the_defaults_are_those_of_the_readme() -> None:
    assert options({}) == Options(
        mode=None,
        match_on=None,
        on_record_error="warn",
        on_drift="warn",
        on_exhausted="repeat",
        on_secret="redact",
    )


def test_an_unknown_option_is_an_error_that_names_the_known_ones() -> None:
    error = refused(record_mode="once")
    assert error.code == "option.unknown"
    assert str(error) == (
        "there is no option record_mode [option.unknown]\n"
        "Options are: mode, match_on, on_record_error, on_drift, on_exhausted, on_secret, "
        "match_host, match_headers, redact_query, ignore_query, keep_query, redact_members, "
        "keep_members, redact_patterns, passthrough, redact_headers, keep_headers, "
        "record_timing, replay_timing, speed, faults, fast_retries, "
        "prefix, fuzzy, scope."
    )


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_one_of_its_values(name: str) -> None:
    for value in CHOICES[name]:
        assert options({name: value})._asdict()[name] == value
    for wrong in ("WARN", "", None, True, ["warn"]):
        error = refused(**{name: wrong})
        assert str(error) == (
            f"{name} is {wrong!r} [option.value]\nIt must be one of {', '.join(CHOICES[name])}."
        )


@pytest.mark.parametrize(
    "given", [*Mode, "once", "none", "new_episodes", "all", "missing", "verify"]
)
def test_a_mode_is_given_by_name_or_member(given: Any) -> None:
    assert options({"mode": given}).mode is Mode(given)
    assert str(Mode(given)) == Mode(given).value


@pytest.mark.parametrize("wrong", ["ONCE", "", 1, [], "record"])
def test_a_mode_that_does_not_exist_is_an_error_that_lists_the_modes(wrong: Any) -> None:
    assert str(refused(mode=wrong)) == (
        f"mode is {wrong!r} [option.value]\n"
        "It must be one of once, none, new_episodes, all, missing, verify."
    )


@pytest.mark.parametrize(
    "names", [["model"], ("model", "messages"), ["*"], ["a b"], ["n" * 512], ["stream"]]
)
def test_match_on_is_a_list_of_names(names: Any) -> None:
    assert options({"match_on": names}).match_on == tuple(names)


def test_match_on_none_means_that_of_the_file() -> None:
    assert options({"match_on": None}).match_on is None


@pytest.mark.parametrize(
    "wrong",
    [
        "model",
        [],
        ["model", "model"],
        ["*", "model"],
        [1],
        {"model": 1},
        {"model", "messages"},  # a set has no order, and the list is written to the file
        [""],
        ["n" * 513],
        7,
    ],
)
def test_match_on_that_a_file_could_not_hold_is_an_error(wrong: Any) -> None:
    error = refused(match_on=wrong)
    assert error.code == "option.value"
    assert error.problem == f"match_on is {wrong!r}"
    assert error.remedy.startswith("It must be a list of ")


NAMES = ["redact_query", "ignore_query", "keep_query", "redact_members", "keep_members"]
LISTS = [*NAMES, "match_headers", "redact_headers", "redact_patterns"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_names_are_any_collection_of_strings(name: str) -> None:
    for given in (["a"], ("a",), {"a"}, frozenset({"a"})):
        assert options({name: given})._asdict()[name] == ("a",)
    for wrong in ("a", b"a", [1], {"a": 1}, 7):
        error = refused(**{name: wrong})
        assert str(error) == f"{name} is {wrong!r} [option.value]\nIt must be a list of strings."


@pytest.mark.parametrize("name", FileOptions._fields)
def test_an_option_of_a_file_that_is_none_is_not_named(name: str) -> None:
    assert options({})._asdict()[name] is None
    assert options({name: None})._asdict()[name] is None


@pytest.mark.parametrize("name", [*NAMES, "match_headers"])
def test_names_are_as_a_file_holds_them(name: str) -> None:
    assert options({name: ["b", "A", "a"]})._asdict()[name] == ("a", "b")


@pytest.mark.parametrize("names", [NAMES[:2], NAMES[1:3], NAMES[3:]])
def test_a_name_in_two_lists_that_exclude_each_other_is_an_error(names: list[str]) -> None:
    error = refused(**{names[0]: ["team", "b"], names[1]: ["Team"]})
    assert str(error) == (
        "'team' is in two of the options that exclude each other [option.value]\n"
        "Name it in one of redact_query, ignore_query, keep_query, and in one of redact_members, "
        "keep_members."
    )


def test_a_header_that_is_redacted_cannot_be_matched() -> None:
    error = refused(match_headers=["x-tenant"], redact_headers=["X-Tenant"])
    assert error.problem == "match_headers is ['x-tenant']"


@pytest.mark.parametrize("name", ["record_timing", "replay_timing"])
def test_a_flag_is_true_or_false(name: str) -> None:
    assert options({name: True})._asdict()[name] is True
    for wrong in (1, "true", None):
        error = refused(**{name: wrong})
        assert str(error) == f"{name} is {wrong!r} [option.value]\nIt must be True or False."


def test_a_pattern_must_be_a_regular_expression() -> None:
    error = refused(redact_patterns=["acme-[0-9]+", "("])
    assert error.problem.startswith(
        "redact_patterns contains '(', which is not a regular expression: "
    )
    assert error.remedy == "Use regular expressions of Python's module re."


@pytest.mark.parametrize("pattern", ["", "x*", "$", "(?:)", "a?|b"])
def test_a_pattern_that_matches_nothing_at_all_is_refused(pattern: str) -> None:
    assert str(refused(redact_patterns=[pattern])) == (
        f"redact_patterns contains {pattern!r}, which matches empty text [option.value]\n"
        "Use an expression that matches at least one character."
    )


@pytest.mark.parametrize("pattern", ["E", "[A-Z]", "RED", r"\b"])
def test_a_pattern_that_would_change_what_was_redacted_is_refused(pattern: str) -> None:
    # Redacting twice must give what redacting once gives [RED-1].
    assert str(refused(redact_patterns=[pattern])) == (
        f"redact_patterns contains {pattern!r}, which changes the word REDACTED [option.value]\n"
        "Use an expression that does not match a part of REDACTED."
    )


@pytest.mark.parametrize("pattern", [r"\w+", "REDACTED", "[A-Z]{8}", "acme-[0-9]{4}"])
def test_a_pattern_may_match_the_whole_word(pattern: str) -> None:
    assert options({"redact_patterns": [pattern]}).redact_patterns == (pattern,)


# --- the environment ---------------------------------------------------------------------------


@pytest.mark.parametrize("own", list(Mode))
def test_the_variable_overrides_every_mode(own: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODE_VARIABLE, "none")
    assert effective_mode(own) is Mode.NONE


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_or_empty_changes_nothing(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MODE_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(MODE_VARIABLE, value)
    assert effective_mode(Mode.ALL) is Mode.ALL


@pytest.mark.parametrize(
    ("variable", "forced", "own", "default", "expected"),
    [
        ("all", Mode.NONE, Mode.ONCE, Mode.NEW_EPISODES, Mode.ALL),
        ("", Mode.NONE, Mode.ONCE, Mode.NEW_EPISODES, Mode.NONE),
        ("", None, Mode.ONCE, Mode.NEW_EPISODES, Mode.ONCE),
        ("", None, None, Mode.NEW_EPISODES, Mode.NEW_EPISODES),
    ],
)
def test_the_mode_is_that_of_the_first_who_names_one(
    variable: str,
    forced: Mode | None,
    own: Mode | None,
    default: Mode,
    expected: Mode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(MODE_VARIABLE, variable)
    assert effective_mode(own, RunModes(forced, default)) is expected


def test_a_mode_that_nobody_names_is_once_even_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODE_VARIABLE, raising=False)
    monkeypatch.setenv("CI", "true")
    assert effective_mode(None) is Mode.ONCE


def test_an_unknown_mode_in_the_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODE_VARIABLE, "rerecord")
    with pytest.raises(CassetteError) as caught:
        effective_mode(Mode.ONCE)
    assert str(caught.value) == (
        "the environment variable PROMPTECHO_MODE is 'rerecord' [option.value]\n"
        "It must be one of once, none, new_episodes, all, missing, verify."
    )


def test_a_source_that_gave_a_mode_is_named() -> None:
    with pytest.raises(CassetteError, match="the ini option promptecho_mode is 'x'"):
        mode("the ini option promptecho_mode", "x")
