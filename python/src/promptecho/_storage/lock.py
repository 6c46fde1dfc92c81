"""Advisory locks that leave no file behind (spec section "Storage") [STORE-4].

POSIX can lock a folder itself, so merging cassettes needs no lock file in the repository. Windows
cannot; there a file in the temporary folder is locked in place of the folder.
"""

from __future__ import annotations

import errno
import hashlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Callable

from .._base.real import os

_RETRY_SECONDS = 0.01
#: What the system says of a file that another process has locked; Windows says the last two.
_LOCKED = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)

if sys.platform == "win32":
    import msvcrt
    import tempfile

    def _try(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _undo(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

    def _folder_handle(folder: str) -> int:
        digest = hashlib.sha256(os.path.normcase(folder).encode()).hexdigest()[:32]
        name = os.path.join(tempfile.gettempdir(), f"promptecho-{digest}.lock")
        return os.open(name, os.O_RDWR | os.O_CREAT)

else:
    from .._base.real import fcntl

    def _try(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _undo(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

    def _folder_handle(folder: str) -> int:
        return os.open(folder, os.O_RDONLY)


def try_lock(handle: int) -> bool:
    """Lock an open file, unless another session has locked it; closing the handle unlocks it.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        _try(handle)
    except OSError as error:
        if error.errno in _LOCKED:
            return False
        raise
    return True


def unlock(handle: int) -> None:
    """Unlock and close a file, also where a child that was forked meanwhile has the handle."""
    with suppress(OSError):  # it was not locked
        _undo(handle)
    os.close(handle)


@contextmanager
def folder_lock(folder: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Lock a folder; waits until no other session locks it, which takes milliseconds."""
    handle = _folder_handle(folder)
    try:
        while not try_lock(handle):
            sleep(_RETRY_SECONDS)
        yield
    finally:
        unlock(handle)


def lock_error(folder: str) -> OSError | None:
    """Why a folder cannot be locked at all; None if it can, also if a session has locked it."""
    try:
        handle = _folder_handle(folder)
    except OSError as error:
        return error
    try:
        try_lock(handle)
    except OSError as error:
        return error
    finally:
        unlock(handle)
    return None
