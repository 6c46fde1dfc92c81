"""Cassettes on disk (spec section "Storage"): the only module that opens a cassette file.

A file is replaced as a whole: temporary file, fsync, rename, under the lock of its folder, merged
with what another process wrote meanwhile. Calls cost money, so until then each finished interaction
stands in a journal beside the file, ``<name>.partial``; a journal whose session died is taken up by
the next one [STORE-1..6].
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Callable, NamedTuple, TypeVar

from .._base.errors import CassetteError, YamlError
from .._base.model import CassetteFile, Interaction
from .._format.lazy_reader import opened, texts
from .._format.reader import load
from .._format.writer import END, RECORD_END, head, interaction_text
from .._text.yaml_places import line_of
from .lock import folder_lock, try_lock

MAX_BYTES = 256 * 1024 * 1024  # SEC-1
_SLOTS = 8  # journals that are looked for even after a gap
_REPLACES = "x-replaces"

T = TypeVar("T")

#: The recordings of a file -> what a session writes of them.
Written = Callable[[CassetteFile], "Sequence[Interaction]"]


class Opened(NamedTuple):
    """What was found on disk.

    Attributes:
        file: what the file says, with the recordings of journals taken up; None without either.
        existed: whether there was a file.
        taken_up: how many recordings came from journals.
        mixed: whether some of those have the keys of another `match_on` than the file's.
    """

    file: CassetteFile | None
    existed: bool
    taken_up: int
    mixed: bool = False


def read_cassette(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file that must be there.

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
    """One cassette's file and journal, for one session."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fspath(path)
        self._path = os.path.realpath(self.name)
        self._found: bytes | None = None  # a digest of the file as it was opened
        self._file: CassetteFile | None = None
        self._taken_up: list[CassetteFile] = []
        self._journals: list[tuple[str, int]] = []  # of dead sessions, locked by this one
        self._journal: _Journal | None = None
        self._records: dict[int, tuple[Interaction, bytes]] = {}  # by identity, as in the journal

    def open(self, *, recording: bool, replacing: bool) -> Opened:
        """Read the file and take up the journals of sessions that died.

        Args:
            recording: whether this session may write; if not, journals are read and left alone.
            replacing: whether the session records from scratch; then journals go at `save`.

        Raises:
            CassetteError: the file or a journal cannot be used.
        """
        self._file = self._read_with(lambda file: self._opened(file, recording))
        try:
            for path, handle in self._dead_journals():
                if replacing:
                    self._journals.append((path, handle))  # what it holds is being recorded anew
                else:
                    self._take_up(path, handle, keep=recording)
        except BaseException:
            self.release()
            raise
        file, taken_up = self._file, 0
        for journal in self._taken_up:
            base = file or CassetteFile(journal.match_on, incomplete=True)
            file = base._replace(interactions=(*base.interactions, *journal.interactions))
            taken_up += len(journal.interactions)
        mixed = any(journal.match_on != file.match_on for journal in self._taken_up if file)
        return Opened(file, self._file is not None, taken_up, mixed)

    def append(self, interaction: Interaction, file: CassetteFile, *, replacing: bool) -> None:
        """Write a finished interaction down at once [STORE-2]; a failure is left to `save`."""
        if self._journal is None:
            self._journal = _Journal(self._path)
            extras = ((_REPLACES, True),) if replacing and self._file is not None else ()
            opening = head(file._replace(incomplete=True, extras=extras), empty=False)
            self._journal.start(opening.encode("utf-8"))
        text = interaction_text(interaction).encode("utf-8")
        self._records[id(interaction)] = interaction, text
        self._journal.add(text + RECORD_END.encode())

    def save(
        self,
        recorded: tuple[Interaction, ...],
        file: CassetteFile,
        written: Written,
        *,
        replacing: bool,
    ) -> None:
        """Replace the file by the merge of what it holds now and what was recorded.

        Args:
            recorded: this session's interactions, in order.
            file: match_on, incomplete and extras to write; its recordings are those of the file.
            written: what this session writes of a file's recordings; the file may meanwhile have
                come to another form or another `match_on`.
            replacing: whether what the file held when it was opened goes.

        Raises:
            CassetteError: the file cannot be written, or was damaged meanwhile. What was recorded
                stays in the journal, and the old file stands.
        """
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            with folder_lock(os.path.dirname(self._path)):
                base = () if replacing else file.interactions
                merged = [*texts(base), *self._meanwhile(written), *map(self._text, recorded)]
                opening = head(file, empty=not merged)
                self._replace([opening.encode("utf-8"), *merged, END.encode()])
                self._remove_journals()
        except OSError as error:
            raise self._unwritable(error, len(recorded)) from error

    def rewrite(self, change: Callable[[bytes], bytes]) -> None:
        """Replace the file by what `change` makes of it, under the lock of its folder.

        Raises:
            CassetteError: the file cannot be read or written; the old one stands.
        """
        try:
            with folder_lock(os.path.dirname(self._path)):
                self._replace([change(self.read() or b"")])
        except OSError as error:
            raise self._unwritable(error, 0) from error

    def line_of_dialect(self, index: int) -> int | None:
        """The line of a recording's `dialect`; None in a journal, or if the file has changed."""
        found = self.read()
        if found is None or self._file is None or index >= len(self._file.interactions):
            return None
        try:
            return line_of(found, ("interactions", index, "request", "dialect"))
        except YamlError:  # another process is at it
            return None

    def release(self) -> None:
        """Let go of journals without touching them; what they hold is taken up another time."""
        for _, handle in self._journals:
            os.close(handle)
        self._journals.clear()
        if self._journal is not None:
            self._journal.release()

    def forget(self) -> None:
        """Remove this session's own journal: what it holds is not to be kept."""
        if self._journal is not None:
            self._journal.remove()
            self._journal = None

    # Reading

    def read(self) -> bytes | None:
        """The bytes of the file; None if there is none."""
        return self._read_with(lambda file: file.read())

    def _opened(self, file: BinaryIO, recording: bool) -> CassetteFile:
        if recording:
            self._found = _digest(file)
            file.seek(0)
        return opened(file, self.name)

    def _read_with(self, work: Callable[[BinaryIO], T]) -> T | None:
        try:
            with open(self._path, "rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                if size > MAX_BYTES:
                    raise self._error(
                        "cassette.too-large",
                        f"the file has {size} bytes; {MAX_BYTES} are the most a cassette may have",
                        "Split it into several cassettes.",
                    )
                return work(file)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self.name, error) from error

    def _text(self, interaction: Interaction) -> bytes:
        """The text of a new recording, which mostly stands in the journal already."""
        known = self._records.get(id(interaction))
        return known[1] if known else interaction_text(interaction).encode("utf-8")

    def _meanwhile(self, written: Written) -> Iterator[bytes]:
        """What other processes have added to the file since it was opened [STORE-5]."""
        now = self.read()
        if now is None or _digest(io.BytesIO(now)) == self._found:
            return
        before = written(self._file) if self._file is not None else ()
        known: Counter[bytes] = Counter(texts(before))
        for text in texts(written(load(now, self.name))):
            if known[text]:
                known[text] -= 1
            else:
                yield text

    # Journals

    def _dead_journals(self) -> Iterator[tuple[str, int]]:
        for path in _existing_journals(self._path):
            try:
                handle = _open_journal(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _unreadable(path, error) from error
            if try_lock(handle) and _is_open_file(path, handle):
                yield path, handle
            else:
                os.close(handle)  # its session lives

    def _take_up(self, path: str, handle: int, *, keep: bool) -> None:
        taken = False
        try:
            file = _read_journal(handle, path)
            if file is None or self._is_saved(file):
                # Its session died before its first answer, or between the rename and the end.
                if keep:
                    with suppress(OSError):
                        os.unlink(path)
            elif (_REPLACES, True) not in file.extras:
                self._taken_up.append(file)
                taken = keep
        except OSError as error:
            raise _unreadable(path, error) from error
        finally:
            if taken:
                self._journals.append((path, handle))
            else:
                os.close(handle)

    def _is_saved(self, journal: CassetteFile) -> bool:
        """Whether all that a journal holds stands in the file."""
        if self._file is None:
            return False
        return not Counter(texts(journal.interactions)) - Counter(texts(self._file.interactions))

    def _remove_journals(self) -> None:
        for path, handle in self._journals:
            _unlink(path)
            os.close(handle)
        self._journals.clear()
        self.forget()

    # Writing

    def _replace(self, parts: list[bytes]) -> None:
        if self._holds(parts):
            return
        temporary = self._path + ".tmp"
        try:
            with open(temporary, "wb") as handle:
                handle.writelines(parts)
                handle.flush()
                os.fsync(handle.fileno())
            if os.path.exists(self._path):
                os.chmod(temporary, stat.S_IMODE(os.stat(self._path).st_mode))
            os.replace(temporary, self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(os.path.dirname(self._path))

    def _holds(self, parts: list[bytes]) -> bool:
        """Whether the file consists of these parts already."""
        try:
            size = os.path.getsize(self._path)
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
            "Make room or mend the permissions, then run again; the old file was left as it is."
            + kept,
        )

    def _error(self, code: str, problem: str, remedy: str) -> CassetteError:
        return CassetteError(code, problem, remedy, path=self.name)


class _Journal:
    """A growing file of finished interactions, locked as long as its session lives."""

    def __init__(self, cassette: str) -> None:
        self.path = ""
        self.whole = False
        self._cassette = cassette
        self._handle = -1

    def start(self, text: bytes) -> None:
        try:
            os.makedirs(os.path.dirname(self._cassette), exist_ok=True)
            self.path, self._handle = _claim(self._cassette)
            self.whole = True
        except OSError:
            return
        self.add(text)

    def add(self, text: bytes) -> None:
        if not self.whole:
            return
        data = memoryview(text)
        try:
            while data:
                data = data[os.write(self._handle, data) :]
        except OSError:
            self.whole = False  # a torn record is dropped when the journal is taken up

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def remove(self) -> None:
        if self._handle >= 0:
            _unlink(self.path)
            self.release()


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):  # somebody tidied up
        os.unlink(path)


