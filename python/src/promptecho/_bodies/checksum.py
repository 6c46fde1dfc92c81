"""The checksum of a stored body. [BODY-14]

It shows an edit by hand, and it makes a merge of two recordings of one stream a conflict: each
branch has changed the line of the checksum.
"""

from __future__ import annotations

import hashlib

from .._base.model import Body
from . import forms

_DIGITS = 16


def checksum(body: Body) -> str | None:
    """The checksum of a body; None for an empty one."""
    data = b"".join(forms.decode(body))
    return digits(data) if data else None


def digits(data: bytes) -> str:
    """The checksum of the bytes of a body."""
    return hashlib.sha256(data).hexdigest()[:_DIGITS]
