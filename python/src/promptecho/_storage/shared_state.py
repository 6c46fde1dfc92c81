"""A value that several processes read and change in turn, in a private temporary folder.

The folder is made with a random name and for one user only: what is in it was written by processes
of this session, and is read with `pickle`.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from .._base.real import io, os
from .lock import try_lock, unlock

_RETRY_SECONDS = 0.001


class SharedState:
    """The value of one session, and constants beside it.

    Args:
        folder: the folder of a session that has one already.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._lock = os.path.join(folder, "lock")

    @classmethod
    def create(cls, value: Any) -> SharedState:
        """A new one.

        Raises:
            OSError: there is no temporary folder that can be written.
        """
        shared = cls(os.path.join(tempfile.gettempdir(), f"promptecho-{uuid4().hex}"))
        os.mkdir(shared.folder, 0o700)
        os.close(os.open(shared._lock, os.O_RDWR | os.O_CREAT, 0o600))
        shared.write("state", value)
        return shared

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other process has its turn; in it, the process may read and write.

        Raises:
            FileNotFoundError: the session is over.
            OSError: the file system has no locks.
        """
        # Each turn opens the file for itself: a handle that was open before a fork shares its lock
        # with the child. It is not created here: the folder may be about to be removed.
        handle = os.open(self._lock, os.O_RDWR)
        try:
            while not try_lock(handle):
                time.sleep(_RETRY_SECONDS)
            yield
        finally:
            unlock(handle)

    def read(self, name: str) -> Any:
        """The value ``state``, or a constant.

        Raises:
            FileNotFoundError: there is none, or the session is over.
        """
        with io.open(os.path.join(self.folder, name), "rb") as file:
            return pickle.load(file)

    def write(self, name: str, value: Any) -> None:
        """Replace a value as a whole: a process may be killed while it writes."""
        path = os.path.join(self.folder, name)
        with io.open(path + ".new", "wb") as file:
            pickle.dump(value, file)
        os.replace(path + ".new", path)

    def has(self, name: str) -> bool:
        """Whether there is a value of this name."""
        return os.path.exists(os.path.join(self.folder, name))

    def remove(self) -> None:
        """Delete the folder; the session is over.

        A child that waits for its turn finds no state, and knows it then.
        """
        with suppress(OSError):
            for name in sorted(os.listdir(self.folder), reverse=True):  # the state before the lock
                os.unlink(os.path.join(self.folder, name))
            os.rmdir(self.folder)
