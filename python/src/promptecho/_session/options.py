"""The options of `use_cassette`: types, defaults and checks, stated once.

`Options` is the table of names, types and defaults, and `_CHECKS` says how each value is checked.
Python's typing needs two copies of the names, the signature of `use_cassette` and the TypedDict
`CassetteOptions`; a test holds both, and the docstring of `use_cassette`, to this table.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Literal, NamedTuple, get_args

from .._base.errors import OptionError
from .._base.vocabulary import REDACTED, is_match_on
from .modes import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

MODE_VARIABLE = "PROMPTECHO_MODE"

OnRecordError = Literal["warn", "raise", "record"]
OnDrift = Literal["warn", "ignore", "raise"]
OnExhausted = Literal["repeat", "miss"]
OnSecret = Literal["redact", "warn", "raise"]


class Options(NamedTuple):
    """The options of `use_cassette`, checked; see there for what each one means."""

    mode: Mode = Mode.ONCE
    match_on: tuple[str, ...] | None = None
    on_record_error: OnRecordError = "warn"
    on_drift: OnDrift = "warn"
    on_exhausted: OnExhausted = "repeat"
    on_secret: OnSecret = "redact"
    keep_query: tuple[str, ...] = ()
    passthrough: tuple[str, ...] = ()
    redact_headers: tuple[str, ...] = ()
    redact_members: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()
    record_timing: bool = False
    replay_timing: bool = False


def options(given: Mapping[str, Any]) -> Options:
    """Check options as a caller gave them.

    Raises:
        OptionError: `option.unknown` or `option.value`.
    """
    for name in given:
        if name not in Options._fields:
            known = ", ".join(Options._fields)
            raise OptionError(
                "option.unknown", f"there is no option {name}", f"Options are: {known}."
            )
    return Options(**{name: _CHECKS[name](name, value) for name, value in given.items()})


def mode(source: str, value: object) -> Mode:
    """A record mode by its name.

    Raises:
        OptionError: `option.value`, naming the four modes.
    """
    try:
        return Mode(value)
    except ValueError:
        raise _bad(source, value, "one of " + ", ".join(Mode)) from None


def effective_mode(own: Mode) -> Mode:
    """The mode in force: that of the environment variable, if it is set [MODE-8]."""
    value = os.environ.get(MODE_VARIABLE, "")
    return mode(f"the environment variable {MODE_VARIABLE}", value) if value else own


# Checks: the name of an option or of its source, and a value -> the value as `Options` holds it.


def _match_on(name: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    # Its order is written to the file, so a set will not do.
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


def _hosts(name: str, value: object) -> tuple[str, ...]:
    patterns = _strings(name, value)
    if patterns:
        from .._matching.hosts import Hosts

        Hosts(patterns)
    return patterns


def _patterns(name: str, value: object) -> tuple[str, ...]:
    patterns = _strings(name, value)
    for pattern in patterns:
        _check_pattern(name, pattern)
    return patterns


def _check_pattern(name: str, pattern: str) -> None:
    import re

    try:
        compiled = re.compile(pattern, re.ASCII)
    except re.error as error:
        raise _bad(name, pattern, f"regular expressions ({error})") from None
    if compiled.match(""):
        raise _bad(name, pattern, "expressions that do not match empty text")
    if compiled.sub(REDACTED, REDACTED) != REDACTED:  # RED-1: twice is as good as once
        raise _bad(name, pattern, f"expressions that leave the word {REDACTED} as it is")


def _one_of(choices: Any) -> Callable[[str, object], object]:
    """The check of an option whose type is a `Literal`."""
    names = get_args(choices)

    def check(name: str, value: object) -> object:
        if value not in names:
            raise _bad(name, value, "one of " + ", ".join(names))
        return value

    return check


def _flag(name: str, value: object) -> object:
    if not isinstance(value, bool):
        raise _bad(name, value, "True or False")
    return value


def _bad(name: str, value: object, wanted: str) -> OptionError:
    return OptionError("option.value", f"{name} is {value!r}", f"It must be {wanted}.")


_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "mode": mode,
    "match_on": _match_on,
    "on_record_error": _one_of(OnRecordError),
    "on_drift": _one_of(OnDrift),
    "on_exhausted": _one_of(OnExhausted),
    "on_secret": _one_of(OnSecret),
    "keep_query": _strings,
    "passthrough": _hosts,
    "redact_headers": _strings,
    "redact_members": _strings,
    "redact_patterns": _patterns,
    "record_timing": _flag,
    "replay_timing": _flag,
}
