"""The first half of a request's digest: a hash of what was sent. [DIGEST-1]

The same request sent again has the same one, so it can be found without being parsed.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from .._base.model import Request
from .._text.canonical import canonical
from .key import Target
from .request import Prepared
from .request_headers import Stored


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
    request = prepared.sent
    codings = _values(request, "content-encoding")
    content_type = next(iter(_values(request, "content-type")[-1:]), None)
    coding = ", ".join(codings) if codings else None
    digest = hashlib.sha256(_head(prepared.target, prepared.headers, content_type, coding))
    digest.update(request.body)
    return digest.hexdigest()[:16]


@lru_cache(maxsize=256)  # a program sends few of them many times
def _head(target: Target, headers: Stored, content_type: str | None, coding: str | None) -> bytes:
    sent = canonical(
        [
            target.method,
            target.path,
            [list(pair) for pair in target.query],
            dict(headers),
            target.host,
            content_type,
            coding,
        ]
    )
    return sent.encode("utf-8") + b"\n"


def _values(request: Request, name: str) -> list[str]:
    return [value.strip(" \t") for given, value in request.headers if given.lower() == name]
