"""What a reader looks for in a whole file before it reads it, in this order. [ERR-7]

A file of another tool, a file that is not UTF-8, an empty file, one with conflict markers of git,
one that was cut off, one of a later version: each would be reported as some fault of YAML.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from functools import cache
from typing import NamedTuple

from .._base.errors import YamlError
from .._base.spec_data import data as spec_data
from .._text.line_numbers import line_number, line_of_octet
from .._text.yaml_reader import ends_with_marker
from .writer import MINOR, VERSION

_HAS_MINOR = re.compile(r"^[\"']?minor[\"']?[ \t]*:", re.MULTILINE)
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_CONFLICT = re.compile(f"^(?:{'|'.join(map(re.escape, _MARKERS))})", re.MULTILINE)
_INTEGER = r"[ \t]+(0|[1-9][0-9]*)[ \t]*(?:[ \t]#.*)?\r?$"
_VERSION = re.compile(rf"^version:(?:{_INTEGER})?", re.MULTILINE)
_MINOR = re.compile(rf"^minor:(?:{_INTEGER})?", re.MULTILINE)


class WholeFile(NamedTuple):
    """A file that has none of these faults.

    Attributes:
        text: without a byte order mark.
        legacy: whether it is a 2.0 file, as far as its lines tell [YAML-R6].
    """

    text: str
    legacy: bool


def whole_file(data: bytes) -> WholeFile:
    """The text of a file that may be a cassette.

    Raises:
        YamlError: the first fault of [ERR-7] that the file has.
    """
    kind = _foreign_kind(data)
    if kind is not None:
        raise YamlError("cassette.foreign", 1, f"this file is {kind}, not a promptecho cassette")
    text = _decoded(data)
    if not text.strip():
        raise YamlError("cassette.empty", 1, "the file is empty")
    conflict = _CONFLICT.search(text) if any(mark in text for mark in _MARKERS) else None
    if conflict:
        problem = f"this line is a conflict marker of git: {conflict.group()}"
        raise YamlError("yaml.merge-conflict", line_number(text, conflict.start()), problem)
    legacy = _HAS_MINOR.search(text) is None
    if not legacy and not ends_with_marker(text):
        last = text.count("\n") + (not text.endswith("\n"))
        problem = "the file does not end with its end marker `...`, so its end is lost"
        raise YamlError("cassette.truncated", last, problem)
    _check_version(text)
    return WholeFile(text, legacy)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_of_octet(data, error.start)
        raise YamlError("yaml.encoding", line, "the file is not UTF-8 from here on") from None
    if text.startswith("\ufeff"):
        raise YamlError("yaml.encoding", 1, "the file begins with two byte order marks")
    return text


def _check_version(text: str) -> None:
    version = _VERSION.search(text)
    if version and version[1] and version[1] != str(VERSION):
        raise YamlError(
            "cassette.version", line_number(text, version.start()), other_version(version[1])
        )
    minor = _MINOR.search(text)
    if minor and minor[1] and (len(minor[1]) > 1 or int(minor[1]) > MINOR):
        raise YamlError("cassette.minor", line_number(text, minor.start()), newer_minor(minor[1]))


def other_version(version: object) -> str:
    """What is wrong with the version of a file [VER-1]."""
    return f"the file has version {str(version)[:20]}, and this promptecho reads version {VERSION}"


def newer_minor(minor: object) -> str:
    """What is wrong with the minor version of a file [VER-1]."""
    newest = f"{VERSION}.{MINOR}"
    return f"the file has format {VERSION}.{str(minor)[:20]}, and this promptecho reads {newest}"


# --- other tools -------------------------------------------------------------------------------


class _Signature(NamedTuple):
    name: str
    octets: bytes
    patterns: tuple[re.Pattern[bytes], ...]


@cache
def _signatures() -> tuple[_Signature, ...]:
    return tuple(_signature(**row) for row in spec_data("foreign")["rows"])


def _signature(
    name: str, source: str, octets: str = "", start: str = "", lines: tuple[str, ...] = ()
) -> _Signature:
    del source
    patterns = [_at_line(line) for line in lines]
    if start:
        patterns.append(re.compile(rf"\A[ \t\r\n]*(?:{start})".encode()))
    return _Signature(name, bytes.fromhex(octets), tuple(patterns))


def _at_line(pattern: str) -> re.Pattern[bytes]:
    return re.compile(f"^(?:{pattern})".encode(), re.MULTILINE)


@cache
def _ours() -> re.Pattern[bytes]:
    return _at_line(spec_data("foreign")["ours"])


def _foreign_kind(data: bytes) -> str | None:
    """What the file is, if another tool wrote it [ERR-6]."""
    data = data[len(BOM_UTF8) :] if data.startswith(BOM_UTF8) else data
    if _ours().search(data):
        return None
    for name, octets, patterns in _signatures():
        if data.startswith(octets) and all(pattern.search(data) for pattern in patterns):
            return name
    return None
