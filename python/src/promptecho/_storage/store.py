"""Cassette files (spec section "Storage"): reading, merging and replacing them [STORE-1..7].

A file is replaced as a whole, under the lock of its folder: temporary file, fsync, rename. What
another process wrote since the file was opened is merged. Until the file is saved, finished
interactions are kept in a journal.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Callable, NamedTuple, TypeVar

from .._base.errors import CassetteError, YamlError
from .._base.model import CassetteFile, Interaction
from .._base.path_names import odd_path
from .._base.real import io, os
from .._format.lazy_reader import Recordings, opened
from .._format.writer import RECORD_END, head, interaction_text
from .files import (
    BoundedFile,
    can_create,
    existing_folder,
    open_regular,
    replace,
    target,
    unreadable,
)
from .journal import REPLACES, DeadJournals, Journal, left_behind

if TYPE_CHECKING:
    from .saving import Written

T = TypeVar("T")


class Opened(NamedTuple):
    """What was found on disk.

    Attributes:
        file: the file; without a file the first journal taken up; None if there is neither.
        existed: whether there was a file.
        journals: the journals taken up, each with the options that its keys were computed under.
        left: the paths of journals that are not taken up, since the session does not record.
    """

    file: CassetteFile | None
    existed: bool
    journals: tuple[CassetteFile, ...] = ()
    left: tuple[str, ...] = ()


class Stamp(NamedTuple):
    """Time, size and number of a file."""

    mtime_ns: int
    size: int
    inode: int


def read_cassette(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file that must exist.

    Raises:
        CassetteError: it cannot be read, or is too large.
    """
    store = Store(path)
    data = store.read()
    if data is None:
        problem = "there is no such file"
        raise CassetteError("cassette.unreadable", problem, "Check its path.", path=store.name)
    return data


