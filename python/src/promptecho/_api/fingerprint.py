"""`normalize` and `fingerprint`: the rules of matching, without a cassette."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._base.errors import OptionError
from .._base.model import JSON, Request
from .._matching.request import Prepared, prepare
from .._matching.rules import default_match_on, matching, rules
from .._session.options import options


def normalize(
    method: str,
    url: str,
    body: bytes | str | Mapping[str, Any],
    *,
    headers: Iterable[tuple[str, str]] = (),
) -> dict[str, JSON]:
    """The canonical body of a request, as stored (spec section "Canonical request bodies").

    Args:
        method: such as ``POST``.
        url: absolute; only its path is used.
        body: bytes or text as sent, or a JSON object.
        headers: names and values; only ``content-type`` and ``content-encoding`` are used.
    """
    return _prepared(method, url, body, headers, default_match_on()).request.body


def fingerprint(
    method: str,
    url: str,
    body: bytes | str | Mapping[str, Any],
    *,
    headers: Iterable[tuple[str, str]] = (),
    match_on: Sequence[str] | None = None,
) -> str:
    """The `match_key` of a request: 16 hexadecimal digits (spec section "The key") [KEY-1].

    Args:
        method: such as ``POST``.
        url: absolute.
        body: bytes or text as sent, or a JSON object.
        headers: names and values; only ``content-type`` and ``content-encoding`` are used.
        match_on: members of the canonical body; by default the spec's list.

    Raises:
        OptionError: `match_on` is not valid, or the body is not JSON.
    """
    names = options({"match_on": match_on}).match_on or default_match_on()
    return _prepared(method, url, body, headers, names).request.match_key


def _prepared(
    method: str,
    url: str,
    body: bytes | str | Mapping[str, Any],
    headers: Iterable[tuple[str, str]],
    names: tuple[str, ...],
) -> Prepared:
    request = Request(method, url, tuple(headers), _bytes(body))
    return prepare(request, rules(), matching(names))


def _bytes(body: bytes | str | Mapping[str, Any]) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8")
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise OptionError(
            "option.value", f"the body is not JSON: {error}", "Pass bytes, text or a JSON object."
        ) from None
