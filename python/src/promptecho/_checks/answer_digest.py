"""Which recordings have the same key and the same answer, whatever their headers say. Pure."""

from __future__ import annotations

import hashlib

from .._base.model import Interaction
from .._bodies import forms


def answer_digest(item: Interaction) -> bytes:
    """The same for recordings with the same key and the same answer."""
    response, failure = item.response, item.failure
    head = (item.request.match_key, response and response.status, failure and failure.kind)
    made = hashlib.sha256(repr(head).encode())
    for chunk in forms.decode(response.body) if response else ():
        made.update(chunk)
    return made.digest()
