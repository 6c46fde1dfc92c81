"""The first half of a request's digest: a hash of what was sent. [DIGEST-1]

The same request sent again has the same one, so it can be found without being parsed.
"""

from __future__ import annotations

import hashlib

from .._base.model import Request
from .._text.canonical import canonical
from .request import Prepared


def first_half(prepared: Prepared) -> str | None:
    """16 hex digits; None for a request that must not have a digest [DIGEST-3]."""
    if prepared.redacted or prepared.secrets or prepared.request.dialect is not None:
        return None
    return sent_half(prepared)


def sent_half(prepared: Prepared) -> str:
    """The same of any request; its body is hashed, and not parsed."""
    if prepared.sent_half is None:
        prepared.sent_half = _hash(prepared)
    return prepared.sent_half


def _hash(prepared: Prepared) -> str:
    request, target = prepared.sent, prepared.target
    codings = _values(request, "content-encoding")
    sent = canonical(
        [
            target.method,
            target.path,
            [list(pair) for pair in target.query],
            dict(prepared.headers),
            target.host,
            next(iter(_values(request, "content-type")[-1:]), None),
            ", ".join(codings) if codings else None,
        ]
    )
    digest = hashlib.sha256(sent.encode("utf-8") + b"\n")
    digest.update(request.body)
    return digest.hexdigest()[:16]


def _values(request: Request, name: str) -> list[str]:
    return [value.strip(" \t") for given, value in request.headers if given.lower() == name]
