"""Texts in a file that only the processes of one session can read.

The key is in the memory of these processes, and is never written. A text is combined with a stream
of octets that SHAKE256 makes of the key and of a random number, which no other text has.
"""

from __future__ import annotations

import hashlib
import secrets

_OCTETS = 32


def new_key() -> bytes:
    """A key for one session."""
    return secrets.token_bytes(_OCTETS)


def seal(text: str, key: bytes) -> bytes:
    """A text for a file."""
    nonce = secrets.token_bytes(_OCTETS)
    return nonce + _combined(text.encode("utf-8", "surrogatepass"), key, nonce)


def unseal(sealed: bytes, key: bytes) -> str:
    """The text that was sealed with this key."""
    nonce, data = sealed[:_OCTETS], sealed[_OCTETS:]
    return _combined(data, key, nonce).decode("utf-8", "surrogatepass")


def _combined(data: bytes, key: bytes, nonce: bytes) -> bytes:
    stream = hashlib.shake_256(key + nonce).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream))
