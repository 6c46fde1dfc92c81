"""The first half of a request's digest: a hash of what was sent. [DIGEST-1]

The same request sent again has the same one, so it can be found without being parsed.
"""

from __future__ import annotations

import hashlib

from .._base.model import Request
from .._text.canonical import canonical
from .request import Prepared


def first_half(request: Request, prepared: Prepared) -> str | None:
    """16 hex digits; None for a request that must not have a digest [DIGEST-3].

    Args:
        request: the request as it was sent.
        prepared: what is stored of it.
    """
    if prepared.redacted or prepared.request.dialect is not None:
        return None
    target = prepared.target
    codings = _values(request, "content-encoding")
    sent = canonical(
        [
            target.method,
            target.path,
            [list(pair) for pair in target.query],
            dict(prepared.request.headers),
            target.host,
            next(iter(_values(request, "content-type")[-1:]), None),
            ", ".join(codings) if codings else None,
        ]
    )
    return hashlib.sha256(sent.encode("utf-8") + b"\n" + request.body).hexdigest()[:16]


def _values(request: Request, name: str) -> list[str]:
    return [value.strip(" \t") for given, value in request.headers if given.lower() == name]
