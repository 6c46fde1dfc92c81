"""JSON texts with long strings, which the json module writes character by character. [BODY-5]

Here a few loops of C, each for one octet, write a long string in a third of the time.
"""

from __future__ import annotations

from json.encoder import encode_basestring

from .._base.model import JSON
from .._text.canonical import c_encoder
from .._text.survey import LONG

# The octets that JSON escapes, beside those that `_long` replaces.
_OTHERS = bytes(set(range(0x20)) - set(b"\t\n\r"))
# Written in place of a long string: no JSON text has it.
_HERE = "\0"


def with_long_strings(value: JSON, item: str, member: str) -> bytes:
    """The JSON text of a tree in UTF-8.

    Args:
        value: the tree.
        item: the text between items.
        member: the text between a name and its value.
    """
    taken: list[str] = []

    def short(text: str) -> str:
        if len(text) <= LONG:
            return encode_basestring(text)
        taken.append(text)
        return _HERE

    text = c_encoder(item, member, sort_keys=False, string=short)(value)
    first, *others = text.encode("utf-8").split(_HERE.encode())
    return first + b"".join([_long(text) + part for text, part in zip(taken, others)])


def _long(text: str) -> bytes:
    data = text.encode("utf-8")
    if len(data.translate(None, _OTHERS)) != len(data):
        return encode_basestring(text).encode("utf-8")
    data = data.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%b"' % data.replace(b"\t", b"\\t").replace(b"\r", b"\\r")
