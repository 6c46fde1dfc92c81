"""The opening of a cassette, and its end: the session, the interception, and what the run adds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable

from .._session.fuzzy_option import threshold
from .._session.modes import Mode
from .._session.options import NO_RUN, Options, effective_mode, is_disabled
from .._session.sharing import ALONE, Sharing
from . import test_run

if TYPE_CHECKING:
    from .._session.open_cassette import OpenCassette


class Opening:
    """A cassette that is open, and the interception that answers from it."""

    def __init__(
        self, path: str | os.PathLike[str], options: Options, sharing: Sharing = ALONE
    ) -> None:
        from .._intercept import process
        from .._session.cassette import Cassette

        self._run = test_run.current()
        place = os.fspath(path) if self._run is None else self._run.path(os.fspath(path))
        modes = NO_RUN if self._run is None else self._run.modes()
        mode = effective_mode(options.mode, modes)
        if mode is Mode.ALL and sharing.is_replaced:
            mode = Mode.ONCE
        self._sharing = sharing
        self._modes = modes
        self._is_disabled = modes.disabled or is_disabled()
        process.claim(place, several=options.scope == "task")
        try:
            self._opened = self._open(place, options, mode)
        except BaseException:
            process.unclaim(place)
            raise
        self.cassette = Cassette(self._opened)

    def _open(self, path: str, options: Options, mode: Mode) -> OpenCassette:
        from .._intercept import process
        from .._session.open_cassette import OpenCassette

        if self._is_disabled:
            from .._session.live_cassette import LiveCassette

            opened: OpenCassette = LiveCassette(path, options, mode)
        else:
            opened = OpenCassette(
                path,
                options,
                mode,
                os.environ,
                sharing=self._sharing,
                misses=self._modes.misses,
                budget=self._modes.budget,
                fuzzy=threshold(options.fuzzy, run_in_ci=self._modes.in_ci),
            )
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
            process.close_cassette(self._opened)
        finally:
            try:
                end()
            finally:
                process.unclaim(self._opened.path)
                if self._run is not None:
                    self._run.closed(self._opened, counts=counts)
