"""The options of `use_cassette`: types, defaults and checks, stated once.

`Options` is the table of names, types and defaults, and `_CHECKS` says how each value is checked.
Python's typing needs two copies of the names, the signature of `use_cassette` and the TypedDict
`CassetteOptions`; a test holds both, and the docstring of `use_cassette`, to this table.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Callable, Literal, NamedTuple, get_args

from .._base.errors import OptionError
from .._base.vocabulary import (
    MAX_NAME,
    MEMBER_LISTS,
    QUERY_LISTS,
    REDACTED,
    in_two_lists,
    is_match_on,
    is_option_list,
    lower,
)
from .modes import Misses, Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .faults import Fault
    from .verifying import Budget

MODE_VARIABLE = "PROMPTECHO_MODE"
DISABLE_VARIABLE = "PROMPTECHO_DISABLE"

OnRecordError = Literal["warn", "raise", "record"]
OnDrift = Literal["warn", "ignore", "raise"]
OnExhausted = Literal["repeat", "miss"]
OnSecret = Literal["redact", "warn", "raise"]
Prefix = Literal["any", "stable"]
Scope = Literal["process", "task"]


_FALSE = ("", "0", "false", "no", "off")


class Options(NamedTuple):
    """The options of `use_cassette`, checked; see there for what each one means.

    An option that is None is not named by the caller: that of the file holds [MATCH-6].
    """

    mode: Mode | None = None
    match_on: tuple[str, ...] | None = None
    on_record_error: OnRecordError = "warn"
    on_drift: OnDrift = "warn"
    on_exhausted: OnExhausted = "repeat"
    on_secret: OnSecret = "redact"
    match_host: bool | None = None
    match_headers: tuple[str, ...] | None = None
    redact_query: tuple[str, ...] | None = None
    ignore_query: tuple[str, ...] | None = None
    keep_query: tuple[str, ...] | None = None
    redact_members: tuple[str, ...] | None = None
    keep_members: tuple[str, ...] | None = None
    redact_patterns: tuple[str, ...] | None = None
    passthrough: tuple[str, ...] = ()
    redact_headers: tuple[str, ...] = ()
    keep_headers: tuple[str, ...] = ()
    record_timing: bool = False
    replay_timing: bool = False
    speed: float | None = None
    faults: tuple[Fault, ...] = ()
    fast_retries: bool = False
    prefix: Prefix = "any"
    fuzzy: float | None = None
    scope: Scope = "process"


def options(given: Mapping[str, Any]) -> Options:
    """Check the options that a caller gave.

    Raises:
        OptionError: `option.unknown` or `option.value`.
    """
    for name in given:
        if name not in Options._fields:
            known = ", ".join(Options._fields)
            raise OptionError(
                "option.unknown", f"there is no option {name}", f"Options are: {known}."
            )
    checked = {name: _CHECKS[name](name, value) for name, value in given.items()}
    _check_lists(checked)
    if checked.get("speed") is not None:
        checked["replay_timing"] = True
    return Options(**checked)


def mode(source: str, value: object) -> Mode:
    """The record mode that a value names; `source` is the option or variable, for the error.

    Raises:
        OptionError: `option.value`, with the names of the modes.
    """
    try:
        return Mode(value)
    except ValueError:
        raise _bad(source, value, "one of " + ", ".join(Mode)) from None


def is_disabled() -> bool:
    """Whether the environment disables promptecho: all calls are live, and nothing is written."""
    return os.environ.get(DISABLE_VARIABLE, "").strip().lower() not in _FALSE


class RunModes(NamedTuple):
    """What a run of tests says about modes; outside of one it says nothing.

    Attributes:
        forced: the mode of all cassettes of the run, or None.
        disabled: whether all calls of the run are live.
        default: the mode of cassettes for which nobody names one.
        misses: what is done with requests without a recording.
        budget: how many live calls mode ``verify`` may make; None is no limit.
        in_ci: whether the run began in CI.
    """

    forced: Mode | None = None
    default: Mode = Mode.ONCE
    disabled: bool = False
    misses: Misses = Misses.PLAIN
    budget: Budget | None = None
    in_ci: bool = False


#: Outside of a run of tests.
NO_RUN = RunModes()


def effective_mode(own: Mode | None, run: RunModes = NO_RUN) -> Mode:
    """The mode of a cassette [MODE-8]: of the environment, else of the run, else its own."""
    value = os.environ.get(MODE_VARIABLE, "")
    if value:
        return mode(f"the environment variable {MODE_VARIABLE}", value)
    return run.forced or own or run.default


# Checks: the name of an option or of its source, and a value -> the value as `Options` holds it.


def _optional_mode(name: str, value: object) -> Mode | None:
    return None if value is None else mode(name, value)


def _match_on(name: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    # The order is written to the file, so a set is not accepted.
    names = _strings(name, value) if isinstance(value, (list, tuple)) else ()
    if not is_match_on(names):
        raise _bad("match_on", value, 'a list of different names, or ["*"]')
    return names


def _strings(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _bad(name, value, "a list of strings")
    if not all(isinstance(item, str) for item in value):
        raise _bad(name, value, "a list of strings")
    return tuple(value)


def _check_lists(checked: Mapping[str, Any]) -> None:
    """Refuse a name in two lists, and a matched header whose value is redacted [FILE-19]."""
    twice = in_two_lists(checked)
    if twice is not None:
        raise OptionError(
            "option.value",
            f"{twice!r} is in two of the options that exclude each other",
            f"Name it in one of {', '.join(QUERY_LISTS)}, and in one of {', '.join(MEMBER_LISTS)}.",
        )
    redacted = {name.lower() for name in checked.get("redact_headers", ())}
    kept = redacted.intersection(checked.get("keep_headers", ()))
    if kept:
        raise _bad("keep_headers", sorted(kept), "names of headers that are not redacted")
    both = redacted.intersection(checked.get("match_headers") or ())
    if both:
        raise _bad("match_headers", sorted(both), "names of headers that are not redacted")


def _names(name: str, value: object) -> tuple[str, ...] | None:
    """Names as a file holds them: in lower case, distinct and sorted [FILE-18]."""
    if value is None:
        return None
    names = _sorted_names(name, value)
    if not is_option_list(name, names):
        raise _bad(name, value, f"a list of names of 1 to {MAX_NAME} characters" + _no_all(name))
    return names


def _sorted_names(name: str, value: object) -> tuple[str, ...]:
    return tuple(sorted({lower(item) for item in _strings(name, value)}))


def _no_all(name: str) -> str:
    return "" if name == "keep_query" else ", without *"


def _header_names(name: str, value: object) -> tuple[str, ...] | None:
    names = _names(name, value)
    if names:
        from .._base.spec_data import can_be_matched

        if not all(map(can_be_matched, names)):
            raise _bad(name, value, "a list of names of headers that hold no credential [HEAD-9]")
    return names


def _kept_headers(name: str, value: object) -> tuple[str, ...]:
    names = _sorted_names(name, value)
    if names:
        from .._base.spec_data import can_be_kept

        if not all(map(can_be_kept, names)):
            raise _bad(name, value, "a list of names of headers without a credential [HEAD-14]")
    return names


def _hosts(name: str, value: object) -> tuple[str, ...]:
    patterns = _strings(name, value)
    if patterns:
        from .._matching.hosts import Hosts

        Hosts(patterns)
    return patterns


def _patterns(name: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    patterns = _strings(name, value)
    for pattern in patterns:
        _check_pattern(name, pattern)
    return patterns


def _check_pattern(name: str, pattern: str) -> None:
    import re

    try:
        compiled = re.compile(pattern, re.ASCII)
    except re.error as error:
        raise OptionError(
            "option.value",
            f"{name} contains {pattern!r}, which is not a regular expression: {error}",
            "Use regular expressions of Python's module re.",
        ) from None
    if compiled.match(""):
        raise OptionError(
            "option.value",
            f"{name} contains {pattern!r}, which matches empty text",
            "Use an expression that matches at least one character.",
        )
    if compiled.sub(REDACTED, REDACTED) != REDACTED:  # RED-1: redacting twice changes nothing
        raise OptionError(
            "option.value",
            f"{name} contains {pattern!r}, which changes the word {REDACTED}",
            f"Use an expression that does not match a part of {REDACTED}.",
        )


def _one_of(choices: Any) -> Callable[[str, object], object]:
    """The check of an option whose type is a `Literal`."""
    names = get_args(choices)

    def check(name: str, value: object) -> object:
        if value not in names:
            raise _bad(name, value, "one of " + ", ".join(names))
        return value

    return check


def _speed(name: str, value: object) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not isinstance(value, (int, float)) or not is_number or not 0 < value < math.inf:
        raise _bad(name, value, "None or a number above 0, such as 2 for twice as fast")
    return float(value)


def _fuzzy(name: str, value: object) -> float | None:
    if value is None:
        return None
    from .fuzzy_option import check

    return check(name, value)


def _faults(name: str, value: object) -> tuple[Fault, ...]:
    if value in ((), []):
        return ()
    from .fault_options import faults

    return faults(name, value)


def _optional_flag(name: str, value: object) -> object:
    return None if value is None else _flag(name, value)


def _flag(name: str, value: object) -> object:
    if not isinstance(value, bool):
        raise _bad(name, value, "True or False")
    return value


def _bad(name: str, value: object, wanted: str) -> OptionError:
    return OptionError("option.value", f"{name} is {value!r}", f"It must be {wanted}.")


_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "mode": _optional_mode,
    "match_on": _match_on,
    "on_record_error": _one_of(OnRecordError),
    "on_drift": _one_of(OnDrift),
    "on_exhausted": _one_of(OnExhausted),
    "on_secret": _one_of(OnSecret),
    "match_host": _optional_flag,
    "match_headers": _header_names,
    "redact_query": _names,
    "ignore_query": _names,
    "keep_query": _names,
    "redact_members": _names,
    "keep_members": _names,
    "redact_patterns": _patterns,
    "passthrough": _hosts,
    "redact_headers": _strings,
    "keep_headers": _kept_headers,
    "record_timing": _flag,
    "replay_timing": _flag,
    "speed": _speed,
    "faults": _faults,
    "fast_retries": _flag,
    "prefix": _one_of(Prefix),
    "fuzzy": _fuzzy,
    "scope": _one_of(Scope),
}
