"""The folder `.promptecho` in the root of a project: notes that git ignores."""

from __future__ import annotations

from .._base.real import os
from .files import replace
from .lock import folder_lock

_IGNORE = b"# promptecho writes these notes; they are not for the repository.\n*\n"


def write_note(folder: str, name: str, data: bytes) -> None:
    """Write a note, whole or not at all; the first one makes the folder.

    Raises:
        OSError: it cannot be written.
    """
    os.makedirs(folder, exist_ok=True)
    with folder_lock(folder):
        ignore = os.path.join(folder, ".gitignore")
        if not os.path.lexists(ignore):
            replace(ignore, [_IGNORE])
        replace(os.path.join(folder, name), [data])


def read_note(path: str) -> bytes:
    """The bytes of a note.

    Raises:
        OSError: it cannot be read.
        CassetteError: it is too large.
    """
    from .files import BoundedFile, open_regular

    with BoundedFile(open_regular(path), path) as file:
        return file.read()
