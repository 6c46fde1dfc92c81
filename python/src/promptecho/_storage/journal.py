"""Journals: finished interactions, kept beside the cassette until it is saved [STORE-2..5].

A session appends each finished interaction to ``<cassette>.partial`` and holds a lock on it. Where
that name is taken, it uses ``<cassette>.2.partial``, and so on. A journal without a lock belongs to
a session that died; the next session that may write takes its interactions up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from .._base.errors import CassetteError
from .._base.model import CassetteFile
from .._base.real import os
from .._format.writer import END, RECORD_END
from .._matching.last_errors import without_last_errors
from .files import BoundedFile, create, open_own, permissions, unreadable
from .lock import try_lock

#: What the name of a journal ends in, behind the name of the cassette.
NAME = re.compile(r"(\.[1-9][0-9]*)?\.partial$")

_SLOTS = 8  # so many names are tried even if some of them are free
_REPLACES = "x-replaces"

#: The member of a journal whose session replaces the file instead of adding to it (mode ``all``).
REPLACES = (_REPLACES, True)


class Journal:
    """The journal of a session that is alive: a growing file, locked until it is released.

    A journal that cannot be written is given up in silence: the calls were made, and saving the
    cassette may still succeed.

    Attributes:
        path: the file; empty before `start`.
        whole: whether the journal holds all that was added.
    """

    def __init__(self, cassette: str) -> None:
        self.path = ""
        self.whole = False
        self._cassette = cassette
        self._handle = -1

    def start(self, text: bytes) -> None:
        """Create the file, with this text at its beginning."""
        try:
            os.makedirs(os.path.dirname(self._cassette), exist_ok=True)
            self.path, self._handle = _create(self._cassette)
            self.whole = True
        except OSError:
            return
        self.add(text)

    def add(self, text: bytes) -> None:
        """Append a text."""
        if not self.whole:
            return
        data = memoryview(text)
        try:
            while data:
                data = data[os.write(self._handle, data) :]
        except OSError:
            self.whole = False  # a reader drops the torn record

    def release(self) -> None:
        """Unlock the file and leave it on disk."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def remove(self) -> None:
        """Delete the file."""
        if self._handle >= 0:
            _unlink(self.path)
            self.release()


class DeadJournals:
    """The journals of sessions that died, locked by the session that takes them up."""

    def __init__(self, cassette: str) -> None:
        self._cassette = cassette
        self._locked: list[tuple[str, int]] = []

    def hold(self) -> None:
        """Lock all of them unread: the session records everything again.

        Raises:
            CassetteError: one of them cannot be opened.
        """
        for journal in _dead(self._cassette):
            self._locked.append(journal)

    def take_up(self, file: CassetteFile | None) -> list[CassetteFile]:
        """What they hold that is not in the cassette yet; they stay locked until `remove`.

        Args:
            file: the cassette, or None if there is none.

        Raises:
            CassetteError: one of them cannot be read.
        """
        found = (self._take(path, handle, file) for path, handle in _dead(self._cassette))
        return [journal for journal in found if journal is not None]

    def of_child(self, path: str) -> CassetteFile | None:
        """What a child process of this session recorded; `remove` deletes its journal.

        A child that is alive holds the lock of its journal, and writes to it no more.

        Raises:
            CassetteError: the journal cannot be read; `remove` leaves it.
        """
        try:
            handle = open_own(path)
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            journal = _read(handle, path)
        except OSError as error:
            os.close(handle)
            raise unreadable(path, error) from error
        except CassetteError:
            os.close(handle)
            raise
        self._locked.append((path, handle))
        return journal

    def remove(self) -> None:
        """Delete them: the cassette holds what they held."""
        for path, handle in self._locked:
            _unlink(path)
            os.close(handle)
        self._locked.clear()

    def release(self) -> None:
        """Unlock them and leave them on disk for another session."""
        for _, handle in self._locked:
            os.close(handle)
        self._locked.clear()

    def _take(self, path: str, handle: int, file: CassetteFile | None) -> CassetteFile | None:
        locked = False
        try:
            journal = _without_last_errors(_read(handle, path))
            if journal is None or _is_saved(journal, file):
                # The session died before its first response, or after the cassette was renamed.
                with suppress(OSError):
                    os.unlink(path)
            elif REPLACES not in journal.extras:
                locked = True
                return journal
        except OSError as error:
            raise unreadable(path, error) from error
        finally:
            if locked:
                self._locked.append((path, handle))
            else:
                os.close(handle)
        return None


def _without_last_errors(journal: CassetteFile | None) -> CassetteFile | None:
    """A journal without the errors that its session died with [FAIL-10]; None if none is left."""
    if journal is None or REPLACES in journal.extras:
        return journal
    kept = tuple(without_last_errors(journal.interactions))
    return journal._replace(interactions=kept) if kept else None


def left_behind(cassette: str) -> list[str]:
    """The paths of a cassette's journals that no session has locked; none is read. [STORE-12]"""
    return [path for path in _existing(cassette) if is_left_behind(path)]


def is_left_behind(path: str) -> bool:
    """Whether a journal is there and no session has locked it."""
    try:
        handle = open_own(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # a link, a pipe, the file of another user
    try:
        return try_lock(handle)
    except OSError:
        return True  # the file system has no locks
    finally:
        os.close(handle)


def _dead(cassette: str) -> Iterator[tuple[str, int]]:
    """The paths and handles of journals that no session had locked; now they are locked."""
    for path in _existing(cassette):
        try:
            handle = open_own(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            is_dead = try_lock(handle) and _is_open_file(path, handle)
        except OSError as error:
            os.close(handle)
            raise unreadable(path, error) from error
        if is_dead:
            yield path, handle
        else:
            os.close(handle)


def _is_saved(journal: CassetteFile, file: CassetteFile | None) -> bool:
    """Whether a cassette holds everything that a journal holds."""
    if file is None:
        return False
    from .._format.rewriting import texts

    return not Counter(texts(journal.interactions)) - Counter(texts(file.interactions))


def _read(handle: int, path: str) -> CassetteFile | None:
    """What a journal holds, without a torn record at its end; None if it holds no record."""
    os.lseek(handle, 0, os.SEEK_SET)
    with BoundedFile(handle, path, closefd=False) as file:
        data = file.read()
    mark = RECORD_END.encode()
    end = data.rfind(b"\n" + mark)
    if end < 0:
        return None
    from .._format.reader import load

    return load(data[: end + 1 + len(mark)] + END.encode(), path)


# Names and handles


def _create(cassette: str) -> tuple[str, int]:
    """A new journal, locked, under the first name that is free."""
    mode = permissions(cassette)
    slot = 1
    while True:
        path = _name(cassette, slot)
        try:
            handle = create(path, os.O_RDWR | os.O_APPEND, mode)
        except FileExistsError:
            slot += 1
            continue
        try:
            if try_lock(handle) and _is_open_file(path, handle):
                return path, handle
        except OSError:
            _unlink(path)
            os.close(handle)
            raise
        os.close(handle)  # another session took it for a dead one before it was locked


def _name(cassette: str, slot: int) -> str:
    return f"{cassette}.partial" if slot == 1 else f"{cassette}.{slot}.partial"


def _existing(cassette: str) -> Iterator[str]:
    slot = 1
    while True:
        path = _name(cassette, slot)
        if os.path.lexists(path):
            yield path
        elif slot >= _SLOTS:
            return
        slot += 1


def _is_open_file(path: str, handle: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):  # another program has removed it
        os.unlink(path)