class Store:
    """One cassette's file and journal, for one session.

    Attributes:
        name: the file, as the caller named it.
        path: the file that the name means, absolute.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fspath(path)
        odd = odd_path(self.name)
        if odd:
            problem = f"the path {odd}"
            raise CassetteError("cassette.unreadable", problem, "Name a file.", path=self.name)
        self.path, self._link = target(self.name)
        self._found = b""  # a digest of the file as it was opened, if all of it was read at once
        self._file: CassetteFile | None = None
        self._dead = DeadJournals(self.path)
        self._children = DeadJournals(self.path)
        self._journal: Journal | None = None  # of this session
        self._records: dict[int, tuple[Interaction, bytes]] = {}  # by identity, as in the journal

    def open(self, *, recording: bool, replacing: bool) -> Opened:
        """Read the file and take up the journals of sessions that died.

        Args:
            recording: whether this session may write; otherwise no journal is read [STORE-12].
            replacing: whether the session records everything again; `save` then deletes journals.

        Raises:
            CassetteError: the file or a journal cannot be used.
        """
        self._file = self._read_with(lambda file: self._opened(file, recording))
        if not recording:
            return Opened(self._file, self._file is not None, left=tuple(left_behind(self.path)))
        try:
            journals = self._journals(replacing=replacing)
        except BaseException:
            self.release()
            raise
        file = self._file
        if file is None and journals:
            file = journals[0]._replace(interactions=(), incomplete=True, extras=())
        return Opened(file, self._file is not None, tuple(journals))

    def append(
        self,
        interaction: Interaction,
        file: CassetteFile,
        request: str | None = None,
        *,
        replacing: bool,
    ) -> str:
        """Write a finished interaction to the journal [STORE-2]; `save` reports errors.

        Args:
            interaction: the interaction.
            file: has the head of the journal.
            request: the text of its request, where it was written before.
            replacing: whether the session records everything again.

        Returns:
            The file of the journal; empty if it could not be written.
        """
        if self._journal is None:
            self._journal = Journal(self.path)
            existed = self._file is not None or os.path.exists(self.path)
            extras = (REPLACES,) if replacing and existed else ()
            opening = head(file._replace(incomplete=True, extras=extras), empty=False)
            self._journal.start(opening.encode("utf-8"))
        text = interaction_text(interaction, request).encode("utf-8")
        self._records[id(interaction)] = interaction, text
        self._journal.add(text + RECORD_END.encode())
        return self._journal.path if self._journal.whole else ""

    def of_child(self, path: str) -> CassetteFile | None:
        """What a child process recorded; `save` and `forget` delete its journal.

        Raises:
            CassetteError: the journal cannot be read. It stays.
        """
        return self._children.of_child(path)

    def left_behind(self) -> list[str]:
        """The journals that belong to no session that is alive."""
        return left_behind(self.path)

    def leave(self) -> None:
        """In a forked child: the journals are the parent's, and those of the child are new."""
        self.release()
        self._dead = DeadJournals(self.path)
        self._journal = None
        self._records.clear()

    def save(
        self,
        recorded: tuple[Interaction, ...],
        file: CassetteFile,
        written: Written,
        *,
        replacing: bool,
        shared_since: tuple[Stamp | None, ...] = (),
        after: tuple[int, ...] = (),
    ) -> None:
        """Replace the file by a merge of its current recordings and the new ones.

        Args:
            recorded: this session's interactions, in order.
            file: the header to write, and the recordings that the file had when it was opened.
            written: brings the recordings of a file to the form and the keys that are written;
                another process may have written another form or another `match_on`.
            replacing: whether the recordings that the file had when it was opened are dropped.
            shared_since: not empty if other processes replace the file too, in one run of tests;
                the file at the start of the run. All that they wrote is new then, also what is
                equal to a recording that was there.
            after: behind how many of the recordings that the file had each new one goes; empty if
                they go to the end.

        Raises:
            CassetteError: the file cannot be written, or another process has damaged it. The new
                recordings stay in the journal, and the file is not changed.
        """
        from . import saving
        from .lock import folder_lock

        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with folder_lock(os.path.dirname(self.path)):
                if replacing:
                    file = file._replace(interactions=())
                is_replaced = (
                    replacing and bool(shared_since) and stamp(self.path) not in shared_since
                )
                now = self._changed(anyway=is_replaced)
                known = self._file if not is_replaced else None
                if now is not None and shared_since and stamp(self.path) not in shared_since:
                    # A test that failed has marked what the run wrote, and the mark stays.
                    file = file._replace(incomplete=file.incomplete or now.incomplete)
                new = [self._text(each) for each in recorded]
                parts = saving.merged(file, new, saving.Found(now, known), written, after)
                saving.check_size(parts, recorded, new, self.name, self.path)
                self._replace(parts)
                if shared_since:
                    os.utime(self.path)  # so that others see it, even if the bytes are the same
                self._dead.remove()
                self.forget()
        except OSError as error:
            raise self._unwritable(error, len(recorded)) from error

    def rewrite(self, change: Callable[[bytes], bytes]) -> None:
        """Replace the bytes of the file by `change` of them, under the lock of its folder.

        Raises:
            CassetteError: the file cannot be read or written; it is not changed.
        """
        from .lock import folder_lock

        try:
            with folder_lock(os.path.dirname(self.path)):
                self._replace([change(self.read() or b"")])
        except OSError as error:
            raise self._unwritable(error, 0) from error

    def line_of_dialect(self, index: int) -> int | None:
        """The line of a recording's `dialect`; None in a journal or if the file has changed."""
        found = self.read()
        if found is None or self._file is None or index >= len(self._file.interactions):
            return None
        from .._text.yaml_places import line_of

        try:
            return line_of(found, ("interactions", index, "request", "dialect"))
        except YamlError:  # another process is editing it
            return None

    def release(self) -> None:
        """Unlock the journals and leave them on disk; another session takes them up."""
        self._dead.release()
        self._children.release()
        if self._journal is not None:
            self._journal.release()

    def unwritable_link(self) -> CassetteError | None:
        """Why nothing is written through this path: it is a link that leads out of its folder."""
        if self._link is None:
            return None
        return self._error(
            "cassette.unwritable",
            f"the file is a link to {self.path}, which is outside {self._link}",
            "Replace the link by a copy of the file, or pass the path that it leads to. The file "
            "is unchanged.",
        )

    def forget(self) -> None:
        """Delete the journals of this session and of its children."""
        self._children.remove()
        if self._journal is not None:
            self._journal.remove()
            self._journal = None

    # Reading

    def _journals(self, *, replacing: bool) -> list[CassetteFile]:
        if replacing:
            self._dead.hold()
            return []
        return self._dead.take_up(self._file)

    def read(self) -> bytes | None:
        """The bytes of the file; None if there is none."""
        return self._read_with(lambda file: file.read())

    def _opened(self, file: BinaryIO, recording: bool) -> CassetteFile:
        if not recording:
            return opened(file, self.name)
        data = file.read()
        found = opened(io.BytesIO(data), self.name, pack=False)
        if not isinstance(found.interactions, Recordings):
            self._found = sha256(data).digest()
        return found

    def _read_with(self, work: Callable[[BoundedFile], T]) -> T | None:
        try:
            with BoundedFile(open_regular(self.path), self.name) as file:
                return work(file)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(self.name, error) from error

    def _text(self, interaction: Interaction) -> bytes:
        """The text of a new recording; `append` has made it for most of them."""
        known = self._records.get(id(interaction))
        return known[1] if known else interaction_text(interaction).encode("utf-8")

    def _changed(self, *, anyway: bool) -> CassetteFile | None:
        """The file, if another process has written other bytes, or is known to have written it."""
        now = self.read()
        if now is None or (self._is_as_found(now) and not anyway):
            return None
        from .._format.reader import load

        return load(now, self.name)

    def _is_as_found(self, now: bytes) -> bool:
        items = self._file.interactions if self._file is not None else ()
        if isinstance(items, Recordings):
            return items.is_text(now)
        return sha256(now).digest() == self._found

    # Writing

    def _replace(self, parts: list[bytes]) -> None:
        self._check_writable()
        if not self._holds(parts):
            replace(self.path, parts)

    def unwritable_folder(self) -> CassetteError | None:
        """The error if no file can be created beside the cassette [STORE-14]."""
        if can_create(self.path):
            return self._unlockable()
        return self._error(
            "cassette.unwritable",
            f"no file can be created in the folder {os.path.dirname(self.path)}, so the call was "
            "not made: its recording could not be saved",
            "Fix the permissions of the folder, or record to another one. To replay only, pass "
            "mode='none'.",
        )

    def _unlockable(self) -> CassetteError | None:
        from .lock import lock_error

        folder = existing_folder(self.path)
        error = lock_error(folder)
        if error is None:
            return None
        return self._error(
            "cassette.unwritable",
            f"the folder {folder} cannot be locked ({error.strerror or error}), so the call was "
            "not made: its recording could not be saved",
            "Record to a folder of a file system that has locks, such as a local disk. To replay "
            "only, pass mode='none'.",
        )

    def _check_writable(self) -> None:
        problem = self.unwritable_link()
        if problem is not None:
            raise problem

    def _holds(self, parts: list[bytes]) -> bool:
        """Whether the file has these bytes already."""
        try:
            size = os.path.getsize(self.path)
        except FileNotFoundError:
            return False
        return size == sum(map(len, parts)) and self.read() == b"".join(parts)

    def _unwritable(self, error: OSError, count: int) -> CassetteError:
        kept = ""
        if self._journal is not None and self._journal.whole:
            kept = f" The {count} new recordings are safe in {self._journal.path}."
        return self._error(
            "cassette.unwritable",
            f"the file cannot be written: {error.strerror or error}",
            "Free disk space or fix the permissions, then run again. The old file is unchanged."
            + kept,
        )

    def _error(self, code: str, problem: str, remedy: str) -> CassetteError:
        return CassetteError(code, problem, remedy, path=self.name)


def stamp(path: str | os.PathLike[str]) -> Stamp | None:
    """What changes when a file is replaced; None if there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)
