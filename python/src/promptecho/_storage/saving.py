"""What a save writes: the recordings that a file has, those that others added, and the new ones.

The text of a file is merged with what another process wrote since it was opened [STORE-7].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Callable, NamedTuple

from .._base.errors import CassetteError
from .._base.model import CassetteFile, Interaction
from .._format.rewriting import texts
from .._format.writer import END, head
from .files import MAX_BYTES
from .placing import in_places

#: The recordings of a file -> what a session writes of them.
Written = Callable[[CassetteFile], "Sequence[Interaction]"]


class Found(NamedTuple):
    """The file as it is found on disk.

    Attributes:
        now: at the save, if another process has written it; otherwise None.
        before: when it was opened; None if all that it has now is new.
    """

    now: CassetteFile | None
    before: CassetteFile | None


def merged(
    file: CassetteFile, new: Sequence[bytes], found: Found, written: Written, after: Sequence[int]
) -> list[bytes]:
    """The parts of the text of a file.

    Args:
        file: the header to write, and the recordings that stay.
        new: the texts of the new recordings.
        found: what is on disk.
        written: brings the recordings of a file to the form that is written.
        after: behind how many of the recordings of `file` each new one goes; empty if they go to
            the end.
    """
    now = found.now
    added = tuple(_added(now, found.before, written)) if now is not None else ()
    merged = [*texts(file.interactions), *added, *new]
    if after:
        has = list(texts(written(now))) if now is not None else []
        merged = in_places(merged, len(added), has, after)
    opening = head(_with_extras(file, now), empty=not merged)
    return [opening.encode("utf-8"), *merged, END.encode()]


def check_size(
    parts: Sequence[bytes],
    recorded: Sequence[Interaction],
    new: Sequence[bytes],
    name: str,
    path: str,
) -> None:
    """Refuse to replace a good file by one that no reader accepts [SEC-8].

    Args:
        parts: of the text.
        recorded: the new recordings.
        new: their texts.
        name: the file, for messages.
        path: the file, absolute.

    Raises:
        CassetteError: ``cassette.too-large``.
    """
    size = sum(map(len, parts))
    if size <= MAX_BYTES or not new:
        return
    length, request = max(
        ((len(text), each.request) for text, each in zip(new, recorded)), key=lambda pair: pair[0]
    )
    raise CassetteError(
        "cassette.too-large",
        f"the file would have {size} bytes, and {MAX_BYTES} are the most; the longest new "
        f"recording, of {request.method} {request.url}, has {length}",
        "The old file is unchanged. Record this call into a cassette of its own, or not at "
        f"all, and delete {path}.partial.",
        path=name,
    )


def _added(now: CassetteFile, before: CassetteFile | None, written: Written) -> Iterator[bytes]:
    """The recordings that the file has now, and had not before [STORE-7]."""
    known: Counter[bytes] = Counter(texts(written(before)) if before is not None else ())
    for text in texts(written(now)):
        if known[text]:
            known[text] -= 1
        else:
            yield text


def _with_extras(file: CassetteFile, now: CassetteFile | None) -> CassetteFile:
    """The members of others in both files; of two with one name the first found [STORE-9]."""
    if now is None:
        return file
    known = dict(file.extras)
    new = (member for member in now.extras if member[0] not in known)
    return file._replace(extras=(*file.extras, *new))
