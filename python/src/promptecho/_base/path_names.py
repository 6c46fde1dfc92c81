"""Paths that no file can have."""

from __future__ import annotations

import os


def odd_path(path: str) -> str | None:
    """Why no file can have a path, or None."""
    if not path:
        return "is empty"
    if "\0" in path:
        return "has a NUL character"
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return "has a character that no file name can have"
    return None
