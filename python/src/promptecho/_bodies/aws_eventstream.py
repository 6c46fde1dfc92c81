"""AWS event stream messages: bytes as frames, and back to the same bytes. [AWS]

A message is: total length (4 bytes), length of the headers (4), CRC-32 of these 8 bytes (4),
headers, payload, CRC-32 of all before it (4). A header is: length of the name (1), name, type
(1), and for a string, type 7: length (2), value. Integers are big-endian.

Only *plain* frames are taken apart: whole, both checksums right, every header a string, no name
twice, all text UTF-8. A stream with any other frame is kept as bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

from .._base.model import Frame, FrameStream
from .._text.storable import storable

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_VALUE_LENGTH = struct.Struct(">H")
_OVERHEAD = _PRELUDE.size + _CHECKSUM.size
_STRING = 7


class _NotPlain(Exception):
    """A frame that is broken, or holds what a cassette cannot show."""


def split(data: bytes) -> FrameStream | None:
    """The frames of a stream, or None unless every frame is plain."""
    try:
        return FrameStream(tuple(_frames(data)))
    except _NotPlain:
        return None


def join(stream: FrameStream) -> list[bytes]:
    """The bytes of each frame, checksums computed again.

    Raises:
        ValueError: a name, value or payload is too long for its length field.
    """
    return [_frame_bytes(frame) for frame in stream.frames]


def _frames(data: bytes) -> Iterator[Frame]:
    start = 0
    while start < len(data):
        total = _checked_length(data, start)
        yield _frame(data[start : start + total])
        start += total


def _checked_length(data: bytes, start: int) -> int:
    """The length of the frame at `start`, when the data holds all of it and it is intact."""
    if len(data) - start < _OVERHEAD:
        raise _NotPlain
    total, headers, checksum = _PRELUDE.unpack_from(data, start)
    if crc32(data[start : start + 8]) != checksum:
        raise _NotPlain
    if headers + _OVERHEAD > total or start + total > len(data):
        raise _NotPlain
    end = start + total - _CHECKSUM.size
    if crc32(data[start:end]) != _CHECKSUM.unpack_from(data, end)[0]:
        raise _NotPlain
    return int(total)


def _frame(data: bytes) -> Frame:
    payload_start = _PRELUDE.size + _PRELUDE.unpack_from(data)[1]
    headers = tuple(_headers(data[_PRELUDE.size : payload_start]))
    if len(dict(headers)) != len(headers):
        raise _NotPlain
    return Frame(headers, _utf8(data[payload_start : -_CHECKSUM.size]))


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(data):
        name, at = _take(data, at + 1, data[at])
        if data[at : at + 1] != bytes([_STRING]) or len(data) < at + 3:
            raise _NotPlain
        value, at = _take(data, at + 3, _VALUE_LENGTH.unpack_from(data, at + 1)[0])
        if not name or not storable({name: ""}):  # no member of a cassette has this name [YAML-W8]
            raise _NotPlain
        yield name, value


def _take(data: bytes, start: int, length: int) -> tuple[str, int]:
    end = start + length
    if end > len(data):
        raise _NotPlain
    return _utf8(data[start:end]), end


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _NotPlain from None


def _frame_bytes(frame: Frame) -> bytes:
    headers = b"".join(_header_bytes(name, value) for name, value in frame.headers)
    payload = frame.payload.encode("utf-8")
    lengths = struct.pack(">II", _OVERHEAD + len(headers) + len(payload), len(headers))
    message = lengths + _CHECKSUM.pack(crc32(lengths)) + headers + payload
    return message + _CHECKSUM.pack(crc32(message))


def _header_bytes(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode("utf-8"), value.encode("utf-8")
    if len(name_bytes) > 0xFF or len(value_bytes) > 0xFFFF:
        raise ValueError(f"the frame header {name!r} is too long for an event stream")
    type_and_length = bytes([_STRING]) + _VALUE_LENGTH.pack(len(value_bytes))
    return bytes([len(name_bytes)]) + name_bytes + type_and_length + value_bytes
