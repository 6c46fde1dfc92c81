"""The settings of a test run: ini file, command line, environment.

The record mode of a test is the first of these that is set [MODE-8]:

1. the environment variable ``PROMPTECHO_MODE``
2. ``--promptecho-mode``
3. ``mode`` of the decorator, the ``with`` block, the `Recorder` or the marker; of several markers
   the closest to the test, and after them ``mode`` of the fixture ``promptecho_options``
4. the ini option ``promptecho_mode``
5. ``none`` in CI, ``once`` elsewhere

`effective_mode` has this order; this module says what the run names.
"""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Any, NamedTuple

import pytest

from . import verify_report

# The values of `promptecho.Mode`, which is imported with the first cassette only; a test compares.
MODES = ("once", "none", "new_episodes", "all", "missing", "verify")
LAYOUTS = ("flat", "module")
GUARDS = ("warn", "error", "off")
UNPLAYED = ("ignore", "warn", "fail")

#: The ini option that turns on the names of pytest-recording.
VCR_ALIASES = "promptecho_vcr_aliases"

#: Options of `use_cassette` that the ini file takes, beside mode and `match_on`.
KEY_OPTIONS = (
    ("match_host", "bool", "whether the host and its port are matched"),
    ("match_headers", "args", "request headers that are matched"),
    ("redact_query", "args", "query parameters to redact"),
    ("ignore_query", "args", "query parameters that change with every call"),
    ("keep_query", "args", "query parameters to store as they are written, or *"),
    ("redact_members", "args", "members of JSON and forms to redact"),
    ("keep_members", "args", "members of JSON and forms to keep"),
)


class Settings(NamedTuple):
    """The settings of a test run.

    Attributes:
        directory: the folder of cassettes, relative to the folder of the test file.
        layout: ``flat``, or ``module`` for a folder per test module.
        mode: the mode of the ini file, or None.
        forced: the mode of ``--promptecho-mode``, or None.
        match_on: the `match_on` of tests that set none; empty for the one in the file.
        keys: other options that decide keys, of tests that set none; see `KEY_OPTIONS`.
        block_network: whether calls that no cassette records are blocked.
        allowed_hosts: patterns of hosts that calls may reach then.
        disabled: whether all calls are live.
        guard: what is done in CI about calls that no cassette sees.
        unplayed: what is done about recordings that no test has played.
        accepts: whether requests without a recording are accepted as edits.
        strict: whether a fuzzy answer fails the run.
        updates: whether snapshots that fail are replaced.
    """

    directory: str
    layout: str
    mode: str | None
    forced: str | None
    match_on: tuple[str, ...]
    keys: dict[str, Any]
    block_network: bool
    allowed_hosts: tuple[str, ...]
    disabled: bool
    guard: str
    unplayed: str
    accepts: bool
    updates: bool
    strict: bool = False


