"""The option `fuzzy` and its environment variable; both are errors in CI."""

from __future__ import annotations

import os

from .._base.ci import in_ci
from .._base.errors import OptionError

FUZZY_VARIABLE = "PROMPTECHO_FUZZY"


def threshold(own: float | None, *, run_in_ci: bool) -> float | None:
    """The lowest score in force: that of the environment, else that of the cassette, else None.

    Raises:
        OptionError: the variable is no number from 0 to 1; or there is a score, in CI.
    """
    given = os.environ.get(FUZZY_VARIABLE, "")
    lowest = check(f"the environment variable {FUZZY_VARIABLE}", _number(given)) if given else own
    if lowest is not None and (run_in_ci or in_ci(os.environ)):
        raise OptionError(
            "option.value",
            f"fuzzy is {lowest}, and this is CI, where an answer must be that of the request",
            f"Leave out the option fuzzy and the environment variable {FUZZY_VARIABLE} in CI.",
        )
    return lowest


def check(name: str, value: object) -> float:
    """The score that a caller gave.

    Raises:
        OptionError: it is no number above 0, up to 1.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not isinstance(value, (int, float)) or not is_number or not 0 < value <= 1:
        raise OptionError(
            "option.value", f"{name} is {value!r}", "It must be a number from 0 to 1, such as 0.9."
        )
    return float(value)


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text
