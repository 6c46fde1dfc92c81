"""Content-encodings, undone. [BODY]

gzip and deflate need the standard library only; br and zstd need one of the packages that HTTP
clients use for them. They are imported when the first such body comes.
"""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Callable

# Data -> what came out of it, whether that was a whole stream, and what follows the stream.
_Decoder = Callable[[bytes], "tuple[bytes, bool, bytes]"]

# BODY-30: an answer of a few hundred bytes can be a gigabyte.
MAX_CODINGS = 4
MAX_DECODED = 32 * 1024 * 1024
_PIECE = 1 << 10  # zstd makes 128 KiB of four bytes


class _Damaged(Exception):
    """A body is not of the coding that its header names."""


def undo(data: bytes, encoding: str, *, truncated: bool = False) -> bytes | None:
    """A body without its content-encoding.

    Args:
        data: the body as received.
        encoding: the header's value; of a list, the last was applied last.
        truncated: the end of the body is missing; give what can be decoded of it.

    Returns:
        The decoded bytes, or None when the encoding is unknown, its package is not installed, or
        the bytes are not what it says, or are more than the limit.
    """
    if not data:
        return data
    names = [name.strip() for name in encoding.lower().split(",") if name.strip()]
    if len(names) > MAX_CODINGS:
        return None
    for name in reversed(names):
        try:
            decoded = _undo_one(data, name, truncated)
        except _Damaged:
            return None
        if decoded is None or len(decoded) > MAX_DECODED:
            return None
        data = decoded
    return data


def lacking(encoding: str) -> str | None:
    """The first coding of a list for which there is no package here; None if there is none."""
    finders = {"br": _brotli, "zstd": _zstd}
    for name in encoding.lower().split(","):
        finder = finders.get(name.strip())
        if finder is not None and finder() is None:
            return name.strip()
    return None


def _undo_one(data: bytes, name: str, truncated: bool) -> bytes | None:
    if name == "identity" or not data:
        return data
    decoder = _decoder(name, data)
    return None if decoder is None else _decode_all(decoder, data, truncated)


def _decoder(name: str, data: bytes) -> _Decoder | None:
    if name in ("gzip", "x-gzip"):
        return _gzip
    if name == "deflate":
        return _zlib if _has_zlib_header(data) else _raw_deflate
    if name == "br":
        return _brotli()
    return _zstd() if name == "zstd" else None


def _decode_all(decoder: _Decoder, data: bytes, truncated: bool) -> bytes | None:
    parts, size = [], 0
    while data:  # gzip and zstd streams may follow each other
        part, whole, data = decoder(data)
        parts.append(part)
        size += len(part)
        if size > MAX_DECODED:
            return None
        if not whole:
            return b"".join(parts) if truncated else None
    return b"".join(parts)


def _feed(decompress: Callable[[bytes], bytes], data: bytes) -> tuple[bytes, bool]:
    """What comes out, up to the limit, and whether that was all.

    Raises:
        _Damaged: the data is not what the coding says; a missing end is no damage [BODY-31].
    """
    parts, size = [], 0
    for start in range(0, len(data), _PIECE):
        try:
            parts.append(decompress(data[start : start + _PIECE]))
        except Exception as error:  # each package has its own class
            raise _Damaged from error
        size += len(parts[-1])
        if size > MAX_DECODED:
            return b"".join(parts), False
    return b"".join(parts), True


def _streaming(decoder: Any, data: bytes) -> tuple[bytes, bool, bytes]:
    """Run a decoder of the kind that zlib has: ``decompress``, ``eof``, ``unused_data``."""
    out, intact = _feed(decoder.decompress, data)
    return out, intact and decoder.eof, decoder.unused_data


def _gzip(data: bytes) -> tuple[bytes, bool, bytes]:
    return _streaming(zlib.decompressobj(16 + zlib.MAX_WBITS), data)


def _zlib(data: bytes) -> tuple[bytes, bool, bytes]:
    return _one_stream(zlib.decompressobj(), data)


def _raw_deflate(data: bytes) -> tuple[bytes, bool, bytes]:
    return _one_stream(zlib.decompressobj(-zlib.MAX_WBITS), data)


def _one_stream(decoder: Any, data: bytes) -> tuple[bytes, bool, bytes]:
    """Run a decoder; what follows the stream is left out, as urllib3 and httpx do."""
    out, whole, _ = _streaming(decoder, data)
    return out, whole, b""


def _has_zlib_header(data: bytes) -> bool:
    # RFC 1950, 2.2. Some servers send "deflate" without the zlib format around it.
    return len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


def _brotli() -> _Decoder | None:
    module = _first_importable("brotli", "brotlicffi")
    if module is None:
        return None

    def decode(data: bytes) -> tuple[bytes, bool, bytes]:
        decoder = module.Decompressor()
        out, intact = _feed(decoder.process, data)
        return out, intact and decoder.is_finished(), b""

    return decode


def _zstd() -> _Decoder | None:
    module = _first_importable("compression.zstd", "backports.zstd")
    if module is not None:
        return lambda data: _streaming(module.ZstdDecompressor(), data)
    module = _first_importable("zstandard")
    if module is None:
        return None
    return lambda data: _streaming(module.ZstdDecompressor().decompressobj(), data)


def _first_importable(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None
