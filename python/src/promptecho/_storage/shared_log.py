"""Notes that several processes write and one reads, in a temporary file of its own."""

from __future__ import annotations

import json
from contextlib import suppress

from .._base.real import io, os


class SharedLog:
    """A log of short texts.

    Args:
        path: the file of a log that exists.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._read = 0

    @classmethod
    def create(cls) -> SharedLog:
        """A new log."""
        import tempfile
        from uuid import uuid4

        path = os.path.join(tempfile.gettempdir(), f"promptecho-{uuid4().hex}")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return cls(path)

    def add(self, texts: tuple[str, ...]) -> None:
        """Write one note; it is dropped if the reader has gone."""
        with suppress(FileNotFoundError):
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(handle, json.dumps(texts).encode() + b"\n")
            finally:
                os.close(handle)

    def take(self) -> list[tuple[str, ...]]:
        """The notes that were written since the last call; none if somebody deleted the log."""
        try:
            with io.open(self.path, "rb") as file:
                file.seek(self._read)
                whole, _, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._read += len(whole) + bool(whole)
        return [tuple(json.loads(line)) for line in whole.splitlines()]

    def remove(self) -> None:
        """Delete the log."""
        with suppress(FileNotFoundError):
            os.unlink(self.path)
