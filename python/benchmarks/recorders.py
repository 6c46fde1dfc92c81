"""The recorders that are measured, each with the settings it is measured with.

All match on the body of a request where they can, because every prompt has the same URL; cassetter
as it is by default, and with the files that its documentation calls faster, stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple


class Recorder(NamedTuple):
    """A recorder with its settings.

    Attributes:
        cassette: opens the cassette of a path in a mode: ``once``, ``all`` or ``none``.
        suffix: of its files.
    """

    cassette: Callable[[str, str], AbstractContextManager[Any]]
    suffix: str = ".yaml"


def _promptecho() -> Recorder:
    from promptecho import use_cassette

    return Recorder(lambda path, mode: use_cassette(path, mode=mode))


def _cassetter(matchers: list[Any] | None, suffix: str = ".yaml") -> Recorder:
    from cassetter import use_cassette

    return Recorder(
        lambda path, mode: use_cassette(path, record_mode=mode, match_on=matchers), suffix
    )


def _vcrpy() -> Recorder:
    from vcr import VCR

    vcr = VCR(match_on=["method", "scheme", "host", "port", "path", "query", "body"])

    def cassette(path: str, mode: str) -> AbstractContextManager[Any]:
        # It matches while it records from scratch too: a thousand bodies with all before them.
        options = {"match_on": ["method"]} if mode == "all" else {}
        repeats = mode == "none"
        return vcr.use_cassette(path, record_mode=mode, allow_playback_repeats=repeats, **options)

    return Recorder(cassette)


#: By name: how a recorder is made, in an environment that has it.
RECORDERS: dict[str, Callable[[], Recorder]] = {
    "promptecho": _promptecho,
    "cassetter": lambda: _cassetter(["method", "uri", "body"]),
    "cassetter, by URL": lambda: _cassetter(None),
    "cassetter, TOML": lambda: _cassetter(["method", "uri", "body"], ".toml"),
    "vcrpy": _vcrpy,
    "promptecho 0.1.3": _promptecho,
}