def _claim(cassette: str) -> tuple[str, int]:
    """A new journal, locked; the first name that no other session has."""
    slot = 1
    while True:
        path = _journal_path(cassette, slot)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        except FileExistsError:
            slot += 1
            continue
        if try_lock(handle) and _is_open_file(path, handle):
            return path, handle
        os.close(handle)  # another session took it for dead in between


def _journal_path(cassette: str, slot: int) -> str:
    return f"{cassette}.partial" if slot == 1 else f"{cassette}.{slot}.partial"


def _existing_journals(cassette: str) -> Iterator[str]:
    slot = 1
    while True:
        path = _journal_path(cassette, slot)
        if os.access(path, os.F_OK):
            yield path
        elif slot >= _SLOTS:
            return
        slot += 1


def _open_journal(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR)  # which a lock over NFS needs
    except FileNotFoundError:
        raise
    except OSError:
        return os.open(path, os.O_RDONLY)


def _is_open_file(path: str, handle: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read_journal(handle: int, path: str) -> CassetteFile | None:
    """What a journal holds, without a record that was torn; None if it holds no record."""
    data = bytearray()
    os.lseek(handle, 0, os.SEEK_SET)
    while True:
        piece = os.read(handle, 1 << 20)
        if not piece:
            break
        data += piece
    mark = RECORD_END.encode()
    end = data.rfind(b"\n" + mark)
    if end < 0:
        return None
    return load(bytes(data[: end + 1 + len(mark)]) + END.encode(), path)


def _unreadable(path: str, error: OSError) -> CassetteError:
    return CassetteError(
        "cassette.unreadable",
        f"the file cannot be read: {error.strerror}",
        "Check its path and its permissions.",
        path=path,
    )


def _digest(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(1 << 20), b""):
        digest.update(piece)
    return digest.digest()


def _sync_folder(folder: str) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open a folder
        return
    try:
        os.fsync(handle)
    except OSError:  # some file systems cannot sync a folder
        return
    finally:
        os.close(handle)
