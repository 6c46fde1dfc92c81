"""The second half of a request's digest: a hash of its lines in the file. [DIGEST-2] [DIGEST-3]

An edit by hand of what decides a key voids it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from .._base.model import CassetteFile, FileOptions, Interaction, RecordedRequest
from .._text.yaml_writer import emit, flow
from .writer import around_digest, digest_line, options_tree

_HALF = 16


def digest(first: str, file: CassetteFile, request: RecordedRequest) -> str:
    """The digest of a request in a file.

    Args:
        first: its first half, which is made of what was sent [DIGEST-1].
        file: has the `match_on` and the options of the file.
        request: what is stored.
    """
    return first + _second_half(first, file, around_digest(request))


def with_digest(
    request: RecordedRequest, first: str, file: CassetteFile
) -> tuple[RecordedRequest, str]:
    """A request with the digest that has this first half, as :func:`digest`; and its text."""
    before, after = around_digest(request)
    made = first + _second_half(first, file, (before, after))
    return request._replace(digest=made), before + digest_line(made) + after


def carried(
    old: Interaction, new: Interaction, before: CassetteFile, after: CassetteFile
) -> Interaction:
    """A recording that is rewritten: its digest is made again if it was right [DIGEST-3].

    Args:
        old: the recording as it was read.
        new: the recording as it is written.
        before: the file that it was read from.
        after: the file that it is written to.
    """
    held = old.request.digest
    if held is None:
        return new
    if any(place.startswith("request") for place in new.redacted):
        return new._replace(request=new.request._replace(digest=None))
    right = held[_HALF:] == _second_half(held[:_HALF], before, around_digest(old.request))
    made = digest(held[:_HALF], after, new.request) if right else None
    return new._replace(request=new.request._replace(digest=made))


def is_right(held: str, file: CassetteFile, lines: bytes) -> bool:
    """Whether the second half of a digest is that of the lines in the file.

    Args:
        held: the digest.
        file: has the `match_on` and the options of the file.
        lines: those of the request behind ``- request:``, byte for byte.
    """
    line = f"\n{digest_line(held)}".encode()
    at, view = lines.find(line), memoryview(lines)
    pieces = (view[:at], view[at + len(line) - 1 :]) if at >= 0 else (view,)
    return held[_HALF:] == _hash(held[:_HALF], file, pieces)


def _second_half(first: str, file: CassetteFile, around: Iterable[str]) -> str:
    return _hash(first, file, [text.encode("utf-8") for text in around])


def _hash(first: str, file: CassetteFile, pieces: Iterable[bytes | memoryview]) -> str:
    """The hash of the lines that decide a key, and of the first half [DIGEST-2]."""
    head = f"{first}\n{_lines_of_file(file.match_on, file.options)}  - request:\n"
    made = hashlib.sha256(head.encode("utf-8"))
    for piece in pieces:
        made.update(piece)
    return made.hexdigest()[:_HALF]


@lru_cache(maxsize=16)  # the same for each recording of a file
def _lines_of_file(match_on: tuple[str, ...], options: FileOptions) -> str:
    tree = options_tree(options)
    return f"match_on: {flow(match_on)}\n" + (emit(tree) if tree else "")
