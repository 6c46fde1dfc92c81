"""Dates in headers, as user agents read them. [HEAD-13]

The algorithm is that of RFC 6265, 5.1.1. It reads the three formats of an HTTP date, and
what servers write into cookies besides.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

_SEPARATORS = re.compile(r"[\t -/;-@\[-`{-~]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9].*)?\Z", re.DOTALL)
_DAY = re.compile(r"([0-9]{1,2})(?:[^0-9].*)?\Z", re.DOTALL)
_YEAR = re.compile(r"([0-9]{2,4})(?:[^0-9].*)?\Z", re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def seconds(text: str) -> int | None:
    """The seconds since 1970 that a date means; None if it is no date."""
    time: tuple[str, str, str] | None = None
    day = month = year = None
    for token in filter(None, _SEPARATORS.split(text)):
        if time is None and (found := _TIME.match(token)):
            time = (found[1], found[2], found[3])
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    hour, minute, second = map(int, time)
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    return int(moment.timestamp()) if year >= 1601 else None
