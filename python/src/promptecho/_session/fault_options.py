"""The option `faults`: a list of mappings -> `Fault`, or an error that names the wrong member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable

from .._base.errors import OptionError
from .._base.model import JSON
from .._base.spec_data import failure_kinds
from .._base.vocabulary import FIELD_NAME, FIRST_STATUS, UNSENDABLE
from .faults import DECODE, Fault

_EFFECTS = ("status", "cut_after_events", "delay_ms", "failure")
_LAST_STATUS = 599


def faults(name: str, value: object) -> tuple[Fault, ...]:
    """The faults that a caller gave.

    Raises:
        OptionError: `option.value`.
    """
    if not isinstance(value, (list, tuple)):
        raise _bad(name, value, 'a list of mappings, such as [{"on": 1, "status": 429}]')
    return tuple(_fault(f"{name}[{place}]", given) for place, given in enumerate(value))


def _fault(name: str, given: object) -> Fault:
    if isinstance(given, Fault):
        given = {key: each for key, each in given._asdict().items() if each not in (None, ())}
    if not isinstance(given, Mapping):
        raise _bad(name, given, 'a mapping, such as {"on": 1, "status": 429}')
    for member in given:
        if member not in _CHECKS:
            raise OptionError(
                "option.value",
                f"{name} has no member {member!r}",
                f"Members are: {', '.join(_CHECKS)}.",
            )
    fault = Fault(**{key: _CHECKS[key](f"{name}[{key!r}]", each) for key, each in given.items()})
    _check_effects(name, given, fault)
    return fault


def _check_effects(name: str, given: Mapping[str, Any], fault: Fault) -> None:
    if not any(effect in given for effect in _EFFECTS):
        raise _bad(name, dict(given), f"a mapping with one of {', '.join(_EFFECTS)}")
    if fault.status is None and ("headers" in given or "body" in given):
        raise _bad(name, dict(given), "a mapping with status beside headers and body")
    if fault.status is not None and not fault._replace(status=None).is_delay_only:
        raise _bad(name, dict(given), "a mapping with status, or with cut_after_events and failure")
    if fault.failure == DECODE and fault.cut_after_events is not None:
        raise _bad(name, dict(given), "a mapping with cut_after_events or failure decode, not both")
    if fault.endpoint is not None and fault.recording is not None:
        raise _bad(name, dict(given), "a mapping with endpoint or recording, not both")


def _number(least: int, most: int | None = None) -> Callable[[str, object], int]:
    wanted = f"an integer from {least}" + ("" if most is None else f" to {most}")

    def check(name: str, value: object) -> int:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, int) or not is_number or value < least:
            raise _bad(name, value, wanted)
        if most is not None and value > most:
            raise _bad(name, value, wanted)
        return value

    return check


def _endpoint(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _bad(name, value, 'a path, such as "/v1/messages" or "POST /v1/*"')
    return value


def _headers(name: str, value: object) -> tuple[tuple[str, str], ...]:
    wanted = 'a mapping of header names to values, such as {"retry-after": "1"}'
    if not isinstance(value, Mapping):
        raise _bad(name, value, wanted)
    for each, content in value.items():
        if not isinstance(each, str) or not FIELD_NAME.fullmatch(each):
            raise _bad(name, value, wanted)
        if not isinstance(content, str) or UNSENDABLE.search(content):
            raise _bad(name, value, wanted)
    return tuple((each.lower(), content) for each, content in value.items())


def _body(name: str, value: object) -> JSON:
    wanted = "a text, or what JSON can hold as an object or array"
    if not isinstance(value, (str, dict, list)):
        raise _bad(name, value, wanted)
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise _bad(name, value, wanted) from None


def _failure(name: str, value: object) -> str:
    if value not in failure_kinds():
        raise _bad(name, value, f"one of {', '.join(failure_kinds())}")
    return str(value)


def _bad(name: str, value: object, wanted: str) -> OptionError:
    return OptionError("option.value", f"{name} is {value!r}", f"It must be {wanted}.")


_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "on": _number(1),
    "endpoint": _endpoint,
    "recording": _number(1),
    "status": _number(FIRST_STATUS, _LAST_STATUS),
    "headers": _headers,
    "body": _body,
    "cut_after_events": _number(0),
    "delay_ms": _number(0),
    "failure": _failure,
}
