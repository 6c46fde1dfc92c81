"""The options of `use_cassette` as options of a command.

A name is the same with ``-`` in place of ``_``. A list is given item by item (``--match-on model
--match-on messages``), and a flag also has ``--no-``.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from promptecho._session.options import Options

_LISTS = (
    "match_on",
    "match_headers",
    "redact_query",
    "ignore_query",
    "keep_query",
    "redact_members",
    "keep_members",
    "redact_patterns",
    "passthrough",
    "redact_headers",
    "keep_headers",
)
_FLAGS = ("match_host", "record_timing", "replay_timing", "fast_retries")
_NUMBERS = ("speed", "fuzzy")


def add_cassette_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options, in a group of their own."""
    from promptecho._session import options
    from promptecho._session.modes import Mode

    group = parser.add_argument_group(
        "options of the cassette", "See docs/options.md. An option of a list may be repeated."
    )
    choices = {
        "mode": tuple(map(str, Mode)),
        "on_record_error": get_args(options.OnRecordError),
        "on_drift": get_args(options.OnDrift),
        "on_exhausted": get_args(options.OnExhausted),
        "on_secret": get_args(options.OnSecret),
        "prefix": get_args(options.Prefix),
    }
    for name, values in choices.items():
        group.add_argument(_flag(name), choices=values, default=argparse.SUPPRESS)
    for name in _LISTS:
        group.add_argument(_flag(name), action="append", metavar="ITEM", default=argparse.SUPPRESS)
    for name in _FLAGS:
        action = argparse.BooleanOptionalAction
        group.add_argument(_flag(name), action=action, default=argparse.SUPPRESS)
    for name in _NUMBERS:
        group.add_argument(_flag(name), type=float, metavar="NUMBER", default=argparse.SUPPRESS)
    group.add_argument(
        "--faults",
        action="append",
        type=json.loads,
        metavar="JSON",
        default=argparse.SUPPRESS,
        help="a fault as a JSON object",
    )


def cassette_options(arguments: argparse.Namespace) -> Options:
    """The options that were given, checked.

    Raises:
        OptionError: one of them has a wrong value.
    """
    from promptecho._session.options import Options, options

    given: dict[str, Any] = {k: v for k, v in vars(arguments).items() if k in Options._fields}
    return options(given)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
