"""The cassette of a test with the marker ``vcr``: its file, its mode and its options."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from ..._base.printable import printable_lines
from ..._base.warnings import PromptechoVcrWarning
from ..cassette_paths import FIXTURE, KEY, MARKER, NAMED
from ..opened_cassette import Opened
from ..settings import KEY as SETTINGS
from . import paths
from .options import NotTranslated, Translated, translated

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True

#: The notices of a run that were said.
SAID: pytest.StashKey[set[str]] = pytest.StashKey()


class Given(NamedTuple):
    """What the fixtures of a test say.

    Attributes:
        config: the fixture ``vcr_config``.
        markers: the markers ``vcr``; the first is the closest to the test.
        directory: the fixture ``vcr_cassette_dir``.
        name: the fixture ``default_cassette_name``.
        mode: the fixture ``record_mode``.
        defaults: the fixture ``promptecho_options``.
    """

    config: object
    markers: Sequence[pytest.Mark]
    directory: str
    name: str
    mode: str
    defaults: Mapping[str, Any]


def open_cassette(item: pytest.Item, given: Given) -> Opened:
    """Open the cassette of a test.

    Raises:
        pytest.fail.Exception: it cannot be opened, or an option has no meaning here.
    """
    if FIXTURE in getattr(item, "fixturenames", ()):
        fail(item, f"the test has the marker vcr, and {MARKER} or {FIXTURE}: remove one of them")
    made = options_of(item, given.config, given.markers)
    mode = record_mode(item.config, made, given.mode)
    item.stash[NAMED] = _file(item, given, made, mode)
    settings = item.config.stash[SETTINGS]
    options = {name: each for name, each in made.implied.items() if name not in settings.keys}
    options.update(given.defaults)
    options.update(made.options, mode=mode)
    opened = Opened(item, item.config.stash[KEY], options)
    if made.unsafe and not opened.cassette._opened.session.only_replays:
        opened.abandon()
        fail(item, f"{made.unsafe[0]}\nThis test may record (record mode {mode}).")
    for notice in (*made.notices, *made.unsafe):
        _say(item.config, notice)
    return opened


def options_of(item: pytest.Item, config: object, markers: Sequence[pytest.Mark]) -> Translated:
    """What ``vcr_config`` and the markers of a test mean; the closest marker wins."""
    if not isinstance(config, Mapping):
        fail(item, f"the fixture vcr_config is {config!r}; it must be a dict")
    merged = dict(config)
    for marker in reversed(markers):
        merged.update(marker.kwargs)
    try:
        return translated(merged)
    except NotTranslated as error:
        fail(item, str(error))


def record_mode(config: pytest.Config, made: Translated, of_run: str) -> str:
    """The mode of a test: nothing is recorded where the command line says ``none``."""
    if config.getoption("--record-mode") == "none":
        return "none"
    return made.mode or of_run


def _file(item: pytest.Item, given: Given, made: Translated, mode: str) -> Path:
    """The file of a cassette; one that only an argument of the marker names is only played."""
    directory = os.path.abspath(made.directory or given.directory)
    own = paths.file(directory, given.name, f".{made.serializer}")
    if made.rename is not None:
        own = os.path.abspath(made.rename(own))
    names = list(dict.fromkeys(name for marker in given.markers for name in marker.args))
    if not names:
        return Path(own)
    files = [os.path.normpath(each) for each in (own, *paths.extra(directory, names))]
    there = [each for each in dict.fromkeys(files) if os.path.exists(each)]
    if len(there) == 1 and (there[0] == files[0] or mode == "none"):
        return Path(there[0])
    found = f"found: {', '.join(there)}" if there else "none of them exists"
    fail(
        item,
        f"the marker vcr names more cassettes: {', '.join(names)} ({found}). promptecho has one "
        "cassette for each test. Remove the names, and record the test again with "
        "--record-mode=rewrite.",
    )


def _say(config: pytest.Config, notice: str) -> None:
    said = config.stash[SAID]
    if notice not in said:
        said.add(notice)
        warnings.warn(PromptechoVcrWarning(notice), stacklevel=2)


def fail(item: pytest.Item, text: str) -> NoReturn:
    """Fail a test with a text, and without a traceback."""
    raise pytest.fail.Exception(printable_lines(f"{item.nodeid}: {text}"), pytrace=False) from None
