"""The opening of a cassette, and its end: the session, the interception, and what the run adds."""

from __future__ import annotations

import os
from _thread import allocate_lock
from typing import TYPE_CHECKING, Callable

from .._session.options import NO_RUN, Options, effective_mode
from . import test_run

if TYPE_CHECKING:
    from .._session.modes import Mode
    from .._session.open_cassette import OpenCassette

_guard = allocate_lock()
_active: str | None = None


class Opening:
    """A cassette that is open, and the interception that answers from it."""

    def __init__(self, path: str | os.PathLike[str], options: Options) -> None:
        from .._session.cassette import Cassette

        self._run = test_run.current()
        place = os.fspath(path) if self._run is None else self._run.path(os.fspath(path))
        modes = NO_RUN if self._run is None else self._run.modes()
        mode = effective_mode(options.mode, modes)
        _claim(place)
        try:
            self._opened = self._open(place, options, mode)
        except BaseException:
            _release()
            raise
        self.cassette = Cassette(self._opened)

    def _open(self, path: str, options: Options, mode: Mode) -> OpenCassette:
        from .._intercept import process
        from .._session.open_cassette import OpenCassette

        opened = OpenCassette(path, options, mode, os.environ)
        try:
            process.open_cassette(opened)
        except BaseException:
            opened.abandon()
            raise
        if self._run is not None:
            self._run.opened(opened)
        return opened

    def close(self, error: BaseException | None) -> None:
        """Close the cassette; see `OpenCassette.close`."""
        self._end(lambda: self._opened.close(error), counts=True)

    def abandon(self) -> None:
        """Close a cassette that saw no request, and write nothing."""
        self._end(self._opened.abandon, counts=False)

    def _end(self, end: Callable[[], None], *, counts: bool) -> None:
        from .._intercept import process

        try:
            process.close_cassette()
        finally:
            try:
                end()
            finally:
                _release()
                if self._run is not None:
                    self._run.closed(self._opened, counts=counts)


def _claim(path: str) -> None:
    global _active
    with _guard:
        if _active is not None:
            raise RuntimeError(
                f"cannot open the cassette {path}: {_active} is open, and a process can have one "
                f"open cassette at a time. Close {_active} first, or use one cassette for both."
            )
        _active = path


def _release() -> None:
    global _active
    with _guard:
        _active = None
