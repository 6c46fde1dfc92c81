"""What a caller may say about a cassette, checked in one place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from .._base.errors import OptionError
from .modes import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

MODE_VARIABLE = "PROMPTECHO_MODE"

_CHOICES = {
    "on_record_error": ("warn", "raise", "record"),
    "on_drift": ("warn", "ignore", "raise"),
    "on_exhausted": ("repeat", "miss"),
    "on_secret": ("redact", "warn", "raise"),
}
_REDACTED = "REDACTED"
_LONGEST_NAME = 512  # FILE-6
_LISTS = ("keep_query", "passthrough", "redact_headers", "redact_members", "redact_patterns")


class Options(NamedTuple):
    """The options of `use_cassette`; see there for what each one means."""

    mode: Mode = Mode.ONCE
    match_on: tuple[str, ...] | None = None
    on_record_error: str = "warn"
    on_drift: str = "warn"
    on_exhausted: str = "repeat"
    on_secret: str = "redact"
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
    checked = dict(given)
    if "mode" in given:
        checked["mode"] = mode(given["mode"], "mode")
    if given.get("match_on") is not None:
        checked["match_on"] = _match_on(given["match_on"])
    for name in _CHOICES.keys() & given.keys():
        _one_of(name, given[name], _CHOICES[name])
    for name in set(_LISTS) & given.keys():
        checked[name] = _strings(name, given[name])
    for pattern in checked.get("redact_patterns", ()):
        _compiles(pattern)
    if checked.get("passthrough"):
        from .._matching.hosts import Hosts

        Hosts(checked["passthrough"])
    for name in {"record_timing", "replay_timing"} & given.keys():
        if not isinstance(given[name], bool):
            raise _bad(name, given[name], "True or False")
    return Options(**checked)


def mode(value: object, source: str) -> Mode:
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
    return mode(value, f"the environment variable {MODE_VARIABLE}") if value else own


def _match_on(value: object) -> tuple[str, ...]:
    # Its order is written to the file, so a set will not do.
    names = _strings("match_on", value) if isinstance(value, (list, tuple)) else ()
    alone = "*" not in names or len(names) == 1
    sized = all(0 < len(name) <= _LONGEST_NAME for name in names)
    if not (names and alone and sized and len(set(names)) == len(names)):
        raise _bad("match_on", value, 'a list of different names, or ["*"]')
    return names


def _strings(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _bad(name, value, "a list of strings")
    if not all(isinstance(item, str) for item in value):
        raise _bad(name, value, "a list of strings")
    return tuple(value)


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise _bad(name, value, "one of " + ", ".join(choices))


def _compiles(pattern: str) -> None:
    import re

    try:
        compiled = re.compile(pattern, re.ASCII)
    except re.error as error:
        raise _bad("redact_patterns", pattern, f"regular expressions ({error})") from None
    if compiled.match(""):
        raise _bad("redact_patterns", pattern, "expressions that do not match empty text")
    if compiled.sub(_REDACTED, _REDACTED) != _REDACTED:  # RED-1: twice is as good as once
        raise _bad(
            "redact_patterns", pattern, f"expressions that leave the word {_REDACTED} as it is"
        )


def _bad(name: str, value: object, wanted: str) -> OptionError:
    return OptionError("option.value", f"{name} is {value!r}", f"It must be {wanted}.")
