"""A run of pytest as cassettes see it: their modes, their places, placeholder keys and counts."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .cassette_paths import relative
from .settings import Settings, in_ci
from .summary import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from .._session.open_cassette import OpenCassette
    from .._session.options import RunModes
    from .placeholder_keys import Placeholders

#: Scopes of fixtures that do not belong to one test file.
_WIDE = ("session", "package")


class Run:
    """The `promptecho._api.test_run.TestRun` of a run of pytest."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._folders: list[Path] = []
        self._tallies: list[Tally] = []
        self._keys: Placeholders | None = None
        self._replaying: list[OpenCassette] = []

    # What `TestRun` asks

    def modes(self) -> RunModes:
        from .._session.modes import Mode
        from .._session.options import RunModes

        forced, named = self._settings.forced, self._settings.mode
        default = named or ("none" if in_ci() else "once")
        return RunModes(Mode(forced) if forced else None, Mode(default))

    def path(self, path: str) -> str:
        folder = self._folders[-1] if self._folders else os.getcwd()
        return os.path.normpath(os.path.join(folder, path))

    def announced(self) -> None:
        """Nothing to do."""

    def opened(self, cassette: OpenCassette) -> None:
        if not cassette.session.only_replays:
            return
        from .placeholder_keys import Placeholders

        if self._keys is None:
            self._keys = Placeholders()
        self._keys.set()
        self._replaying.append(cassette)

    def closed(self, cassette: OpenCassette, *, counts: bool) -> None:
        if cassette in self._replaying:
            self._replaying.remove(cassette)
            if self._keys is not None and not self._replaying:
                self._keys.remove()
        if counts:
            self._tallies.append(_tally(cassette, self._config))

    # What the hooks of the plugin report

    @contextmanager
    def in_folder(self, folder: Path) -> Iterator[None]:
        """While a test runs or a module is collected, relative paths begin in its folder."""
        self._folders.append(folder)
        try:
            yield
        finally:
            self._folders.pop()

    @contextmanager
    def in_fixture(self, fixture: pytest.FixtureDef[Any]) -> Iterator[None]:
        """While a fixture is set up; one of many files counts from the file that defines it."""
        folder = _folder_of(fixture) if fixture.scope in _WIDE else None
        if folder is None:
            yield
        else:
            with self.in_folder(folder):
                yield

    def take_tallies(self) -> list[Tally]:
        """The counts of the cassettes that were closed since the last call."""
        taken, self._tallies = self._tallies, []
        return taken


#: The run in `config.stash`.
KEY = pytest.StashKey[Run]()


def _folder_of(fixture: pytest.FixtureDef[Any]) -> Path | None:
    from pathlib import Path

    try:
        return Path(inspect.getfile(inspect.unwrap(fixture.func))).parent
    except TypeError:  # it is no Python function
        return None


def _tally(cassette: OpenCassette, config: pytest.Config) -> Tally:
    from pathlib import Path

    from .token_usage import tokens

    session = cassette.session
    played = session.played
    return Tally(
        path=relative(Path(cassette.path), config),
        recorded=len(session.recorded),
        replayed=len(played),
        missed=len(session.missed),
        unplayed=session.left,
        tokens=sum(tokens(each.response.body) for each in played if each.response is not None),
    )
