"""Opening and creating files in a folder that a stranger may have filled. [SEC-1] [STORE-1]

A cassette comes with a pull request, and git stores symbolic links. Opening a pipe blocks, a device
may have no end, and a write through a link changes a file elsewhere. So only regular files are
opened, no read goes past the limit, and a new file is created under a name that did not exist.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterable
from contextlib import suppress

from .._base.errors import CassetteError
from .._base.real import io, os

MAX_BYTES = 256 * 1024 * 1024  # SEC-1

# A pipe or a device may take the place of the file after its type was checked.
_SAFELY = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_RANDOM = 16  # hexadecimal digits in the name of a temporary file


class BoundedFile(io.FileIO):
    """An open file of which no more than the limit is read.

    Args:
        handle: of the file.
        name: the file, for messages.
        closefd: whether closing this object closes the handle.

    Raises:
        CassetteError: ``cassette.too-large``; from `read` too, if the file has grown.
    """

    def __init__(self, handle: int, name: str, *, closefd: bool = True) -> None:
        super().__init__(handle, "rb", closefd=closefd)
        self._shown = name
        try:
            self._check(os.fstat(handle).st_size)
        except CassetteError:
            self.close()
            raise

    def read(self, size: int | None = -1, /) -> bytes:
        """At most so many bytes; without a size, all that are left."""
        if size is not None and size >= 0:
            data = super().read(size) or b""
            self._check(self.tell())
            return data
        known = max(os.fstat(self.fileno()).st_size - self.tell(), 0)
        pieces = [self.read(known)]
        pieces.extend(iter(lambda: self.read(1 << 16), b""))
        return b"".join(pieces)

    def _check(self, size: int) -> None:
        if size > MAX_BYTES:
            raise too_large(self._shown, f"the file has {size} bytes")


def too_large(name: str, what: str) -> CassetteError:
    """The error for a file over the limit; `what` says how large it is."""
    return CassetteError(
        "cassette.too-large",
        f"{what}; {MAX_BYTES} are the most a cassette may have",
        "Split it into several cassettes.",
        path=name,
    )


def unreadable(name: str, error: OSError) -> CassetteError:
    """The error for a file that cannot be opened or read."""
    return CassetteError(
        "cassette.unreadable",
        f"the file cannot be read: {error.strerror}",
        "Check its path and its permissions.",
        path=name,
    )


def open_regular(path: str) -> int:
    """Open a regular file for reading, without waiting for anybody.

    Raises:
        OSError: it cannot be opened, or is a folder, a pipe or a device.
    """
    _check_regular(os.stat(path))
    return _checked(os.open(path, os.O_RDONLY | _SAFELY))


def open_own(path: str) -> int:
    """Open a regular file of this user that is not a link, for writing if that is allowed.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link")
    _check_regular(found)
    try:
        # NFS locks only files that are open for writing.
        handle = os.open(path, os.O_RDWR | _SAFELY | _NO_LINK)
    except FileNotFoundError:
        raise
    except OSError:
        handle = os.open(path, os.O_RDONLY | _SAFELY | _NO_LINK)
    return _checked(handle, own=True)


def create(path: str, flags: int, mode: int | None) -> int:
    """Create a file that does not exist yet, not even as a link.

    Args:
        path: its path.
        flags: how to open it, such as ``os.O_WRONLY``.
        mode: its permissions; None: what the process gives to a new file.

    Raises:
        OSError: it cannot be created, or its name is taken.
    """
    first = 0o666 if mode is None else 0o600  # nobody else opens it before `chmod`
    handle = os.open(path, flags | os.O_CREAT | os.O_EXCL | _SAFELY | _NO_LINK, first)
    if mode is not None:
        try:
            os.chmod(handle if os.chmod in os.supports_fd else path, mode)
        except OSError:
            os.close(handle)
            with suppress(OSError):
                os.unlink(path)
            raise
    return handle


def replace(path: str, parts: Iterable[bytes]) -> None:
    """Replace a file as a whole, under the lock of its folder [STORE-1]; it keeps its permissions.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    _remove_leftovers(path)
    temporary = f"{path}.{os.urandom(_RANDOM // 2).hex()}.tmp"
    handle = create(temporary, os.O_WRONLY, permissions(path))
    try:
        with io.open(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(path))


def can_create(path: str) -> bool:
    """Whether this user may create a file, and the folders above it that do not exist."""
    effective = os.access in os.supports_effective_ids
    return os.access(existing_folder(path), os.W_OK | os.X_OK, effective_ids=effective)


def existing_folder(path: str) -> str:
    """The folder of a file, or the lowest one above it that exists."""
    folder = os.path.dirname(path)
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder


def permissions(path: str) -> int | None:
    """The permissions of a file; None if there is no file."""
    try:
        return os.stat(path).st_mode & 0o777
    except OSError:
        return None


def target(name: str) -> tuple[str, str | None]:
    """The file that a path means, and the folder that a link leads out of.

    A link is followed to a file in its own folder or below. Another link is followed to read and
    never to write; then the second value is the folder of the link.
    """
    path = os.path.realpath(name)
    if not os.path.islink(name):
        return path, None
    folder = os.path.realpath(os.path.dirname(os.path.abspath(name)))
    try:
        inside = os.path.commonpath((path, folder)) == folder
    except ValueError:  # on another drive of Windows
        inside = False
    return path, None if inside else folder


def _remove_leftovers(path: str) -> None:
    """Remove temporary files of processes that were killed: nobody else has the folder's lock."""
    folder, name = os.path.split(path)
    leftover = re.compile(rf"{re.escape(name)}\.[0-9a-f]{{{_RANDOM}}}\.tmp").fullmatch
    for each in os.listdir(folder):
        if leftover(each):
            with suppress(OSError):
                os.unlink(os.path.join(folder, each))


def _checked(handle: int, *, own: bool = False) -> int:
    try:
        found = os.fstat(handle)
        _check_regular(found)
        if own and hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, f"it belongs to another user (uid {found.st_uid})")
    except OSError:
        os.close(handle)
        raise
    return handle


def _check_regular(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


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
