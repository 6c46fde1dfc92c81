"""Joins a Python program to the cassette of `promptecho run`.

Python imports a module of this name when it starts. `promptecho run` puts this folder first on
``PYTHONPATH``. The ticket of the cassette is in memory behind an open file, whose number is in the
environment: a program that closed it, or that has no promptecho, is not joined.
"""

from __future__ import annotations

import os
import sys

_NAME = "PROMPTECHO_RUN_FILE"
_MAGIC = b"promptecho run\0"
_LONGEST = 1 << 24


def _ticket() -> bytes | None:
    try:
        data = os.pread(int(os.environ[_NAME]), _LONGEST, 0)
    except (KeyError, ValueError, OSError):
        return None
    return data[len(_MAGIC) :] if data.startswith(_MAGIC) else None


def _import_hidden() -> None:
    """Import the module of the same name that this one hides, if there is one."""
    this = sys.modules.pop(__name__)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each) != here]
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    sys.modules.setdefault(__name__, this)


def _join() -> None:
    ticket = _ticket()
    if ticket is None:
        return
    try:
        import promptecho  # noqa: F401
    except ImportError:  # the program has an environment without it, and can use its base URLs
        return
    import pickle

    pickle.loads(ticket).begin()


if __name__ == "sitecustomize":
    try:
        _join()
    finally:
        _import_hidden()