#: The settings in `config.stash`.
KEY = pytest.StashKey[Settings]()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options of the command line and of the ini file."""
    group = parser.getgroup("promptecho")
    group.addoption(
        "--promptecho-mode",
        metavar="MODE",
        help=f"record mode of all cassettes; overrides markers: {', '.join(MODES)}",
    )
    group.addoption(
        "--promptecho-disable",
        action="store_true",
        help="make every call live, and read and write no cassette; also PROMPTECHO_DISABLE=1",
    )
    group.addoption(
        "--promptecho-block-network",
        action="store_true",
        default=None,
        help="block every network call that no open cassette records",
    )
    group.addoption(
        "--promptecho-allowed-hosts",
        metavar="HOSTS",
        help="hosts that calls may reach with --promptecho-block-network: patterns, separated by "
        "commas",
    )
    group.addoption(
        "--promptecho-unplayed",
        metavar="WHAT",
        help="what to do about recordings that no test has played: " + ", ".join(UNPLAYED),
    )
    group.addoption(
        "--promptecho-accept",
        action="store_true",
        help="answer an edited prompt with the nearest unplayed recording, and write the new "
        "request of each test that passed into its cassette; not in CI",
    )
    group.addoption(
        "--promptecho-strict",
        action="store_true",
        help="fail the run if a request got the answer of a close recording (fuzzy)",
    )
    group.addoption(
        "--promptecho-update-snapshots",
        action="store_true",
        help="replace the snapshots of llm_snapshot() that fail, in tests that pass otherwise; "
        "not in CI",
    )
    group.addoption(
        "--promptecho-verify-max",
        metavar="N",
        type=verify_report.number,
        help="how many live calls mode verify may make; further recordings are only played",
    )
    group.addoption(
        "--promptecho-baseline",
        metavar="FILE",
        help="a list of stale recordings, relative to the root of the project: tests whose misses "
        "are all listed are expected to fail; a run outside of CI writes the list if there is none",
    )
    for name, kind, meaning in (
        ("promptecho_directory", "string", "folder of cassettes beside the test file"),
        (
            "promptecho_layout",
            "string",
            "flat, or module for a folder per test module",
        ),
        ("promptecho_mode", "string", "record mode of cassettes: " + ", ".join(MODES)),
        ("promptecho_match_on", "args", "members of the canonical body to match"),
        *((f"promptecho_{name}", kind, meaning) for name, kind, meaning in KEY_OPTIONS),
        ("promptecho_block_network", "bool", "the same as --promptecho-block-network"),
        ("promptecho_allowed_hosts", "args", "the same as --promptecho-allowed-hosts"),
        (
            "promptecho_guard",
            "string",
            "in CI, calls that no cassette sees are reported (warn), refused (error), or not (off)",
        ),
        ("promptecho_unplayed", "string", "the same as --promptecho-unplayed"),
        (VCR_ALIASES, "bool", "the names of pytest-recording: marker and fixture vcr, and more"),
    ):
        parser.addini(name, meaning, type=kind, default=None)  # type: ignore[arg-type]


def settings(config: pytest.Config) -> Settings:
    """Read and check the settings of a test run.

    Raises:
        pytest.UsageError: a setting is not valid.
    """
    forced = config.getoption("--promptecho-mode")
    if forced is not None:
        _one_of("--promptecho-mode", forced, MODES)
    environ = os.environ.get("PROMPTECHO_MODE", "")
    if environ:
        _one_of("the environment variable PROMPTECHO_MODE", environ, MODES)
    mode = config.getini("promptecho_mode") or None
    layout = config.getini("promptecho_layout") or "flat"
    return Settings(
        directory=_directory(config.getini("promptecho_directory")),
        layout=_one_of("the ini option promptecho_layout", layout, LAYOUTS),
        mode=mode and _one_of("the ini option promptecho_mode", mode, MODES),
        forced=forced,
        match_on=_match_on(config.getini("promptecho_match_on") or ()),
        keys=_keys(config),
        block_network=bool(
            config.getoption("--promptecho-block-network")
            or config.getini("promptecho_block_network")
        ),
        allowed_hosts=_allowed_hosts(config),
        disabled=bool(config.getoption("--promptecho-disable")),
        guard=_one_of(
            "the ini option promptecho_guard", config.getini("promptecho_guard") or "warn", GUARDS
        ),
        unplayed=_unplayed(config),
        accepts=_writes(config, "--promptecho-accept", "nothing is accepted"),
        updates=_writes(config, "--promptecho-update-snapshots", "no snapshot is written"),
        strict=bool(config.getoption("--promptecho-strict")),
    )


def _writes(config: pytest.Config, option: str, what: str) -> bool:
    """Whether an option is set that changes files by what the code under test does."""
    if not config.getoption(option):
        return False
    from .._base.ci import in_ci

    if in_ci(os.environ):
        act = "Accept" if "accept" in option else "Run it"
        raise pytest.UsageError(
            f"{option}: {what} in CI. {act} on your machine and commit the files."
        )
    return True


def _unplayed(config: pytest.Config) -> str:
    given = config.getoption("--promptecho-unplayed")
    if given is not None:
        return _one_of("--promptecho-unplayed", given, UNPLAYED)
    named = config.getini("promptecho_unplayed") or UNPLAYED[0]
    return _one_of("the ini option promptecho_unplayed", named, UNPLAYED)


def _keys(config: pytest.Config) -> dict[str, Any]:
    """The options that decide keys, as far as the ini file names them."""
    given = {name: config.getini(f"promptecho_{name}") for name, _, _ in KEY_OPTIONS}
    # For an option that is not set, pytest gives None or, before version 8, an empty list.
    named = {name: value for name, value in given.items() if value or value is False}
    if not named:
        return {}
    from .._base.errors import OptionError
    from .._session.options import options

    try:
        options(named)
    except OptionError as error:
        raise pytest.UsageError(f"the ini file: {error}") from None
    return named


def _allowed_hosts(config: pytest.Config) -> tuple[str, ...]:
    given = config.getoption("--promptecho-allowed-hosts")
    named = given.split(",") if given is not None else config.getini("promptecho_allowed_hosts")
    return tuple(name.strip() for name in named or ())


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise pytest.UsageError(f"{name} is {value!r}; it must be one of {', '.join(choices)}")
    return value


def _directory(value: str | None) -> str:
    if value is None:
        return "cassettes"
    if not value or PurePath(value).is_absolute():
        raise pytest.UsageError(
            f"the ini option promptecho_directory is {value!r}; it must be relative to the folder "
            "of each test file, such as cassettes"
        )
    return value


def _match_on(names: list[str] | tuple[()]) -> tuple[str, ...]:
    from .._base.vocabulary import is_match_on

    if names and not is_match_on(names):
        raise pytest.UsageError(
            f"the ini option promptecho_match_on is {' '.join(names)!r}; it must be different "
            "names, or * alone"
        )
    return tuple(names)
