"""The recorders that are measured, each with the settings it is measured with.

All match on the body of a request where they can, because every prompt has the same URL. Cassetter
as it is by default, and with the files that its documentation calls faster, stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, NamedTuple

#: Opens the cassette of a path in a mode: ``once``, ``all`` or ``none``.
Opens = Callable[[str, str], AbstractContextManager[Any]]


class Recorder(NamedTuple):
    """A recorder with its settings.

    Attributes:
        cassette: opens a cassette.
        suffix: of its files.
        in_order: whether it plays recordings in the order of the file, whatever is asked.
        by_value: whether it plays a recording for another spelling of the request's JSON.
    """

    cassette: Opens
    suffix: str = ".yaml"
    in_order: bool = False
    by_value: bool = False

    def some(self, calls: int, most: int) -> list[int]:
        """The numbers of some calls, spread over a cassette of so many."""
        step = 1 if self.in_order else max(1, calls // most)
        return list(range(0, calls, step))[:most]


def _promptecho() -> Recorder:
    promptecho: Any = import_module("promptecho")
    return Recorder(lambda path, mode: promptecho.use_cassette(path, mode=mode), by_value=True)


def _cassetter(matchers: list[str] | None, suffix: str = ".yaml") -> Recorder:
    cassetter: Any = import_module("cassetter")

    def cassette(path: str, mode: str) -> AbstractContextManager[Any]:
        opened: AbstractContextManager[Any] = cassetter.use_cassette(
            path, record_mode=mode, match_on=matchers
        )
        return opened

    return Recorder(cassette, suffix, matchers is None, matchers == _ON_JSON)


# The faster of cassetter's two: with a hundred recordings, `json_body` takes half as long again.
_ON_BODY = ["method", "uri", "body"]
# The one that knows a body by its value.
_ON_JSON = ["method", "uri", "json_body"]


def _vcrpy() -> Recorder:
    vcr: Any = import_module("vcr")
    recorder = vcr.VCR(match_on=["method", "scheme", "host", "port", "path", "query", "body"])

    def cassette(path: str, mode: str) -> AbstractContextManager[Any]:
        # It matches while it records from scratch too: a thousand bodies with all before them.
        options = {"match_on": ["method"]} if mode == "all" else {}
        repeats = mode == "none"
        opened: AbstractContextManager[Any] = recorder.use_cassette(
            path, record_mode=mode, allow_playback_repeats=repeats, **options
        )
        return opened

    return Recorder(cassette)


OURS = "promptecho"
CASSETTER = "cassetter"
BY_URL = "cassetter, by URL"
JSON_BODY = "cassetter, json_body"
TOML = "cassetter, TOML"
VCRPY = "vcrpy"
OLD = "promptecho 0.1.3"
OTHER = "promptecho, other tree"

#: How each is made, in an environment that has it.
RECORDERS: dict[str, Callable[[], Recorder]] = {
    OURS: _promptecho,
    OTHER: _promptecho,
    CASSETTER: lambda: _cassetter(_ON_BODY),
    BY_URL: lambda: _cassetter(None),
    JSON_BODY: lambda: _cassetter(_ON_JSON),
    TOML: lambda: _cassetter(_ON_BODY, ".toml"),
    VCRPY: _vcrpy,
    OLD: _promptecho,
}


def environment_of(recorder: str) -> str:
    """The name of the environment in which a recorder is installed."""
    return recorder.partition(",")[0].replace(" ", "-")
