"""A run of pytest as cassettes see it: their modes, their places, placeholder keys and counts."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from . import reported, snapshots, verify_report
from .cassette_paths import FIXTURE
from .settings import Settings
from .summary import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from .._intercept.watch import Unseen, Watch, Where
    from .._session.offers import NotedMiss
    from .._session.open_cassette import OpenCassette
    from .._session.options import RunModes
    from .._session.verifying import Budget
    from .._snapshots.snapshot import Slot
    from .network import BlockedNetwork
    from .opened_cassette import Opened
    from .placeholder_keys import Placeholders

#: Scopes of fixtures that do not belong to one test file.
_WIDE = ("session", "package")


class Run:
    """The `promptecho._api.test_run.TestRun` of a run of pytest."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._environ = dict(os.environ)
        self._folders: list[Path] = []
        self._tallies: list[Tally] = []
        self._uses: list[tuple[Any, ...]] = []
        # The cassettes that the test can use, and how many of their misses were of tests before.
        self._budget: Budget | None = None
        self._verified: list[tuple[Any, ...]] = []
        self._watched: dict[OpenCassette, int] = {}
        self._closed: set[OpenCassette] = set()
        self._keys: Placeholders | None = None
        self._replaying: list[OpenCassette] = []
        self._watches: list[Watch] = []
        self._item: pytest.Item | None = None
        self._fixtures: list[pytest.FixtureDef[Any]] = []

    @cached_property
    def _is_in_ci(self) -> bool:
        """Decided once a run, so a test may set ``CI`` for its own code."""
        from .._base.ci import in_ci

        return in_ci(self._environ)

    # What `TestRun` asks

    def modes(self) -> RunModes:
        from .._session.modes import Misses, Mode
        from .._session.options import RunModes

        forced, named = self._settings.forced, self._settings.mode
        default = named or ("none" if self._is_in_ci else "once")
        disabled = self._settings.disabled
        if self._budget is None:
            self._budget = verify_report.budget(self._config)
        misses = Misses.ACCEPTED if self._settings.accepts else Misses.NOTED
        own = Mode(forced) if forced else None
        return RunModes(own, Mode(default), disabled, misses, self._budget, in_ci=self._is_in_ci)

    def path(self, path: str) -> str:
        folder = self._folders[-1] if self._folders else os.getcwd()
        return os.path.normpath(os.path.join(folder, path))

    def snapshot_slot(self, name: str | None) -> Slot | None:
        item = self._item
        return None if item is None else self._config.stash[snapshots.KEY].slot(item, name)

    def announced(self) -> None:
        from .._session.options import is_disabled

        if self._watches or self._settings.guard == "off" or not self._is_in_ci:
            return
        if self._settings.disabled or is_disabled():
            return
        from .._intercept.watch import Watch
        from .._storage.shared_log import SharedLog
        from .network import BlockedNetwork

        refuses = self._settings.guard == "error"
        watch = Watch(
            self._settings.allowed_hosts, SharedLog.create(), self._where, refuses=refuses
        )
        network = BlockedNetwork(watch)
        self._watches.append(watch)
        self._config.stash[NETWORKS].append(network)
        self._config.add_cleanup(network.end)
        network.begin()

    def opened(self, cassette: OpenCassette) -> None:
        self._watched[cassette] = 0
        if cassette.is_disabled or not cassette.session.only_replays:
            return
        from .placeholder_keys import Placeholders

        if self._keys is None:
            self._keys = Placeholders()
        self._keys.set()
        self._replaying.append(cassette)

    def closed(self, cassette: OpenCassette, *, counts: bool) -> None:
        self._closed.add(cassette)
        if cassette in self._replaying:
            self._replaying.remove(cassette)
            if self._keys is not None and not self._replaying:
                self._keys.remove()
        if counts:
            self._tallies.append(reported.tally(cassette, self._config))
            if not cassette.is_disabled:
                test = self._item.nodeid if self._item is not None else ""
                self._uses.append(reported.use(cassette, self._config, test))
                self._verified += reported.verified(cassette, self._config, test)

    # What the hooks of the plugin report

    @contextmanager
    def in_folder(self, folder: Path) -> Iterator[None]:
        """While a module is collected, relative paths begin in its folder."""
        self._folders.append(folder)
        try:
            yield
        finally:
            self._folders.pop()

    @contextmanager
    def in_test(self, item: pytest.Item) -> Iterator[None]:
        """While a test runs, with all its fixtures."""
        self._item = item
        try:
            with self.in_folder(item.path.parent):
                yield
        finally:
            self._item = None

    @contextmanager
    def in_fixture(self, fixture: pytest.FixtureDef[Any]) -> Iterator[None]:
        """While a fixture is set up; one of many files counts from the file that defines it."""
        folder = _folder_of(fixture) if fixture.scope in _WIDE else None
        self._fixtures.append(fixture)
        try:
            if folder is None:
                yield
            else:
                with self.in_folder(folder):
                    yield
        finally:
            self._fixtures.pop()

    def take_unseen(self) -> list[Unseen]:
        """The calls outside of cassettes since the last time."""
        return [call for watch in self._watches for call in watch.take()]

    def _where(self) -> Where:
        """Where a call is made that no cassette sees."""
        from .._intercept.watch import Where

        item, fixture = self._item, self._fixtures[-1] if self._fixtures else None
        test = item.nodeid if item is not None else "(no test)"
        if fixture is None:
            return Where(test, *_OF_A_TEST)
        name = f"the {fixture.scope} fixture {fixture.argname}"
        if fixture.scope != "function":
            return Where(test, name, _IN_A_FIXTURE)
        wants = item is not None and FIXTURE in getattr(item, "fixturenames", ())
        if wants and item is not None and OPENED not in item.stash:
            before = f"the fixture {fixture.argname}, which is set up before {FIXTURE}"
            return Where(test, before, _FIRST.format(fixture.argname))
        return Where(test, f"the fixture {fixture.argname}", _OF_A_TEST[1])

    def take_tallies(self) -> list[Tally]:
        """The counts of the cassettes that were closed since the last call."""
        taken, self._tallies = self._tallies, []
        return taken

    def missed_keys(self) -> set[str]:
        """The keys of the requests of this test that had no recording."""
        noted = (miss for cassette in self._watched for miss in self._noted(cassette))
        return {miss.request.match_key for miss in noted if not miss.is_accepted}

    def take_misses(self) -> list[str]:
        """The requests of this test that had no recording, each as the note has it."""
        test = self._item.nodeid if self._item is not None else ""
        found: list[str] = []
        for cassette in self._watched:
            found += reported.misses(cassette, self._noted(cassette), self._config, test)
        left = (each for each in self._watched if each not in self._closed)
        self._watched = {each: len(each.session.offers.noted) for each in left}
        self._closed.clear()
        return found

    def _noted(self, cassette: OpenCassette) -> Sequence[NotedMiss]:
        return cassette.session.offers.noted[self._watched[cassette] :]

    def take_verified(self) -> list[tuple[Any, ...]]:
        """What mode ``verify`` has found since the last time."""
        taken, self._verified = self._verified, []
        return taken

    def take_uses(self) -> list[tuple[Any, ...]]:
        """What the note of the run says about these cassettes."""
        taken, self._uses = self._uses, []
        return taken


#: The run in `config.stash`.
KEY = pytest.StashKey[Run]()
#: The network blocks and watches of the run in `config.stash`.
NETWORKS: pytest.StashKey[list[BlockedNetwork]] = pytest.StashKey()
#: The cassette of a test in `item.stash`.
OPENED: pytest.StashKey[Opened] = pytest.StashKey()

_OF_A_TEST = (
    "a test or a thread, outside of a cassette",
    "mark the test with @pytest.mark.promptecho, or open a cassette around the call",
)
_IN_A_FIXTURE = "open a cassette in the fixture: with promptecho.use_cassette(...)"
_FIRST = f"put {FIXTURE} first: before {{0}} in the test's parameters, or into those of {{0}}"


def _folder_of(fixture: pytest.FixtureDef[Any]) -> Path | None:
    from pathlib import Path

    try:
        return Path(inspect.getfile(inspect.unwrap(fixture.func))).parent
    except TypeError:  # it is no Python function
        return None
